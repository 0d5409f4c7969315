"""A plan and its used storage, as members and operators are shown."""

from datetime import datetime

from msgspec import Struct

from shared.billing.account import Billing
from shared.billing.kept_plan import Kept
from shared.billing.plans import PLANS
from shared.billing.subscription import Reason
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


class PaidForView(Struct):
    """How a plan is paid for."""

    plan: PlanView
    """As it is now."""
    reason: Reason
    """Why the plan is as it is."""
    until: float | None
    """When the plan ends, unless something changes."""
    subscribed: bool
    """Whether a subscription runs. It ends with the account."""


def plan_view(name: str) -> PlanView:
    return PlanView(name, PLANS[name].title)


def kept_view(kept: Kept | None, now: datetime) -> KeptView | None:
    return KeptView(plan_view(kept.plan), kept.until.timestamp()) if kept and now < kept.until else None


def paid_for_view(billing: Billing) -> PaidForView | None:
    found = billing.paid_for
    if found is None:
        return None
    until = found.until.timestamp() if found.until else None
    return PaidForView(plan_view(billing.plan), found.reason, until, found.subscribed)
