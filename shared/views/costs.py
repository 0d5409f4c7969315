"""What the running month costs, as operators are shown it: US dollars at list prices, between two bounds."""

from msgspec import Struct

from shared.accounts.owner import Owner
from shared.billing.plans import listed_price
from shared.economics.line_words import LINES
from shared.economics.margins import PlanMargin
from shared.economics.today import CostOfMonth, DearMember
from shared.snapshots.checkpoint import Count
from shared.views.units import Seconds

Dollars = float


class MonthLineView(Struct):
    line: str
    """The line's name in the model."""
    korean: str
    low: Dollars
    high: Dollars
    forecast_low: Dollars
    """To the end of the month, if the rest of it is as the days so far."""
    forecast_high: Dollars


class PlanCostView(Struct):
    """A plan in a month of thirty days that are all as the days so far were."""

    plan: str
    revenue: Dollars | None
    """Of the accounts that pay; None where that is not known: the price is by agreement, or the plan is no longer in
    the table."""
    low: Dollars
    """What the plan's members cause, and their share of what stands still."""
    high: Dollars
    worst: Dollars | None
    """What is left of the revenue without fees, at worst; None where that is not known."""
    best: Dollars | None


class DearMemberView(Struct):
    """A billing account that used much time in this month."""

    billing: str
    uid: str
    """The owner's; of a team's account who pays for it. Empty if nobody is left in the team."""
    team: str | None
    """The team's name; None for a person's account."""
    plan: str
    seconds: Seconds
    low: Dollars
    high: Dollars
    pays: Dollars | None
    """Without fees; None where that is not known."""
    covered: bool
    """False if the account has cost more than it pays for certain, as one of a free plan has that was used."""
    loss: bool
    """Whether it pays, and is not covered."""


class CostsView(Struct):
    """The running month, by the model of costs. What no counter says is between the bounds."""

    so_far_low: Dollars
    so_far_high: Dollars
    forecast_low: Dollars
    forecast_high: Dollars
    lines: list[MonthLineView]
    """The dearest first."""
    plans: list[PlanCostView]
    dearest: list[DearMemberView]
    """The dearest first: at most ten of plans by the month, ten of plans by the day, and ten of plans without limit."""


class DearRow(Struct, frozen=True):
    billing: str
    owner: Owner
    plan: str
    used_ms: Count
    member: DearMember


def costs_view(cost: CostOfMonth, dear: list[DearRow]) -> CostsView:
    lines = [
        MonthLineView(line.name, LINES[line.name][0], float(now.low), float(now.high), float(end.low), float(end.high))
        for line, now, end in sorted(cost.lines, key=lambda each: each[2].high, reverse=True)
        if end.high
    ]
    so_far, forecast = cost.so_far, cost.forecast
    return CostsView(
        so_far_low=float(so_far.low),
        so_far_high=float(so_far.high),
        forecast_low=float(forecast.low),
        forecast_high=float(forecast.high),
        lines=lines,
        plans=[_plan(name, margin, agreed=listed_price(name) is None) for name, margin in cost.plans.items()],
        dearest=[_dear(each) for each in dear],
    )


def _plan(name: str, found: PlanMargin, *, agreed: bool) -> PlanCostView:
    costs, margin = found.use + found.standing, found.margin
    return PlanCostView(
        plan=name,
        revenue=None if agreed else float(found.revenue),
        low=float(costs.low),
        high=float(costs.high),
        worst=None if agreed else float(margin.worst),
        best=None if agreed else float(margin.best),
    )


def _dear(row: DearRow) -> DearMemberView:
    pays = row.member.pays
    return DearMemberView(
        billing=row.billing,
        uid=row.owner.uid,
        team=row.owner.team,
        plan=row.plan,
        seconds=row.used_ms / 1000,
        low=float(row.member.costs.low),
        high=float(row.member.costs.high),
        pays=None if pays is None else float(pays),
        covered=row.member.is_covered,
        loss=row.member.is_loss,
    )
