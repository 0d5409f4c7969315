"""The summary of a run has the slowest tests, each with what it proves, and the files that took longest."""

from pathlib import Path

import pytest

from tests.runner.pytest_in import pytest_in

CONFTEST = """
import pytest
from tests.support import slowest

slowest.SHOWN = 2
SECONDS = {("test_starts", "setup"): 90.0, ("test_waits", "call"): 60.0, ("test_waits_less", "call"): 30.0}

def pytest_configure(config):
    config.pluginmanager.register(slowest.Slowest())

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.duration = SECONDS.get((item.name, report.when), 0.0)
    return report
"""
SLOW = '''
"""What the module is about, over
two lines. And more.
"""

import pytest

@pytest.fixture(scope="module")
def started():
    return True

def test_starts(started):
    """The start is
    made once. It is shared."""

def test_waits_less():
    pass

def test_waits():
    pass
'''


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_slowest_are_shown_with_what_they_prove(tmp_path: Path, workers: str) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(SLOW)
    done = pytest_in(tmp_path, "-n", workers)
    assert done.returncode == 0, done.stdout
    lines = [line.strip() for line in done.stdout.splitlines()]
    start = next(n for n, line in enumerate(lines) if "slowest 2, and what each proves" in line) + 1
    assert lines[start : start + 4] == [
        "90.0 s setup    test_it.py::test_starts",
        "The start is made once.",
        "60.0 s call     test_it.py::test_waits",
        "What the module is about, over two lines.",
    ]
    assert "test_waits_less" not in done.stdout
    start = next(n for n, line in enumerate(lines) if "files that took longest, of 180 s" in line) + 1
    assert lines[start] == "180 s test_it.py"
