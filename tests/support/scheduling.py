"""Which tests run together, in which order and in which process: docs/decisions/0018-side-by-side.md"""

from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController

from tests.support.checkout import ROOT

TESTS = ROOT / "tests"

NEED_NO_CONTAINER = {"adapters", "bench", "decisions", "deploy", "economics", "home", "rules", "runner", "simulation"}
"""Folders of tests that need none of the containers, functions and browsers that share the machine with other tests."""
LONGEST = ("stack", "journeys", "shaky_stack", "bare_stack")
"""The groups that take longest, in this order: the fixtures that start a stack for many tests, and the journeys."""
SUITES = (
    *("soak", "failures", "functions", "attacks", "slot", "image", "standins", "stack"),
    *("simulation", "home", "adapters", "bench", "economics", "rules", "runner", "deploy", "decisions", "web"),
)
"""Of whatever else there is each file is a group: long ones first, so that no process waits long for the last one."""
FILLER = "gw2"
"""The process that fills the time in which the others wait: nothing that it does depends on who else is at work."""
FOR_FILLER = NEED_NO_CONTAINER | {"web"}
"""The folders of tests that FILLER takes. Those of the page, whose control plane is the test's own, come last: each has
30 s for what a browser shows, and the other processes have less to do by then."""
GIVES_WAY_SECONDS = 3600
"""A guard against hanging for what `FILLER` may run: beside two busy processes it hardly gets the CPU."""


def suite_of(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


def group_of(item: pytest.Item) -> str:
    if suite_of(item) == "journeys":  # nearly half of what is done on the stack: another one is started for them
        return "journeys"
    fixtures = getattr(item, "fixturenames", ())
    return next((name for name in LONGEST if name in fixtures), str(item.path.relative_to(TESTS)))


def position(item: pytest.Item) -> int:
    """Sorting keeps the order within each group."""
    name = group_of(item)
    return LONGEST.index(name) if name in LONGEST else len(LONGEST) + SUITES.index(suite_of(item))


def groups_for(waiting: Iterable[str], process: str) -> list[str]:
    """What it takes first of the groups that wait, in their order. A long group that begins late makes a run longer."""
    fills = process == FILLER
    return [name for name in waiting if (name.partition("/")[0] in FOR_FILLER) == fills]


class GroupScheduling(LoadGroupScheduling):  # type: ignore[misc]
    """Only suites of `FOR_FILLER` go to `FILLER`; the others take of them when nothing else is left."""

    def _reschedule(self, node: WorkerController) -> None:
        if node.gateway.id == FILLER and not groups_for(self.workqueue, FILLER):
            node.shutdown()
        else:
            super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        for name in reversed(groups_for(self.workqueue, node.gateway.id)):
            self.workqueue.move_to_end(name, last=False)
        super()._assign_work_unit(node)
