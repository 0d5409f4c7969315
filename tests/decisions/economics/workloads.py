"""Workloads whose quantities are known exactly."""

from decimal import Decimal
from typing import Any

from shared.billing.price_list import US
from shared.economics.quantities import FixedQuantities
from shared.economics.ranges import exactly
from shared.economics.workload import Habits, PlanWorkload, PoolWorkload, Workload

HABITS = Habits(
    changing=exactly("0.5"),
    layers=exactly(10),
    page_loads=exactly(4),
    slot_requests=exactly(100),
    leaving=exactly(1),
    egress_of_session=exactly("0.01"),
    egress_of_hour=exactly("0.02"),
    documents_of_member=exactly("0.001"),
    log_of_request=exactly("0.000002"),
    page_of_load=exactly("0.0005"),
)
STANDING = FixedQuantities(
    images_gib=exactly(5), build_minutes=exactly(100), slot_build_minutes=exactly(50), probe_part=exactly("0.01")
)
POOL = PoolWorkload(warm=(2,), most=10, refill=exactly(30), starting=exactly(10))


def a_plan(**changed: Any) -> PlanWorkload:
    """Of 100 members, each with 4 sessions of half an hour and 0.5 GiB."""
    usual = {"members": 100, "sessions": Decimal(4), "hours": Decimal(2), "stored": exactly("0.5")}
    return PlanWorkload(**{**usual, **changed})


def a_workload(**changed: Any) -> Workload:
    """Of 100 members of Pro, in the United States: 400 sessions and 200 hours."""
    usual = {"region": US, "plans": {"pro": a_plan()}, "pool": POOL, "habits": HABITS, "standing": STANDING}
    return Workload(**{**usual, **changed})
