"""Who gets a second try, and that none goes unnoticed."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.runner.pytest_in import pytest_in
from tests.support import second_tries
from tests.support.scheduling import TESTS
from tests.support.second_tries import check_mark, may_try_again
from tests.support.stack.running import running

CONFTEST = """
from pathlib import Path
from tests.support.second_tries import SecondTries

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(SecondTries(Path("record.txt")))
"""
FAILS_AT_FIRST = """
from pathlib import Path
import pytest

@pytest.mark.flaky(reruns=1)
def test_at_first():
    seen = Path("seen")
    is_first = not seen.exists()
    seen.touch()
    assert not is_first, "the palette lost the focus"

@pytest.mark.flaky(reruns=1)
def test_always():
    assert True
"""


@pytest.fixture(autouse=True)
def no_soak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_tries, "SOAK", False)


def item(suite: str, *fixtures: str, mark: str = "", function: Any = None, **module: Any) -> Any:
    return SimpleNamespace(
        nodeid="test_it",
        path=TESTS / suite / "test_it.py",
        fixturenames=fixtures,
        module=SimpleNamespace(**module),
        function=function,
        get_closest_marker={mark: True}.get,
    )


@pytest.mark.parametrize("suite", ["functions", "journeys", "slot", "stack", "web"])
def test_a_test_of_a_whole_stack_or_a_browser_may_try_again(suite: str) -> None:
    assert may_try_again(item(suite, "stack"))
    assert may_try_again(item(suite, "page", "browser"))
    assert may_try_again(item(suite, running=running))
    assert not may_try_again(item(suite, "slot", "plane"))


@pytest.mark.parametrize("suite", ["adapters", "attacks", "decisions", "failures", "home", "simulation", "soak"])
def test_where_a_rare_failure_is_the_finding_none_tries_again(suite: str) -> None:
    assert not may_try_again(item(suite, "stack", "browser", running=running))


def kills() -> None:
    os.kill(0, signal.SIGKILL)


def races() -> None:
    ThreadPoolExecutor(2)


@pytest.mark.parametrize("function", [kills, races])
def test_a_kill_or_a_race_is_marked_wherever_it_is_and_is_not_tried_again(function: Callable[[], None]) -> None:
    assert not may_try_again(item("journeys", "stack", mark="once"))
    check_mark(item("journeys", "stack", mark="once", function=function))
    check_mark(item("slot", "member", function=function))  # has no second try anyway
    with pytest.raises(pytest.UsageError, match="mark it once"):
        check_mark(item("journeys", "stack", function=function))


def test_in_the_soak_none_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_tries, "SOAK", True)
    assert not may_try_again(item("journeys", "stack", "browser"))


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_second_try_is_recorded_and_shown(tmp_path: Path, workers: str) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(FAILS_AT_FIRST)
    done = pytest_in(tmp_path, "-n", workers)
    assert done.returncode == 0, done.stdout
    line = "test_it.py::test_at_first: test_it.py:10: AssertionError: the palette lost the focus [recorded 1 times]"
    assert line in done.stdout.splitlines(), done.stdout
    [recorded] = (tmp_path / "record.txt").read_text().splitlines()
    assert recorded.split("\t")[1:] == [
        "test_it.py::test_at_first",
        "test_it.py:10: AssertionError: the palette lost the focus",
    ]

    (tmp_path / "seen").unlink()
    again = pytest_in(tmp_path, "-n", workers).stdout
    assert "[recorded 2 times]" in again
    assert "test_it.py::test_at_first needed a second try in 2 of its last 10 recorded runs" in again.splitlines()


def test_a_test_that_needed_two_in_ten_runs_is_named_as_a_defect_until_it_has_passed_often_enough(
    tmp_path: Path,
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(FAILS_AT_FIRST)
    (tmp_path / "seen").touch()
    record = tmp_path / "record.txt"
    lines = [f"run {number}\ttest_it.py::test_at_first\tpassed at first\n" for number in range(11)]
    lines[1] = lines[2] = "run 1\ttest_it.py::test_at_first\tan error\n"  # one run
    lines[3] = "run 3\ttest_it.py::test_at_first\tan error\n"
    gone = [f"run {number}\ttest_it.py::test_gone\tan error\n" for number in range(2)]
    record.write_text("".join([*lines, *gone]))
    named = "test_it.py::test_at_first needed a second try in 2 of its last 10 recorded runs"
    shown = pytest_in(tmp_path, "-n", "0").stdout
    assert named in shown.splitlines()
    assert "test_gone" not in shown
    assert record.read_text().splitlines()[-1].endswith("\ttest_it.py::test_at_first\tpassed at first")
    assert "test_always" not in record.read_text()
    assert "defects" not in pytest_in(tmp_path, "-n", "0").stdout
