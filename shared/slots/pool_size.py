"""The size of the warm pool: which part of all Opens finds no warm slot, and how many slots are worth their price.

A member who finds no warm slot gets a cold one, and waits for no warm one. So the pool is a loss system, and its misses
are those of Erlang's formula B. They depend on how long a slot takes to be replaced only by the mean.
"""

import math
from decimal import Decimal

from msgspec import Struct


class Demand(Struct, frozen=True, kw_only=True):
    """Members who open their workspaces."""

    per_hour: float
    burst: float = 1.0
    """How many come at the same moment, in the mean. With 1 they come independently of each other."""


class SlotValue(Struct, frozen=True, kw_only=True):
    """What decides how many slots are worth their price."""

    refill: float
    """Seconds until a slot that was taken is replaced by a warm one."""
    idle_hour: Decimal
    """US dollars for an hour of a slot that waits."""
    miss: Decimal
    """What it is worth, in US dollars, that one member does not wait for a container to start. With 0.10, a slot that
    costs 0.027 dollars an hour is kept if more than one member in four hours would miss it."""


def erlang_b(servers: int, load: float) -> float:
    """The part of arrivals that find all servers busy. `load` is the mean number of arrivals while one is served."""
    if servers < 0 or load < 0:
        raise ValueError("servers and load are 0 or more")
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked if load else float(servers == 0)


def miss_share(slots: int, demand: Demand, refill: float) -> float:
    """The part of Opens that find no warm slot.

    The slots that a burst takes are replaced together, so a burst is one arrival that takes as many slots as it has
    members. Between two whole numbers of bursts the share is taken to be linear, which is at least the true one.
    """
    if demand.burst < 1:
        raise ValueError("a burst is of 1 member or more")
    bursts = slots / demand.burst
    whole = math.floor(bursts)
    load = demand.per_hour / demand.burst * refill / 3600
    below, above = erlang_b(whole, load), erlang_b(whole + 1, load)
    return below + (bursts - whole) * (above - below)


def fewest_slots(demand: Demand, refill: float, share: float, most: int) -> int:
    """The fewest warm slots with which at most this part of Opens misses; `most` if no number up to it suffices."""
    for slots in range(most):
        if miss_share(slots, demand, refill) <= share:
            return slots
    return most


def worthwhile_slots(demand: Demand, value: SlotValue, most: int) -> int:
    """The slots, at most `most`, of which each saves misses that are worth more than it costs. One more saves ever
    fewer, so the first that does not pay is the end."""
    for slots in range(most):
        if saved_by_next(slots, demand, value) * float(value.miss) <= float(value.idle_hour):
            return slots
    return most


def saved_by_next(slots: int, demand: Demand, value: SlotValue) -> float:
    """Misses an hour that one slot more than `slots` saves."""
    shares = miss_share(slots, demand, value.refill) - miss_share(slots + 1, demand, value.refill)
    return demand.per_hour * shares
