"""Queues: what the deployment declares, and when a failed task is tried again."""

import socket
import subprocess
from pathlib import Path

import pytest
from google.cloud.tasks_v2 import RetryConfig

from local.tasks.queues import load_queues, may_retry, retry_delay
from local.tasks.rate import TokenBucket
from tests.support.checkout import ROOT
from tests.support.standins.process import python


def test_the_deployments_queues_are_read_with_their_limits() -> None:
    queues = load_queues(ROOT / "functions/queues.toml")
    assert set(queues) == {"reclaim", "background-hold", "pool", "erase", "export", "payer", "mail"}
    assert queues["pool"].rate_limits.max_concurrent_dispatches == 1


def test_a_field_that_google_does_not_know_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "queues.toml"
    file.write_text("[q.rate_limits]\nmax_concurent_dispatches = 1\n")
    with pytest.raises(ValueError, match=r"queues.toml: \[q\] .*max_concurent_dispatches"):
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


def test_a_port_in_use_and_a_wrong_file_are_told_plainly(tmp_path: Path) -> None:
    file = tmp_path / "queues.toml"
    file.write_text("[q]\nspeed = 1\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = ["--port", taken.getsockname()[1], "--state", tmp_path, "--queues"]
        port_in_use = end_of(python("-m", "local.tasks", *arguments, ROOT / "functions/queues.toml"))
        wrong_file = end_of(python("-m", "local.tasks", *arguments, file))
    assert port_in_use.startswith("Cloud Tasks stand-in: ")
    assert "address already in use" in port_in_use
    assert wrong_file.startswith(f"Cloud Tasks stand-in: {file}: [q] ")
    assert "speed" in wrong_file


def end_of(argv: list[str]) -> str:
    """What a program that cannot start says last."""
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert ended.returncode == 1
    return ended.stderr
