"""Which tests run together, in which order and in which process: docs/decisions/0018-side-by-side.md"""

import pytest
from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController

from tests.running import ROOT

TESTS = ROOT / "tests"

ALONE = {"adapters", "bench", "decisions", "home", "rules", "simulation"}
"""Folders of tests that need none of the containers, functions and browsers that share the machine with other tests."""
LONG = ("stack", "journeys", "shaky_stack")
"""The lots that take longest, in this order: the fixtures that start a stack for many tests, and the journeys."""
FOLDERS = (
    *("soak", "failures", "functions", "attacks", "slot", "web", "standins", "stack"),
    *("simulation", "home", "adapters", "bench", "rules", "decisions"),
)
"""Of whatever else there is each file is a lot: the long ones first, so that no process waits long for the last one."""
FILLING = "gw2"
"""The process that fills the time in which the others wait: nothing that it does depends on who else is at work."""


def folder(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


def lot(item: pytest.Item) -> str:
    if folder(item) == "journeys":  # nearly half of what is done on the stack: whoever is free starts another for them
        return "journeys"
    fixtures = getattr(item, "fixturenames", ())
    return next((name for name in LONG if name in fixtures), str(item.path.relative_to(TESTS)))


def place(item: pytest.Item) -> int:
    """Sorting keeps the order within each lot."""
    name = lot(item)
    return LONG.index(name) if name in LONG else len(LONG) + FOLDERS.index(folder(item))


class Lots(LoadGroupScheduling):  # type: ignore[misc]
    """Only what is `ALONE` goes to the process that fills; the others take of that when nothing else is left."""

    def _reschedule(self, node: WorkerController) -> None:
        if node.gateway.id == FILLING and not self._fillers():
            node.shutdown()
        else:
            super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if node.gateway.id == FILLING:
            for name in reversed(self._fillers()):
                self.workqueue.move_to_end(name, last=False)
        super()._assign_work_unit(node)

    def _fillers(self) -> list[str]:
        return [name for name in self.workqueue if name.partition("/")[0] in ALONE]
