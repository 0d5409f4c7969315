"""What an operator can change, what that saves in a month, and what members notice of it."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.prices import PriceBook
from shared.economics.estimate import estimate
from shared.economics.workload import WEEK_HOURS, Workload
from shared.slots.shape import HomeMedium

NIGHT = range(8)
"""Hours of the day in which hardly anybody comes: from midnight to eight."""
SMALLER = Decimal("0.75")
"""The part of a slot's memory that a smaller slot has. Less than one CPU can't be had: Cloud Run then sends a container
one request at a time, and an editor needs several (https://cloud.google.com/run/docs/configuring/services/cpu)."""


class Lever(Struct, frozen=True):
    """One change of the workload's settings."""

    what: str
    changed: Workload
    noticed: str
    """What members notice of the change."""

    def saves(self, workload: Workload, book: PriceBook) -> Decimal:
        """US dollars a month, in the middle of the range; below 0 if it costs more."""
        return estimate(workload, book).total.middle - estimate(self.changed, book).total.middle


def levers(workload: Workload) -> Sequence[Lever]:
    """Each by itself."""
    pool, week = workload.pool, workload.pool.warm * (WEEK_HOURS // len(workload.pool.warm))
    by_night = tuple(0 if hour % 24 in NIGHT else slots for hour, slots in enumerate(week))
    one_less = tuple(max(0, slots - 1) for slots in pool.warm)
    in_memory = replace(workload.shape, home_medium=HomeMedium.MEMORY)
    smaller = replace(workload.shape, memory=int(workload.shape.memory * SMALLER))
    return (
        Lever("one warm slot less", replace(workload, pool=replace(pool, warm=one_less)), "more Opens find none warm"),
        Lever(
            "no warm slot from midnight to eight",
            replace(workload, pool=replace(pool, warm=by_night)),
            "who comes in the night waits for a start",
        ),
        Lever(
            "a quarter less memory in a slot",
            replace(workload, shape=smaller),
            "full temporary folders leave 0.25 GiB of 1.5 to programs, in place of 0.75 of 2",
        ),
        Lever(
            "no function that waits",
            replace(workload, standing=replace(workload.standing, waiting_functions=0)),
            "the first Open after a pause waits for the start of a function too",
        ),
        Lever(
            "the home in memory",
            replace(workload, shape=in_memory),
            "a home holds 1 GiB of 2, so that Pro and Team can't be sold",
        ),
        Lever(
            "a heartbeat in a minute",
            replace(workload, heartbeat=2 * workload.heartbeat),
            "a container that is lost is found later, and warnings come later",
        ),
    )
