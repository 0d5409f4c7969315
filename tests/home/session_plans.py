"""Plans of sessions, drawn at random: edits, saves and the control plane's answers, tiers that arrive, faults."""

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from tests.home.edits import OFTEN, Edit
from tests.home.workspace import LATER


@dataclass(frozen=True)
class Save:
    """A save and its answer. `accepted`, `refused`, or no answer yet. `accepted before` or `refused before`: while the
    save is made, the answer to the save before it arrives. `refused meanwhile`: the save itself is refused while it is
    made."""

    answer: str


@dataclass(frozen=True)
class Arrive:
    """`is_awaited`: the next step begins when the tier has arrived."""

    tier: str
    is_awaited: bool


@dataclass(frozen=True)
class Away:
    """The storage is unreachable for so many calls."""

    calls: int


@dataclass(frozen=True)
class Die:
    """The keeper dies at an order soon."""

    at: int
    is_done: bool


Step = list[Edit] | Save | Arrive | Away | Die

ANSWERS = ("accepted", "accepted", "refused", "", "accepted before", "refused before", "refused meanwhile")
EDITS = (*OFTEN, "file", "file", "delete", "delete", "delete")
NAMED = (0, 1, 6, 7, 10, 10)
"""Paths named in tests.home.edits: two of the work tier, two of boot, one of deps."""


@dataclass(frozen=True)
class Plan:
    """One session's steps. `trouble`: a fault at its beginning. `is_finished`: at its end all tiers have arrived and
    are saved."""

    trouble: Away | Die | None
    steps: list[Step]
    is_finished: bool


def plan(random: Random) -> Plan:
    """Drawn at random rather than by hypothesis, whose examples repeat themselves too much where a fault takes many
    different steps."""
    trouble = _trouble(random) if random.random() < 0.2 else None
    return Plan(trouble, [_step(random) for _ in range(random.randint(6, 20))], random.random() < 0.5)


def _step(random: Random) -> Step:
    match random.choices(("edit", "save", "arrive", "trouble"), (10, 10, 2, 1))[0]:
        case "edit":
            return [_edit(random) for _ in range(random.randint(1, 4))]
        case "save":
            return Save(random.choice(ANSWERS))
        case "arrive":
            return Arrive(random.choice(LATER), random.random() < 0.5)
    return _trouble(random)


def _edit(random: Random) -> Edit:
    numbers = random.randrange(40), random.randrange(20), random.choice(NAMED), random.randrange(99)
    return Edit(random.choice(EDITS), *numbers)


def _trouble(random: Random) -> Away | Die:
    return Away(random.randint(1, 4)) if random.random() < 0.5 else Die(random.randint(1, 7), random.random() < 0.5)


plans = st.lists(st.builds(plan, st.randoms(use_true_random=True)), min_size=2, max_size=2)
