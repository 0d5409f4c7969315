"""The slowest tests of a run, what each proves, and how long the tests of each file took together."""

import inspect
from collections import defaultdict
from operator import itemgetter
from typing import NamedTuple

import pytest

SHOWN = 20
SHOWN_FILES = 30
AT_LEAST = 1.0
"""Seconds: a faster test is not worth a line."""
PROVES = "proves"


class Slow(NamedTuple):
    seconds: float
    phase: str
    test: str
    proves: str


class Slowest:
    """A plugin of every process of pytest: a worker notes what each test proves, the process that gathers the reports
    shows the slowest. The set-up of a test counts by itself: what it starts is often there for many tests."""

    def __init__(self) -> None:
        self._slow: list[Slow] = []
        self._by_file = defaultdict[str, float](float)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            item.user_properties.append((PROVES, what_is_proved(item)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._by_file[report.nodeid.partition("::")[0]] += report.duration
        if report.duration >= AT_LEAST:
            test = report.nodeid.partition("@")[0]
            proves = next((str(text) for name, text in report.user_properties if name == PROVES), "")
            self._slow.append(Slow(report.duration, report.when or "", test, proves))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if hasattr(terminalreporter.config, "workerinput") or not self._slow:
            return
        terminalreporter.section(f"slowest {SHOWN}, and what each proves")
        for slow in sorted(self._slow, reverse=True)[:SHOWN]:
            terminalreporter.line(f"{slow.seconds:6.1f} s {slow.phase:8} {slow.test}")
            terminalreporter.line(f"{'':18}{slow.proves}")
        whole = sum(self._by_file.values())
        terminalreporter.section(f"the {SHOWN_FILES} files that took longest, of {whole:.0f} s in all processes")
        for file, seconds in sorted(self._by_file.items(), key=itemgetter(1), reverse=True)[:SHOWN_FILES]:
            if seconds >= AT_LEAST:
                terminalreporter.line(f"{seconds:6.0f} s {file}")


def what_is_proved(item: pytest.Item) -> str:
    """The first sentence of the test's docstring; its module's where the name of the test says it all."""
    for holder in (getattr(item, "function", None), getattr(item, "module", None)):
        paragraph = " ".join((inspect.getdoc(holder) or "").partition("\n\n")[0].split()) if holder else ""
        if paragraph:
            sentence, stop, _rest = paragraph.partition(". ")
            return sentence + "." if stop else sentence
    return ""
