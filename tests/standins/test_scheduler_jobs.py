"""The scheduler's jobs: which functions have one, and when each runs next."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.scheduler.jobs import load_jobs
from tests.support.checkout import ROOT

TABLE = """
[pool]
timeout = 300
schedule = "*/5 8-18 * * 1-5"

[meter]
timeout = 5
schedule = "30 4 * * *"

[login]
timeout = 30
"""


def test_functions_with_a_schedule_have_a_job(tmp_path: Path) -> None:
    table = tmp_path / "functions.toml"
    table.write_text(TABLE)
    pool, meter = load_jobs(table, "http://127.0.0.1:8088/{function}", every=None)
    assert (pool.name, pool.url, pool.deadline) == ("pool", "http://127.0.0.1:8088/pool", 300)
    assert meter.deadline == 15  # Cloud Scheduler allows no less
    friday_evening = datetime(2026, 11, 20, 18, 57, tzinfo=UTC)
    assert pool.next_run(friday_evening) == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert meter.next_run(friday_evening) == datetime(2026, 11, 21, 4, 30, tzinfo=UTC)


def test_an_interval_goes_before_the_schedules(tmp_path: Path) -> None:
    table = tmp_path / "functions.toml"
    table.write_text(TABLE)
    now = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
    for job in load_jobs(table, "http://127.0.0.1", every=2.5):
        assert (job.next_run(now) - now).total_seconds() == 2.5


def test_a_wrong_schedule_is_named_with_its_function(tmp_path: Path) -> None:
    table = tmp_path / "functions.toml"
    table.write_text('[pool]\ntimeout = 60\nschedule = "every minute"\n')
    with pytest.raises(ValueError, match=r"functions.toml: \[pool\] schedule = 'every minute'"):
        load_jobs(table, "http://127.0.0.1", every=None)


def test_the_deployments_table_has_a_job_for_the_pool() -> None:
    jobs = load_jobs(ROOT / "functions/functions.toml", "http://127.0.0.1", every=None)
    assert "pool" in {job.name for job in jobs}
