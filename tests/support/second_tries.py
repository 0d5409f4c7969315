"""Which tests get a second try, and the record of those that needed it: docs/decisions/0014-second-tries.md"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.checkout import ROOT, SOAK
from tests.support.scheduling import NEED_NO_CONTAINER, suite_of
from tests.support.stack.running import running

RARE_FAILURE_IS_THE_FINDING = NEED_NO_CONTAINER | {"attacks", "failures", "soak"}
DRIVES_MANY_PROCESSES = {"stack", "browser"}
"""Fixtures: a whole stack, and Chromium."""
ONCE = "once"
"""The mark of a kill or a race in another suite: a rare failure is the finding there too."""
KILLS_OR_RACES = {"kill", "killpg", "kill_function", "SIGKILL", "ThreadPoolExecutor"}
"""Names by which a test function is known to need the mark."""
RECORD = ROOT / "build/second-tries.txt"
"""A line for each second try of any run in this checkout: which run, which test, and the first error. A test that is in
the record also gets a line for each run in which it passed at first."""
AT_FIRST = "passed at first"
RUNS = 10
DEFECT = 2
"""So many second tries in RUNS runs of a test are a defect."""


def may_try_again(item: pytest.Item) -> bool:
    """Only where a whole stack or a browser is driven, and where a rare failure is not what the test looks for."""
    if SOAK or suite_of(item) in RARE_FAILURE_IS_THE_FINDING or item.get_closest_marker(ONCE):
        return False
    starts_a_stack = getattr(getattr(item, "module", None), "running", None) is running
    return starts_a_stack or bool(DRIVES_MANY_PROCESSES.intersection(getattr(item, "fixturenames", ())))


def check_mark(item: pytest.Item) -> None:
    """Raises UsageError for a test that kills or races, may try again, and does not have the mark."""
    names = getattr(getattr(getattr(item, "function", None), "__code__", None), "co_names", ())
    if KILLS_OR_RACES.intersection(names) and may_try_again(item):
        raise pytest.UsageError(f"{item.nodeid} kills or races: mark it {ONCE} (docs/decisions/0014-second-tries.md)")


class SecondTries:
    """A plugin of the process that gathers the reports: records second tries and shows those of this run."""

    def __init__(self, record: Path = RECORD) -> None:
        self._record = record
        self._run = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {os.getpid()}"
        self._of_this_run = dict[str, str]()
        self._passed = set[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = report.nodeid.partition("@")[0]
        if report.outcome == "rerun":  # type: ignore[comparison-overlap]  # pytest-rerunfailures adds this outcome
            self._of_this_run[test] = first_error(report)
            self._note(test, self._of_this_run[test])
        elif report.when == "call" and report.passed:
            self._passed.add(test)

    def _note(self, test: str, result: str) -> None:
        self._record.parent.mkdir(parents=True, exist_ok=True)
        with self._record.open("a") as record:
            record.write(f"{self._run}\t{test}\t{result}\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        known = results_of(self._record)
        for test in sorted(known.keys() & self._passed - self._of_this_run.keys()):
            self._note(test, AT_FIRST)
        if self._of_this_run:
            terminalreporter.section(f"second tries, each a defect to mend ({self._record})")
        for test, error in self._of_this_run.items():
            terminalreporter.line(f"{test}: {error} [recorded {tries(known[test])} times]")
        ran = self._passed | self._of_this_run.keys()
        often = {test: tries(results[-RUNS:]) for test, results in results_of(self._record).items() if test in ran}
        defects = {test: times for test, times in often.items() if times >= DEFECT}
        if defects:
            terminalreporter.section("defects, to be mended before anything else")
        for test, times in sorted(defects.items()):
            terminalreporter.line(f"{test} needed a second try in {times} of its last {RUNS} recorded runs")


def results_of(record: Path) -> dict[str, list[str]]:
    """By test its result in each recorded run, the newest last: the error before a second try, or AT_FIRST."""
    lines = record.read_text().splitlines() if record.exists() else []
    by_run = dict[str, dict[str, str]]()
    for line in lines:
        run, test, result = line.split("\t", 2)
        by_run.setdefault(test, {})[run] = result
    return {test: list(results.values()) for test, results in by_run.items()}


def tries(results: list[str]) -> int:
    return sum(result != AT_FIRST for result in results)


def first_error(report: pytest.TestReport) -> str:
    """One line: where a test failed and of what."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = f"{Path(crash.path).name}:{crash.lineno}: {crash.message}" if crash else report.longreprtext
    return next(iter(text.strip().splitlines()), "no message")
