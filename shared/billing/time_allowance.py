"""The time allowance: how much time a plan still grants in a period, when it ends, and which plan has more."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.metering import milliseconds
from shared.billing.periods import Period, PeriodKind, month_of, period_at
from shared.billing.plans import PLANS, Plan
from shared.errors import Refused

NEARLY_USED_PERCENT = 80
"""When a month's time counts as nearly used. The smallest plan by the month has an hour left then, three times what the
mail may take."""
FORGIVEN_PART = 10
"""A tenth of the granted time may go uncharged. On Free that is about ten closed tabs a day, of a quarter of a minute
each on average."""


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
    """The allowance of the period that contains `now`."""
    period = period_of(billing, now)
    return Allowance(period=period, granted=_granted(billing, period.id), used=_used(billing, period.id))


def left_in(billing: Billing, period: str) -> int | None:
    """Milliseconds that a period still grants; None without limit."""
    granted = _granted(billing, period)
    return None if granted is None else max(0, granted - _used(billing, period))


def deadline(billing: Billing, now: datetime) -> datetime | None:
    """When the allowance ends if one session uses it without a break from now on; None if it never ends.

    A session that is open when the next period begins goes on with that period's time.
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
    """Counts milliseconds, by period. On a plan without limit only the period is noted, and the time is counted
    separately: see `shared.gcp.store.billing`."""
    is_limited = PLANS[billing.plan].seconds is not None
    paid = {period: billing.used.get(period, 0) + (ms if is_limited else 0) for period, ms in added.items()}
    if not added:
        return billing
    counted = billing.count(billing.used | paid)
    if PLANS[billing.plan].per != PeriodKind.DAY or not is_limited:
        return counted
    return replace(counted, by_month=_with_days(billing.by_month, added))


def _with_days(by_month: Mapping[str, int], added: Mapping[str, int]) -> dict[str, int]:
    months = dict(by_month)
    for day, ms in added.items():
        months[month_of(day)] = months.get(month_of(day), 0) + ms
    return {month: months[month] for month in sorted(months)[-2:]}


def nearly_used(billing: Billing, now: datetime) -> Billing | None:
    """The account once it is told that the period's time is nearly used; None if there is nothing to tell.

    Told once for a month, in the order of months: who moves to another time zone and back is not told again. Nothing is
    told of a day's time: it is nearly used every day, and begins anew before a mail is read.
    """
    current = allowance(billing, now)
    if PLANS[billing.plan].per != PeriodKind.MONTH or current.granted is None or not current.left:
        return None
    is_told = billing.told_nearly_used is not None and billing.told_nearly_used >= current.period.id
    if is_told or current.used * 100 < current.granted * NEARLY_USED_PERCENT:
        return None
    return replace(billing, told_nearly_used=current.period.id)


def forgive(billing: Billing, period: str, ms: int) -> Billing | None:
    """Leaves time uncharged that may have been used. None if that would exceed the period's budget for it.

    A container without CPU may be frozen before it can report that its browser has left, and an honest member should
    not pay for that. A member who causes this on purpose gains at most one part in FORGIVEN_PART of the granted time.
    """
    granted = _granted(billing, period)
    if granted is None:
        return billing
    forgiven = billing.forgiven.get(period, 0) + ms
    if forgiven * FORGIVEN_PART > granted:
        return None
    # the period is noted, so that it is closed like any other
    noted = billing.count({period: 0} | billing.used)
    return replace(noted, forgiven=noted.forgiven | {period: forgiven})


def check_allowance(billing: Billing, now: datetime) -> None:
    """Raises Refused if no time is left, with the time of renewal and a plan that has more."""
    if allowance(billing, now).left != 0:
        return
    current, plan = allowance(billing, now), PLANS[billing.plan]
    renews = current.period.ends
    detail = f"The {plan.title} plan's time for this {plan.per} is used up. It renews at {renews:%Y-%m-%d %H:%M} UTC."
    lifting = lifting_plan(billing.plan, current.used)
    detail += f" The {PLANS[lifting].title} plan has more time." if lifting else ""
    wait = max(1, round((renews - now).total_seconds()))
    raise Refused("allowance-exhausted", detail, retry_after=wait)


def grant(billing: Billing, seconds: int, now: datetime) -> Billing:
    """Adds time to the period that contains `now`. Raises Refused on a plan without limit."""
    plan = PLANS[billing.plan]
    if plan.seconds is None:
        raise Refused("no-limit", f"The {plan.title} plan has no limit: there is nothing to add to.", status=422)
    period, ms = period_of(billing, now).id, milliseconds(timedelta(seconds=seconds))
    noted = billing.count({period: 0} | billing.used)
    return replace(noted, granted=billing.granted | {period: billing.granted.get(period, 0) + ms})


def lifting_plan(plan: str, used: int) -> str | None:
    """The smallest plan above `plan` that grants more than `used` milliseconds."""
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
