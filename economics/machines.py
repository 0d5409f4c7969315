"""The same arrivals on a machine for each member, which stops when nobody uses it."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from economics.arrivals import Arrival
from economics.month import HOUR
from shared.economics.peers import STOPS_AFTER_HOURS


class Machines(Struct, frozen=True):
    """Of the members of one cell."""

    hours: Decimal
    starts: int
    """Arrivals that find it stopped, and wait until it has started."""


def machines(arrivals: Iterable[Arrival]) -> Machines:
    """Each member's machine runs while they work, and for half an hour more. `arrivals` are in the order of time."""
    stops = round(STOPS_AFTER_HOURS * HOUR)
    runs_until, ran, starts = dict[int, int](), 0, 0
    for arrival in arrivals:
        until, since = arrival.at + arrival.works + stops, runs_until.get(arrival.member, -1)
        starts += since < arrival.at
        ran += max(0, until - max(arrival.at, since))
        runs_until[arrival.member] = max(until, since)
    return Machines(Decimal(ran) / HOUR, starts)
