"""A failed test's report has what its stack has warned of meanwhile, and which sessions have ended: what a test waited
for in vain is often told there."""

import json
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.support.stack.running import STARTED

TITLE = "warnings, errors and ends in the logs of the stack"
SHOWN = 40
"""Lines of one stack, the last ones of each log."""
LONGEST = 2000
"""Characters of a line: one with an unexpected error has its traceback."""
SEVERE = ("WARNING", "ERROR")
ENDS = ("session-ended", "session-drained")


class FailureLogs:
    """A plugin of every process of pytest. What was logged before a test's set-up began, and by a stack that had ended
    by then, is of other tests."""

    def __init__(self) -> None:
        self._before = dict[Path, int]()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        for state, process in [*STARTED.items()]:
            if process.poll() is not None:
                del STARTED[state]
        self._before = {file: file.stat().st_size for state in STARTED for file in _logs(state)}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed:
            for state in STARTED:
                if told := "\n".join([line for file in _logs(state) for line in self._told(file)][-SHOWN:]):
                    report.sections.append((f"{TITLE} in {state}", told))
        return report

    def _told(self, file: Path) -> Iterator[str]:
        """The log's lines that may say why."""
        with file.open("rb") as log:
            log.seek(self._before.get(file, 0))
            for text in log.read().decode(errors="replace").splitlines():
                try:
                    line = json.loads(text)
                except ValueError:  # what no function and no agent has written
                    continue
                if isinstance(line, dict) and (line.get("severity") in SEVERE or line.get("message") in ENDS):
                    yield f"{file.stem}: {text}"[:LONGEST]


def _logs(state: Path) -> list[Path]:
    """Those of its functions, and of each container."""
    return sorted([*state.glob("logs/*.log"), *state.glob("run/logs/*.log")])
