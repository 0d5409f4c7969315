"""What a running month costs, so far and to its end: what was used on some days, as a workload of the model."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.plans import PLANS, listed_price
from shared.billing.prices import MONTH_DAYS, MONTH_HOURS, PriceBook
from shared.billing.reconciliation import DayUse
from shared.economics.costs import Driver, Line
from shared.economics.estimate import estimate
from shared.economics.margins import HISTORY, SESSIONS_AN_HOUR, PlanMargin, earn, paid
from shared.economics.ranges import NOTHING, Range
from shared.economics.workload import GIB, PlanWorkload, Workload

HOUR_MS = 3_600_000


class Accounts(Struct, frozen=True):
    """The billing accounts of one plan."""

    all: int
    paying: int


class CostOfMonth(Struct, frozen=True, kw_only=True):
    """US dollars of a calendar month."""

    lines: Sequence[tuple[Line, Range, Range]]
    """Each line of the model with its cost so far, and to the month's end."""
    plans: Mapping[str, PlanMargin]
    """Of a month of which all days are as the days so far were, at the sellers' list prices."""

    @property
    def so_far(self) -> Range:
        return sum((so_far for _, so_far, _ in self.lines), NOTHING)

    @property
    def forecast(self) -> Range:
        return sum((forecast for _, _, forecast in self.lines), NOTHING)


class DearMember(Struct, frozen=True, kw_only=True):
    """What one billing account has cost in the month, and what it pays for it, in US dollars."""

    costs: Range
    """As if all of the plan's storage were used, in many short sessions."""
    pays: Decimal | None
    """Without the fees of the payment; None where that is not known: the price is by agreement, or the plan is
    no longer in the table."""

    @property
    def is_covered(self) -> bool:
        """False if the account has cost more than it pays for certain."""
        return self.pays is None or self.pays >= self.costs.low

    @property
    def is_loss(self) -> bool:
        """Whether the account pays, and has cost more than that for certain. Of one that pays nothing nobody expects
        that it is covered."""
        return bool(self.pays) and not self.is_covered


def plans_of(days: Sequence[DayUse]) -> Sequence[str]:
    """The plans of the table, and those that were removed from it and used on these days."""
    return [*PLANS, *sorted({plan for day in days for plan in day.plans} - PLANS.keys())]


def workload_of(
    days: Sequence[DayUse], length: Decimal, accounts: Mapping[str, Accounts], base: Workload, stored: int
) -> Workload:
    """A month of the model in which all days are as these, which are `length` days long. `base` has everything but the
    members, who together have saved so many bytes."""
    times = MONTH_DAYS / length
    whole = max(1, sum(each.all for each in accounts.values()))
    each_stores = HISTORY * (Decimal(stored) / GIB / whole)
    plans = dict[str, PlanWorkload]()
    for name in plans_of(days):
        uses = [day.plans[name] for day in days if name in day.plans]
        background = times * sum(use.background_ms for use in uses) / HOUR_MS
        hours = times * sum(use.ms for use in uses) / HOUR_MS - background
        sessions = times * sum(use.sessions for use in uses)
        known = accounts.get(name, Accounts(0, 0))
        at_least = -(-(hours + background) // MONTH_HOURS)  # an account may have several members, at work together
        members = max(known.all, int(at_least), int(sessions > 0))
        if members:
            plans[name] = PlanWorkload(
                members=members,
                accounts=known.paying,
                price=Decimal(0) if listed_price(name) is None else None,
                sessions=sessions / members,
                hours=hours / members,
                background_hours=background / members,
                stored=each_stores,
            )
    return replace(base, plans=plans)


def cost_of_month(workload: Workload, so_far: Decimal, whole: int, book: PriceBook) -> CostOfMonth:
    """Of a calendar month of `whole` days, of which `so_far` are over. The rest is taken to be as they were."""
    over, all_of_it = so_far / MONTH_DAYS, Decimal(whole) / MONTH_DAYS
    lines = [(line, line.cost * over, line.cost * all_of_it) for line in estimate(workload, book).lines]
    return CostOfMonth(lines=lines, plans=earn(workload, book).plans)


def dear_member(plan: str, used_ms: int, base: Workload, book: PriceBook, *, pays: bool) -> DearMember:
    """An account that has used so much time in the month."""
    row, hours = PLANS[plan], Decimal(used_ms) / HOUR_MS
    alone = PlanWorkload(
        members=max(1, int(-(-hours // MONTH_HOURS))),
        accounts=1,
        price=Decimal(0),
        sessions=hours * SESSIONS_AN_HOUR,
        hours=hours,
        stored=HISTORY * (Decimal(base.shape.home if row.bytes is None else row.bytes) / GIB),
    )
    alone = replace(alone, sessions=alone.sessions / alone.members, hours=alone.hours / alone.members)
    costs = estimate(replace(base, plans={plan: alone}), book).part(Driver.USE)
    if listed_price(plan) is None:
        return DearMember(costs=costs, pays=None)
    return DearMember(costs=costs, pays=paid(plan, book, base.region) if pays else Decimal(0))
