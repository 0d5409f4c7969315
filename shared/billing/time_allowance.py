"""The allowance: what a plan still grants in a period, until when that lasts, and what lifts it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.metering import milliseconds
from shared.billing.periods import Period, period_at
from shared.billing.plans import PLANS, Plan
from shared.errors import Refused

FORGIVEN_PART = 10
"""A tenth of what is granted may go uncharged: some ten times a day that a tab is closed on Free, at a quarter of a
minute each on average."""


class Allowance(Struct, frozen=True, kw_only=True):
    """In milliseconds; `granted` and `left` are None without limit."""

    period: Period
    granted: int | None
    used: int

    @property
    def left(self) -> int | None:
        return None if self.granted is None else max(0, self.granted - self.used)


def period_of(billing: Billing, now: datetime) -> Period:
    return period_at(PLANS[billing.plan].per, billing.zone, now)


def allowance(billing: Billing, now: datetime) -> Allowance:
    """Of the period that `now` lies in."""
    period = period_of(billing, now)
    return Allowance(period=period, granted=_granted(billing, period.id), used=_used(billing, period.id))


def left_in(billing: Billing, period: str) -> int | None:
    """Milliseconds that a period still grants; None without limit."""
    granted = _granted(billing, period)
    return None if granted is None else max(0, granted - _used(billing, period))


def deadline(billing: Billing, now: datetime) -> datetime | None:
    """When the allowance ends if one session uses it from now on without a break; None if it never does.

    Who is at work when the next period begins goes on with what that one grants.
    """
    current = allowance(billing, now)
    if current.left is None:
        return None
    ends = now + timedelta(milliseconds=current.left)
    if ends < current.period.ends:
        return ends
    following = allowance(billing, current.period.ends)
    return current.period.ends + timedelta(milliseconds=following.left or 0)


def pay(billing: Billing, added: Mapping[str, int]) -> Billing:
    """Counts milliseconds, by period. Those of a plan without a limit are counted apart, and only their period is
    noted: see `shared.gcp.store.billing`."""
    is_limited = PLANS[billing.plan].seconds is not None
    paid = {period: billing.used.get(period, 0) + (ms if is_limited else 0) for period, ms in added.items()}
    return billing.count(billing.used | paid) if added else billing


def forgive(billing: Billing, period: str, ms: int) -> Billing | None:
    """Lets so much time go uncharged that may have been used; None if the period's part for that would be exceeded.

    A container that gets no CPU may be frozen before it can say that its browser left: honest members lose no time by
    it. Whoever brings that about on purpose gains one part in FORGIVEN_PART of what their plan grants, and no more.
    """
    granted = _granted(billing, period)
    if granted is None:
        return billing
    forgiven = billing.forgiven.get(period, 0) + ms
    if forgiven * FORGIVEN_PART > granted:
        return None
    # the period is noted, so that it is closed and forgotten like any other
    noted = billing.count({period: 0} | billing.used)
    return replace(noted, forgiven=noted.forgiven | {period: forgiven})


def check_allowance(billing: Billing, now: datetime) -> None:
    """Raises Refused when nothing is left, and says when it renews and which plan lifts it."""
    if allowance(billing, now).left != 0:
        return
    current, plan = allowance(billing, now), PLANS[billing.plan]
    renews = current.period.ends
    said = f"The {plan.title} plan's time for this {plan.per} is used up. It renews at {renews:%Y-%m-%d %H:%M} UTC."
    lifting = lifting_plan(billing.plan, current.used)
    said += f" The plan {PLANS[lifting].title} has more." if lifting else ""
    wait = max(1, round((renews - now).total_seconds()))
    raise Refused("allowance-exhausted", said, retry_after=wait)


def grant(billing: Billing, seconds: int, now: datetime) -> Billing:
    """So much more in the period that `now` lies in. Raises Refused where there is no limit to raise."""
    plan = PLANS[billing.plan]
    if plan.seconds is None:
        raise Refused("no-limit", f"The {plan.title} plan has no limit: there is nothing to add to.", status=422)
    period, ms = period_of(billing, now).id, milliseconds(timedelta(seconds=seconds))
    noted = billing.count({period: 0} | billing.used)
    return replace(noted, granted=billing.granted | {period: billing.granted.get(period, 0) + ms})


def lifting_plan(plan: str, used: int) -> str | None:
    """The smallest plan above `plan` whose time is not used up by as much."""
    names = list(PLANS)
    larger = names[names.index(plan) + 1 :] if plan in names else names
    return next((name for name in larger if (ms := _plan_ms(PLANS[name])) is None or used < ms), None)


def _granted(billing: Billing, period: str) -> int | None:
    ms = _plan_ms(PLANS[billing.plan])
    return None if ms is None else ms + billing.granted.get(period, 0)


def _used(billing: Billing, period: str) -> int:
    return billing.used.get(period, 0) + billing.carried.get(period, 0)


def _plan_ms(plan: Plan) -> int | None:
    return None if plan.seconds is None else milliseconds(timedelta(seconds=plan.seconds))
