"""Erlang's formula B, bursts, and how many slots are worth their price; held to a simulation of a pool."""

import heapq
import random
from collections.abc import Callable
from decimal import Decimal

import pytest

from shared.slots.pool_size import (
    Demand,
    SlotValue,
    erlang_b,
    fewest_slots,
    miss_share,
    saved_by_next,
    worthwhile_slots,
)

REFILL = 30.0
VALUE = SlotValue(refill=REFILL, idle_hour=Decimal("0.027"), miss=Decimal("0.10"))


@pytest.mark.parametrize(("servers", "load", "blocked"), [(0, 1, 1), (1, 1, 1 / 2), (2, 1, 1 / 5), (3, 2, 4 / 19)])
def test_erlang_b_is_what_it_is_by_hand(servers: int, load: float, blocked: float) -> None:
    assert erlang_b(servers, load) == pytest.approx(blocked, rel=1e-12)


def test_erlang_b_at_its_ends() -> None:
    assert (erlang_b(0, 0), erlang_b(1, 0)) == (1, 0)
    assert erlang_b(10_000, 9_000) < 1e-20
    for servers, load in ((-1, 1.0), (1, -1.0)):
        with pytest.raises(ValueError, match="servers and load are 0 or more"):
            erlang_b(servers, load)


@pytest.mark.parametrize(("per_hour", "slots"), [(6, 2), (60, 4), (600, 11), (6_000, 64)])
def test_the_fewest_slots_with_one_miss_in_a_hundred_opens(per_hour: float, slots: int) -> None:
    assert fewest_slots(Demand(per_hour=per_hour), REFILL, 0.01, 1_000) == slots


def test_no_more_slots_than_may_exist() -> None:
    assert fewest_slots(Demand(per_hour=6_000), REFILL, 0.01, 50) == 50


def test_a_burst_of_five_makes_one_miss_in_six_opens_of_one_in_120() -> None:
    alone, in_fives = (miss_share(11, Demand(per_hour=600, burst=burst), REFILL) for burst in (1, 5))
    assert round(alone, 4) == 0.0083
    assert round(in_fives, 4) == 0.1725
    assert fewest_slots(Demand(per_hour=600, burst=5), REFILL, 0.01, 1_000) == 23


def test_a_burst_has_a_member_at_least() -> None:
    with pytest.raises(ValueError, match="a burst is of 1 member or more"):
        miss_share(1, Demand(per_hour=1, burst=0.5), REFILL)


def simulated(slots: int, demand: Demand, refill: Callable[[random.Random], float], opens: int) -> float:
    """The part of Opens that find no warm slot; the slots of one burst are replaced together."""
    draw, now, busy, missed = random.Random(1), 0.0, list[float](), 0  # noqa: S311  it guards nothing
    size = round(demand.burst)
    for _ in range(opens // size):
        now += draw.expovariate(demand.per_hour / size / 3600)
        while busy and busy[0] <= now:
            heapq.heappop(busy)
        back = now + refill(draw)
        found = min(size, slots - len(busy))
        missed += size - found
        for _ in range(found):
            heapq.heappush(busy, back)
    return missed / (opens // size * size)


REFILLS: dict[str, Callable[[random.Random], float]] = {
    "always as long": lambda _draw: REFILL,
    "exponential": lambda draw: draw.expovariate(1 / REFILL),
    "a few take long": lambda draw: draw.lognormvariate(2.9012, 1.0),
}
"""Distributions with a mean of 30 s."""


@pytest.mark.parametrize("refill", REFILLS)
@pytest.mark.parametrize(("per_hour", "burst", "slots"), [(60, 1, 2), (600, 1, 9), (600, 5, 10), (600, 5, 15)])
def test_a_simulated_pool_misses_what_the_formula_says(refill: str, per_hour: float, burst: int, slots: int) -> None:
    demand = Demand(per_hour=per_hour, burst=burst)
    share = simulated(slots, demand, REFILLS[refill], 120_000)
    assert share == pytest.approx(miss_share(slots, demand, REFILL), rel=0.06), "of one seed"


def test_between_whole_bursts_a_simulated_pool_misses_no_more_than_the_formula_says() -> None:
    demand = Demand(per_hour=600, burst=5)
    share = simulated(11, demand, REFILLS["always as long"], 120_000)
    assert 0.165 < share < miss_share(11, demand, REFILL)


@pytest.mark.parametrize(("per_hour", "slots"), [(0, 0), (0.2, 0), (1, 1), (6, 2), (60, 4), (600, 14), (6_000, 77)])
def test_a_slot_is_added_while_the_misses_that_it_saves_are_worth_its_price(per_hour: float, slots: int) -> None:
    demand = Demand(per_hour=per_hour)
    assert worthwhile_slots(demand, VALUE, 1_000) == slots
    worth = [saved_by_next(each, demand, VALUE) * 0.10 for each in range(slots + 2)]
    assert worth == sorted(worth, reverse=True)
    assert all(each > 0.027 for each in worth[:slots])
    assert worth[slots] <= 0.027


def test_what_a_miss_is_worth_and_what_a_slot_costs_decide() -> None:
    demand = Demand(per_hour=60)
    sizes = [
        worthwhile_slots(demand, SlotValue(refill=REFILL, idle_hour=Decimal("0.027"), miss=Decimal(miss)), 100)
        for miss in ("0", "0.001", "0.01", "0.1", "1", "10")
    ]
    assert sizes == [0, 1, 3, 4, 5, 6]
    assert worthwhile_slots(demand, VALUE, 3) == 3
