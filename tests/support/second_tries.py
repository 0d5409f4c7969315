"""Which tests get a second try, and the record of those that needed it: docs/decisions/0014-second-tries.md"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.checkout import ROOT, SOAK
from tests.support.scheduling import NEED_NO_CONTAINER, suite_of
from tests.support.stack.running import running

RARE_FAILURE_IS_THE_FINDING = NEED_NO_CONTAINER | {"attacks", "failures", "soak"}
DRIVES_MANY_PROCESSES = {"stack", "browser"}
"""Fixtures: a whole stack, and Chromium."""
RECORD = ROOT / "build/second-tries.txt"
"""A line for each second try of any run in this checkout: when it was, which test, and the first error."""


def may_try_again(item: pytest.Item) -> bool:
    """Only where a whole stack or a browser is driven, and where a rare failure is not what the test looks for."""
    if SOAK or suite_of(item) in RARE_FAILURE_IS_THE_FINDING:
        return False
    starts_a_stack = getattr(getattr(item, "module", None), "running", None) is running
    return starts_a_stack or bool(DRIVES_MANY_PROCESSES.intersection(getattr(item, "fixturenames", ())))


class SecondTries:
    """A plugin of the process that gathers the reports: records second tries and shows those of this run."""

    def __init__(self, record: Path = RECORD) -> None:
        self._record = record
        self._of_this_run: list[tuple[str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "rerun":  # type: ignore[comparison-overlap]  # pytest-rerunfailures adds this outcome
            return
        test, error = report.nodeid.partition("@")[0], first_error(report)
        self._of_this_run.append((test, error))
        self._record.parent.mkdir(parents=True, exist_ok=True)
        with self._record.open("a") as record:
            record.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M}\t{test}\t{error}\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._of_this_run:
            return
        times = Counter(line.split("\t")[1] for line in self._record.read_text().splitlines())
        terminalreporter.section(f"second tries, each a defect to mend ({self._record})")
        for test, error in self._of_this_run:
            terminalreporter.line(f"{test}: {error} [recorded {times[test]} times]")


def first_error(report: pytest.TestReport) -> str:
    """One line: where a test failed and of what."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = f"{Path(crash.path).name}:{crash.lineno}: {crash.message}" if crash else report.longreprtext
    return next(iter(text.strip().splitlines()), "no message")
