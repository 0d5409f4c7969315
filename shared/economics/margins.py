"""What plans earn: revenue, fees of payments, margins, the member who costs most, and where Ondol breaks even."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.periods import PeriodKind
from shared.billing.plans import PLANS, listed_price
from shared.billing.prices import MONTH_DAYS, MONTH_HOURS, PriceBook
from shared.economics.costs import Driver, Estimate
from shared.economics.estimate import estimate
from shared.economics.ranges import NOTHING, Range, between
from shared.economics.workload import GIB, Workload

HISTORY = between(1, 3)
"""How many times the bytes that a plan counts are stored at most, with the history: an estimate."""
SESSIONS_AN_HOUR = 2
"""Of a member who uses all of a plan: sessions of half an hour."""


class Margin(Struct, frozen=True):
    """US dollars between two bounds, below zero where something costs more than it earns."""

    worst: Decimal
    best: Decimal


class PlanMargin(Struct, frozen=True, kw_only=True):
    """One plan in a month. All figures are US dollars."""

    revenue: Decimal
    fees: Decimal
    """Of payments."""
    use: Range
    """What the plan's members cause."""
    standing: Range
    """Their share, by members, of what costs the same whether or not anybody works."""

    @property
    def contribution(self) -> Margin:
        """What is left for the standing costs."""
        return _margin(self.revenue - self.fees, self.use)

    @property
    def margin(self) -> Margin:
        return _margin(self.revenue - self.fees, self.use + self.standing)


class Result(Struct, frozen=True):
    """A month of all plans."""

    plans: Mapping[str, PlanMargin]
    costs: Estimate

    @property
    def revenue(self) -> Decimal:
        return sum((plan.revenue for plan in self.plans.values()), Decimal(0))

    @property
    def fees(self) -> Decimal:
        return sum((plan.fees for plan in self.plans.values()), Decimal(0))

    @property
    def margin(self) -> Margin:
        return _margin(self.revenue - self.fees, self.costs.total)


class BreakEven(Struct, frozen=True):
    """How many members, in the workload's mix of plans, earn what the standing costs are; None if no number does."""

    best: int | None
    worst: int | None


class DearestMember(Struct, frozen=True, kw_only=True):
    """One billing account that uses all that its plan grants, in US dollars a month."""

    pays: Decimal | None
    """Without the fees of the payment; None where the plan's price is by agreement."""
    costs: Range

    @property
    def is_covered(self) -> bool | None:
        """Whether the account pays what it may cost at most."""
        return None if self.pays is None else self.pays >= self.costs.high


def earn(workload: Workload, book: PriceBook, *, free_tiers: bool = False) -> Result:
    """Revenue, fees and costs of each plan. Raises ValueError if a plan with payers has no price, and LookupError if
    the book lacks one."""
    alone = {name: estimate(workload.only(name), book, free_tiers=free_tiers) for name in workload.plans}
    return earn_of(workload, estimate(workload, book, free_tiers=free_tiers), alone, book)


def earn_of(workload: Workload, costs: Estimate, alone: Mapping[str, Estimate], book: PriceBook) -> Result:
    """As `earn`, of what the workload costs, and of what it costs with the members of each plan alone."""
    standing, plans = costs.part(Driver.STANDING), dict[str, PlanMargin]()
    for name, plan in workload.plans.items():
        revenue = _price_of(name, plan.price) * plan.payers
        part = Decimal(plan.members) / workload.members if workload.members else Decimal(0)
        plans[name] = PlanMargin(
            revenue=revenue,
            fees=_fees(revenue, plan.payers, book, workload.region),
            use=sum(caused_by_line(costs, alone[name]).values(), NOTHING),
            standing=standing * part,
        )
    return Result(plans, costs)


def break_even(workload: Workload, book: PriceBook, *, free_tiers: bool = False) -> BreakEven:
    return break_even_of(earn(workload, book, free_tiers=free_tiers), workload.members)


def break_even_of(result: Result, whole: int) -> BreakEven:
    """Of a result with so many members."""
    standing = result.costs.part(Driver.STANDING)
    earned = _margin(result.revenue - result.fees, result.costs.part(Driver.USE))

    def members(contribution: Decimal, needed: Decimal) -> int | None:
        if contribution <= 0:
            return None
        return int((needed * whole / contribution).to_integral_value(ROUND_CEILING))

    return BreakEven(best=members(earned.best, standing.low), worst=members(earned.worst, standing.high))


def dearest_member(name: str, workload: Workload, book: PriceBook) -> DearestMember:
    """An account of the plan that uses all of its time, in many short sessions, and all of its storage."""
    row, plan = PLANS[name], workload.plans[name]
    spans = MONTH_DAYS if row.per == PeriodKind.DAY else 1
    hours = Decimal(MONTH_HOURS) if row.seconds is None else Decimal(row.seconds) * spans / 3600
    bytes_counted = workload.shape.home if row.bytes is None else row.bytes
    alone = replace(
        plan,
        members=1,
        accounts=1,
        hours=min(hours, Decimal(MONTH_HOURS)),
        background_hours=Decimal(0),
        sessions=hours * SESSIONS_AN_HOUR,
        stored=HISTORY * (Decimal(bytes_counted) / GIB),
    )
    costs = estimate(replace(workload, plans={name: alone}), book).part(Driver.USE)
    if listed_price(name) is None and plan.price is None:
        return DearestMember(pays=None, costs=costs)
    price = _price_of(name, plan.price)
    return DearestMember(pays=price - _fees(price, 1, book, workload.region), costs=costs)


def caused_by_line(costs: Estimate, alone: Estimate) -> Mapping[str, Range]:
    """What some members cause of each line of the costs, in US dollars: of each line the part of its quantity. `alone`
    is what the month costs with them alone."""
    caused = dict[str, Range]()
    for line in alone.lines:
        if line.driver == Driver.USE:
            whole = costs.line(line.name)
            low = line.quantity.low / whole.quantity.low if whole.quantity.low else Decimal(0)
            high = line.quantity.high / whole.quantity.high if whole.quantity.high else Decimal(0)
            caused[line.name] = Range(*sorted((whole.cost.low * low, whole.cost.high * high)))
    return caused


def paid(name: str, book: PriceBook, region: str) -> Decimal:
    """What one account pays for the plan in a month, without the fees of the payment."""
    price = _price_of(name, None)
    return price - _fees(price, 1, book, region)


def _price_of(name: str, agreed: Decimal | None) -> Decimal:
    """US dollars a month. Raises ValueError where the plan's price is by agreement and none is given."""
    listed = listed_price(name)
    if agreed is not None:
        return agreed
    if listed is None:
        raise ValueError(f"plan {name}: its price is by agreement, so the workload must say it")
    return Decimal(str(listed))


def _fees(revenue: Decimal, payers: int, book: PriceBook, region: str) -> Decimal:
    """What the payments cost: one a month for each account that pays."""
    if revenue == 0:
        return Decimal(0)
    shares = [book.price(name, region).cost(revenue) for name in ("payment-share", "subscription-share")]
    return sum(shares, book.price("payment", region).cost(Decimal(payers)))


def _margin(earned: Decimal, costs: Range) -> Margin:
    return Margin(worst=earned - costs.high, best=earned - costs.low)
