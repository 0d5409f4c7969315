"""What a simulated month costs, by the model (`shared.economics`) with the counted quantities in place of estimates."""

from collections.abc import Sequence
from decimal import Decimal

from economics.month import HOUR, Month
from economics.scales import Result
from economics.tally import Tally
from shared.billing.plans import PLANS
from shared.billing.prices import PriceBook
from shared.economics.costs import Estimate, Line
from shared.economics.estimate import estimate
from shared.economics.peers import Peer, others
from shared.economics.quantities import Event
from shared.economics.ranges import NOTHING, Range, between, exactly
from shared.economics.workload import Habits, PlanWorkload, PoolWorkload, Workload

STORED = between("0.05", "0.1")
"""GiB of a member's files, as the claims have it."""


def workload_of(month: Month, tally: Tally, region: str) -> Workload:
    """One cell as the model takes it."""
    claims, members, idle = max(1, tally.claims), month.members, PLANS[month.plan].idle
    plan = PlanWorkload(
        members=members,
        sessions=Decimal(tally.claims) / members,
        hours=_hours(tally.connected) / members,
        stored=STORED,
    )
    waited = min(Decimal(1), Decimal(tally.alone) / 1000 / claims / Decimal(idle))
    pool = PoolWorkload(warm=(0,), most=tally.slots, kept_hours=_hours(tally.kept.area()), starts=Decimal(tally.starts))
    counted = {
        Event.OPEN: exactly(tally.claims + tally.again),
        Event.LEDGER_LINE: exactly(tally.lines),
        Event.POOL_RUN: exactly(tally.runs.total()),
        Event.POOL_READ: exactly(tally.run_reads.total()),
    }
    habits = Habits(leaving=exactly(waited))
    return Workload(region=region, plans={month.plan: plan}, pool=pool, habits=habits, counted=counted)


def cell_costs(result: Result, region: str, book: PriceBook, *, free_tiers: bool = False) -> list[Estimate]:
    """Of each cell that was simulated."""
    month = result.scale.month
    return [
        estimate(workload_of(month, tally, region), book, free_tiers=free_tiers) for tally in result.tallies[region]
    ]


def total(result: Result, region: str, book: PriceBook, *, free_tiers: bool = False) -> Range:
    """US dollars of all cells: the mean of those that were simulated, times their number. Free tiers are taken off once
    and not for each cell: most of them are counted by billing account."""
    costs = [each.total for each in cell_costs(result, region, book)]
    whole = _all_cells(result, costs)
    if not free_tiers:
        return whole
    free = [each.total for each in cell_costs(result, region, book, free_tiers=True)]
    low, high = (
        sum((getattr(cost, bound) - getattr(paid, bound) for cost, paid in zip(costs, free, strict=True)), Decimal(0))
        for bound in ("low", "high")
    )
    return Range(whole.low - low / len(costs), whole.high - high / len(costs))


def by_line(result: Result, region: str, book: PriceBook) -> list[tuple[Line, Range]]:
    """Each line of the first cell, and its US dollars in all cells. The dearest first."""
    costs = cell_costs(result, region, book)
    lines = [(line, _all_cells(result, [each.line(line.name).cost for each in costs])) for line in costs[0].lines]
    return sorted(lines, key=lambda each: -each[1].high)


def compared(result: Result, region: str, book: PriceBook) -> list[Peer]:
    """The same arrivals elsewhere, in all cells. The dearest first."""
    found = [
        others(workload_of(result.scale.month, tally, region), book, machines.hours)
        for tally, machines in zip(result.tallies[region], result.machines, strict=True)
    ]
    peers = [
        Peer(
            name=each.name,
            cost=_all_cells(result, [next(p.cost for p in cell if p.name == each.name) for cell in found]),
        )
        for each in found[0]
    ]
    return sorted(peers, key=lambda peer: -peer.cost.high)


def _all_cells(result: Result, ranges: Sequence[Range]) -> Range:
    whole = NOTHING
    for each in ranges:
        whole += each
    return whole * (Decimal(result.scale.cells) / len(ranges))


def _hours(milliseconds: int) -> Decimal:
    return Decimal(milliseconds) / HOUR
