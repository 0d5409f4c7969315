"""A plan and its used storage, as members and operators are shown."""

from msgspec import Struct

from shared.billing.plans import PLANS
from shared.snapshots.checkpoint import Count


class PlanView(Struct):
    name: str
    title: str


class PlanStorageView(Struct):
    """In bytes."""

    used: Count
    limit: int | None
    """None means without limit."""


def plan_view(name: str) -> PlanView:
    return PlanView(name, PLANS[name].title)
