"""What happens in a session, made up by chance: edits, saves and what is said of them, tiers that arrive, trouble."""

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from tests.home.edits import OFTEN, Edit
from tests.home.workspace import LATER


@dataclass(frozen=True)
class Save:
    """And what is said of it: `accepted`, `refused`, or nothing yet; while it is made, the one before it is on its way
    to the control plane, and is `accepted before` or `refused before` this one is told; or `refused meanwhile`."""

    answer: str


@dataclass(frozen=True)
class Arrive:
    """`is_awaited`: before the next step begins."""

    tier: str
    is_awaited: bool


@dataclass(frozen=True)
class Away:
    """The storage, for so many calls."""

    calls: int


@dataclass(frozen=True)
class Die:
    """The keeper, at an order soon."""

    at: int
    is_done: bool


Step = list[Edit] | Save | Arrive | Away | Die

ANSWERS = ("accepted", "accepted", "refused", "", "accepted before", "refused before", "refused meanwhile")
EDITS = (*OFTEN, "file", "file", "delete", "delete", "delete")
NAMED = (0, 1, 6, 7, 10, 10)
"""Of the names in tests.home.edits: two of the work tier, two of boot, one of deps."""


@dataclass(frozen=True)
class Plan:
    """Of a session. `trouble`: as it begins. `is_finished`: at its end all has arrived and is saved."""

    trouble: Away | Die | None
    steps: list[Step]
    is_finished: bool


def plan(random: Random) -> Plan:
    """By chance: what hypothesis makes up repeats itself too much, where it takes many different steps to go wrong."""
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
