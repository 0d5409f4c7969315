"""Who gets a second try, and that none goes unnoticed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.runner.pytest_in import pytest_in
from tests.support import second_tries
from tests.support.scheduling import TESTS
from tests.support.second_tries import may_try_again
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


def item(suite: str, *fixtures: str, **module: Any) -> Any:
    return SimpleNamespace(path=TESTS / suite / "test_it.py", fixturenames=fixtures, module=SimpleNamespace(**module))


@pytest.mark.parametrize("suite", ["functions", "journeys", "slot", "stack", "web"])
def test_a_test_of_a_whole_stack_or_a_browser_may_try_again(suite: str) -> None:
    assert may_try_again(item(suite, "stack"))
    assert may_try_again(item(suite, "page", "browser"))
    assert may_try_again(item(suite, running=running))
    assert not may_try_again(item(suite, "slot", "plane"))


@pytest.mark.parametrize("suite", ["adapters", "attacks", "decisions", "failures", "home", "simulation", "soak"])
def test_where_a_rare_failure_is_the_finding_none_tries_again(suite: str) -> None:
    assert not may_try_again(item(suite, "stack", "browser", running=running))


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
    assert "[recorded 2 times]" in pytest_in(tmp_path, "-n", workers).stdout
