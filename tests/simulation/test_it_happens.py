"""In random schedules everything happens that the simulation is there for: each of these is seen more than once."""

from collections import Counter
from collections.abc import Mapping
from random import Random

from tests.simulation.conftest import SIZE
from tests.simulation.functions import Loaded
from tests.simulation.schedule import play
from tests.simulation.world import Loss

SCHEDULES = 300
OFTEN = 2
EVENTS = (
    *(f"ended: {reason}" for reason in ("member", "idle", "allowance", "suspended", "lost", "stopped", "never-opened")),
    "a period turned over in a session",
    "a period was closed",
    "a period was closed while a session was open",
    "a day was rolled up",
    "a day was rolled up while a session was open",
    "work without a browser began",
    "work without a browser was charged",
    "work without a browser ended",
    "the plan of a running session changed",
    "a heartbeat was lost",
    "an answer to a heartbeat was lost",
    "a heartbeat came twice",
    "a heartbeat came again, late",
    "a task came twice",
    "a task came late",
    *(f"task: {loss}" for loss in Loss),
    *(f"commit: {loss}" for loss in Loss),
    "a liar's session was ended by its allowance",
    "a function was killed between two steps",
    "strangers kept a container's CPU on",
)


def test_everything_happens(functions: Mapping[str, Loaded]) -> None:
    random, happened = Random(0), Counter[str]()  # noqa: S311
    for _ in range(SCHEDULES):
        happened.update(play(functions, random.randbytes(SIZE)).events.counts)
    assert {what: happened[what] for what in EVENTS if happened[what] < OFTEN} == {}
