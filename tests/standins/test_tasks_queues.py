"""Queues: what the deployment declares, and when a failed task is tried again."""

from pathlib import Path

import pytest
from google.cloud.tasks_v2 import RetryConfig

from local.tasks.queues import load_queues, may_retry, retry_delay
from local.tasks.rate import TokenBucket

from .process import ROOT


def test_the_deployments_queues_are_read_with_their_limits() -> None:
    queues = load_queues(ROOT / "functions/queues.toml")
    assert set(queues) == {"reclaim", "pool"}
    assert queues["pool"].rate_limits.max_concurrent_dispatches == 1


def test_a_field_that_google_does_not_know_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "queues.toml"
    file.write_text("[q.rate_limits]\nmax_concurent_dispatches = 1\n")
    with pytest.raises(ValueError, match=r"queues.toml.*max_concurent_dispatches"):
        load_queues(file)


def test_the_delay_doubles_then_rises_linearly_then_stays() -> None:
    """The example of Google's own documentation."""
    config = RetryConfig(min_backoff="10s", max_backoff="300s", max_doublings=3)
    assert [retry_delay(config, attempts) for attempts in range(1, 9)] == [10, 20, 40, 80, 160, 240, 300, 300]


@pytest.mark.parametrize(
    ("max_attempts", "max_duration", "attempts", "age", "expected"),
    [
        (3, "0s", 2, 1e6, True),
        (3, "0s", 3, 0, False),
        (-1, "0s", 10**6, 1e6, True),
        (-1, "60s", 10**6, 59, True),
        (-1, "60s", 1, 60, False),
        (3, "60s", 3, 59, True),  # given up only when both limits are reached
        (3, "60s", 2, 61, True),
        (3, "60s", 3, 60, False),
    ],
)
def test_a_task_is_given_up_when_both_limits_are_reached(
    max_attempts: int, max_duration: str, attempts: int, age: float, expected: bool
) -> None:
    config = RetryConfig(max_attempts=max_attempts, max_retry_duration=max_duration)
    assert may_retry(config, attempts, age) is expected


def test_a_bucket_gives_its_burst_at_once_and_its_rate_afterwards() -> None:
    bucket = TokenBucket()
    assert [bucket.take(4, 2, now=100.0) for _ in range(3)] == [0, 0, 0.25]
    assert bucket.take(4, 2, now=100.25) == 0
    assert bucket.take(4, 2, now=100.25) == 0.25
    assert [bucket.take(4, 2, now=200.0) for _ in range(3)] == [0, 0, 0.25]
