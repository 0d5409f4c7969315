"""Opens that find no warm slot, and the pool that is worth its price."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from shared.billing.price_list import PRICES, US
from shared.economics.claims import stated, working
from shared.economics.estimate import estimate
from shared.economics.misses import demands, misses, with_worthwhile_pool
from shared.economics.ranges import exactly
from shared.economics.workload import Arrivals, Workload

OFFICE = tuple(Decimal(hour < 5 * 24 and 9 <= hour % 24 < 17) for hour in range(168))
"""Forty hours of the week."""


def with_refill(workload: Workload, seconds: int) -> Workload:
    return replace(workload, pool=replace(workload.pool, refill=exactly(seconds)))


def test_opens_are_spread_over_the_hours_of_the_week() -> None:
    even = demands(stated(US))
    assert {round(demand.per_hour, 12) for demand in even} == {round(200 / 720, 12)}
    office = demands(replace(stated(US), arrivals=Arrivals(week=OFFICE, burst=Decimal(3))))
    assert {round(demand.per_hour, 12) for demand in office} == {0, round(200 / (40 * 30 / 7), 12)}
    assert {demand.burst for demand in office} == {3}


def test_how_many_opens_of_the_stated_month_find_no_warm_slot() -> None:
    """With one warm slot and a refill of 30 s: one in 430, or one in 104 where all come within office hours."""
    even = with_refill(stated(US, warm=1), 30)
    assert round(misses(even).low, 2) == round(misses(even).high, 2) == Decimal("0.46")
    office = replace(even, arrivals=Arrivals(week=OFFICE))
    assert round(misses(office).high, 2) == Decimal("1.93")
    assert round(misses(with_refill(stated(US, warm=0), 30)).high, 9) == 200
    assert round(misses(with_refill(stated(US), 30)).high, 4) == Decimal("0.0005")
    unsure = misses(stated(US, warm=1))
    assert unsure.low < Decimal("0.46") < unsure.high


def test_a_pool_of_worthwhile_slots_costs_less_and_misses_less_than_two_all_the_time() -> None:
    """10,000 Opens in office hours. Two slots are kept warm all the time, or more by day and none in the night."""
    fixed = with_refill(replace(working(US), arrivals=Arrivals(week=OFFICE)), 30)
    planned = with_worthwhile_pool(fixed, PRICES, Decimal("0.10"))
    assert {slots for slots, weight in zip(planned.pool.warm, OFFICE, strict=True) if weight} == {4}
    assert {slots for slots, weight in zip(planned.pool.warm, OFFICE, strict=True) if not weight} == {0}
    assert [round(misses(each).high) for each in (fixed, planned)] == [736, 14]
    saved = estimate(fixed, PRICES).total.high - estimate(planned, PRICES).total.high
    assert round(saved, 2) == Decimal("21.92")


@pytest.mark.parametrize("week", [(Decimal(1),) * 24, (Decimal(0),), (Decimal(-1),)])
def test_arrivals_that_can_not_be_are_refused(week: tuple[Decimal, ...]) -> None:
    with pytest.raises(ValueError, match="weights are one number, or 168"):
        Arrivals(week=week)
    with pytest.raises(ValueError, match="a burst is of 1 member or more"):
        Arrivals(burst=Decimal("0.5"))
