"""A plan and its used storage, as members and operators are shown."""

from datetime import datetime

from msgspec import Struct

from shared.billing.account import Billing
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


class KeptView(Struct):
    """A larger plan that was lost: what it had kept is not deleted yet."""

    plan: PlanView
    until: float


def plan_view(name: str) -> PlanView:
    return PlanView(name, PLANS[name].title)


def kept_view(billing: Billing, now: datetime) -> KeptView | None:
    kept = billing.kept
    return KeptView(plan_view(kept.plan), kept.until.timestamp()) if kept and now < kept.until else None
