"""What the model says of a deployment, compared with the table of functions and the table of resources."""

import tomllib
from decimal import Decimal

from deploy.deployment import Deployment
from deploy.resources.alerts import alerts
from deploy.resources.data import DAILY_KEPT, DAY, WEEKLY_KEPT
from deploy.resources.secrets import SECRETS
from shared.economics.estimate import BACKUPS, HOLDS_AT_ONCE
from shared.economics.quantities import COMPARED, COMPARED_AT_ONCE, HOLD_SECONDS, STANDING
from shared.flows.comparing import HUNDREDS
from shared.gcp.identity import PEOPLE_AT_ONCE
from shared.settings import FIELDS, TABLE

ROWS = tomllib.loads(TABLE.read_text())
SCHEDULES = {name: row["schedule"] for name, row in ROWS.items() if row["trigger"] == "schedule"}


def test_the_scheduled_jobs_and_how_often_they_run() -> None:
    assert SCHEDULES == {"pool": "* * * * *", "meter": "*/15 * * * *"}
    assert (STANDING.jobs, STANDING.audits_a_day, STANDING.meter_runs_a_day) == (2, 24 * 60, 24 * 4)


def test_the_instances_that_wait_and_the_memory_of_functions() -> None:
    assert sum(row.get("min_instances", 0) for row in ROWS.values()) == STANDING.waiting_functions
    assert {name: row["memory"] for name, row in ROWS.items() if "memory" in row} == {"export": "1Gi"}
    assert STANDING.function_gib == Decimal(512) / 1024


def test_alerts_and_secrets() -> None:
    deployment = Deployment(project="any-project", number="1", region="us-central1")
    assert sum(len(alert.conditions) for alert in alerts(deployment)) == STANDING.conditions
    assert len(SECRETS) == STANDING.secrets


def test_the_backups_that_are_kept() -> None:
    assert DAILY_KEPT / DAY + WEEKLY_KEPT / (7 * DAY) == BACKUPS


def test_the_background_holds_that_share_an_instance() -> None:
    assert ROWS["background_hold"]["threads"] == HOLDS_AT_ONCE
    assert FIELDS["BACKGROUND_HOLD_SECONDS"].default == HOLD_SECONDS


def test_how_many_accounts_a_run_of_meter_compares() -> None:
    assert (HUNDREDS * PEOPLE_AT_ONCE, PEOPLE_AT_ONCE) == (COMPARED, COMPARED_AT_ONCE)
