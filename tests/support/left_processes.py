"""No process that a test started is left at the end: one that is fails the run, is named, and is killed."""

import os
from collections.abc import Generator

import pytest
from xdist.workermanage import WorkerController

from local.descendants import Descendant, adopt_orphans, kill, still_running

WITHIN = 10.0
"""Seconds that whatever was told to end may take."""
OUTPUT = "left_processes"


class LeftProcesses:
    """A plugin of every process of pytest: a worker finds its own, the process that gathers the reports shows all."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        adopt_orphans()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController) -> None:
        self._found += getattr(node, "workeroutput", {}).get(OUTPUT, [])

    # innermost: fixtures and workers have ended by then, and the summary and what a worker sends are still to come
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        result = yield
        self._found += [_told(each) for each in still_running(WITHIN)]
        kill(WITHIN)
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[OUTPUT] = self._found
        elif self._found and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._found:
            terminalreporter.section("processes that tests left behind", red=True)
            for told in self._found:
                terminalreporter.line(told)


def _told(process: Descendant) -> str:
    """The test is known if the process has the environment of pytest."""
    test = process.variable("PYTEST_CURRENT_TEST") or f"a test of process {os.getpid()}"
    return f"{process.pid}: {process.command} (started in {test})"
