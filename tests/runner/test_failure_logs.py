"""A test's failure names its cause: what its stack has logged meanwhile, and that a container has ended."""

import subprocess
from pathlib import Path

import pytest

from tests.runner.pytest_in import pytest_in
from tests.support.slot.container_processes import Inside
from tests.support.stack.failure_logs import TITLE

CONFTEST = """
from tests.support.stack.failure_logs import FailureLogs

def pytest_configure(config):
    config.pluginmanager.register(FailureLogs())
"""
FAILS = """
import json
import subprocess

import pytest

from tests.support.stack.running import STARTED

@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    state = tmp_path_factory.mktemp("stack")
    for folder in ("logs", "run/logs"):
        (state / folder).mkdir(parents=True)
    with subprocess.Popen(["sleep", "60"]) as process:
        STARTED[state] = process
        yield state
        process.kill()

def log(stack, name, severity, message):
    with (stack / name).open("a") as file:
        print("what no function has written", file=file)
        print(json.dumps({"severity": severity, "message": message}), file=file)

def test_before(stack):
    log(stack, "logs/reclaim.log", "ERROR", "of-another-test")

def test_waits_in_vain(stack):
    log(stack, "logs/reclaim.log", "INFO", "session-ended")
    log(stack, "logs/reclaim.log", "INFO", "request")
    log(stack, "run/logs/ws-1.log", "WARNING", "lease-lapsed")
    assert False, "never happened: it is saved"

def test_passes(stack):
    log(stack, "logs/reclaim.log", "ERROR", "of-a-test-that-passed")
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_a_stack_warned_of_during_a_failed_test_is_in_its_report(tmp_path: Path, workers: str) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(FAILS)
    done = pytest_in(tmp_path, "-n", workers, "--dist", "loadfile")
    assert done.returncode == 1, done.stdout
    assert done.stdout.count(TITLE) == 1
    section = done.stdout.partition(TITLE)[2].splitlines()[1:3]
    assert section == [
        'reclaim: {"severity": "INFO", "message": "session-ended"}',
        'ws-1: {"severity": "WARNING", "message": "lease-lapsed"}',
    ]
    assert "of-a" not in done.stdout
    assert "what no function" not in done.stdout.partition(TITLE)[2]


def test_a_container_that_has_ended_is_said_to_have_ended() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    for use in (lambda: Inside(ended.pid).run("true"), lambda: Inside(ended.pid).processes()):
        with pytest.raises(AssertionError, match=f"the container has ended: its process {ended.pid} is gone"):
            use()
