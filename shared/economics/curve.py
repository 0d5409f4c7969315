"""The curve: what the same habits cost for more and for fewer members."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from msgspec.structs import replace

from shared.billing.prices import MONTH_HOURS
from shared.economics.workload import PlanWorkload, Workload
from shared.slots.pool_size import Demand, fewest_slots

POINTS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
"""Members. One cell has no more (docs/decisions/0041-cells.md)."""
FEW_MISSES = Decimal("0.01")
"""The part of Opens that may find no warm slot."""
MOST_WARM = 40
"""No point of the curve has more warm slots."""


def of_members(workload: Workload, members: int, misses: Decimal) -> Workload:
    """The workload of so many members in the same mix of plans, each plan rounded to whole members, with the fewest
    warm slots of which at most the part `misses` of Opens finds none. Raises ValueError without members."""
    if not workload.members:
        raise ValueError("a workload without members has no mix of plans")
    plans = _mixed(workload, members)
    sized = replace(workload, plans=plans, pool=replace(workload.pool, warm=(0,)))
    demand = Demand(per_hour=float(sized.sessions / MONTH_HOURS))
    warm = fewest_slots(demand, float(workload.pool.refill.high), float(misses), MOST_WARM)
    return replace(sized, pool=replace(workload.pool, warm=(warm,), most=max(workload.pool.most, warm)))


def _mixed(workload: Workload, members: int) -> Mapping[str, PlanWorkload]:
    def rounded(plan: PlanWorkload) -> int:
        share = Decimal(members * plan.members) / workload.members
        return int(share.to_integral_value(ROUND_HALF_UP))

    return {name: replace(plan, members=rounded(plan), accounts=None) for name, plan in workload.plans.items()}
