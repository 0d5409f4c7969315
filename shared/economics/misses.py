"""Which Opens of a month find no warm slot, and how large the pool should be in each hour of the week."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from shared.billing.prices import MONTH_DAYS, PriceBook
from shared.economics.estimate import idle_slot_hour
from shared.economics.ranges import Range
from shared.economics.workload import WEEK_HOURS, Workload
from shared.slots.pool_size import Demand, SlotValue, miss_share
from shared.slots.warm_policies import week_of

WEEKS = Decimal(MONTH_DAYS) / 7
"""The number of weeks in a month."""


def demands(workload: Workload) -> Sequence[Demand]:
    """The Opens of each hour of the week."""
    week = workload.arrivals.week * (WEEK_HOURS // len(workload.arrivals.week))
    in_week = workload.sessions / WEEKS
    burst, whole = float(workload.arrivals.burst), sum(week)
    return [Demand(per_hour=float(in_week * weight / whole), burst=burst) for weight in week]


def misses(workload: Workload) -> Range:
    """Opens of a month that find no warm slot: with the shortest refill, and with the longest."""
    warm = workload.pool.warm * (WEEK_HOURS // len(workload.pool.warm))

    def in_month(refill: Decimal) -> Decimal:
        hours = zip(demands(workload), warm, strict=True)
        missed = sum(demand.per_hour * miss_share(slots, demand, float(refill)) for demand, slots in hours)
        return Decimal(repr(missed)) * WEEKS

    return Range(in_month(workload.pool.refill.low), in_month(workload.pool.refill.high))


def with_worthwhile_pool(workload: Workload, book: PriceBook, miss: Decimal) -> Workload:
    """The workload with a pool in which each slot of each hour is worth its price, if a miss is worth `miss` US dollars
    and a refill takes long."""
    value = SlotValue(refill=float(workload.pool.refill.high), idle_hour=idle_slot_hour(workload, book), miss=miss)
    week = week_of(demands(workload), value, workload.pool.most, "UTC")
    return replace(workload, pool=replace(workload.pool, warm=week.warm))
