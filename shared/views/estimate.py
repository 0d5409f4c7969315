"""The estimate of a month as anybody is shown it. All costs are US dollars."""

from decimal import Decimal

from msgspec import Struct

from shared.billing.prices import PriceBook
from shared.economics.asked import Asked, workload_of
from shared.economics.costs import Driver, Line
from shared.economics.curve import FEW_MISSES, POINTS, of_members
from shared.economics.estimate import estimate
from shared.economics.levers import levers
from shared.economics.line_words import LEVERS, LINES, PEERS, UNITS, Language
from shared.economics.misses import misses
from shared.economics.peers import Peer, peers, stopping
from shared.economics.ranges import Range
from shared.economics.workload import Workload


class Between(Struct):
    """The bounds of what is not known."""

    low: float
    high: float


class CostLineView(Struct):
    """A line of the costs: what is paid of the quantity, times the price."""

    name: str
    title: str
    why: str
    """Where the quantity comes from."""
    standing: bool
    """Whether it is there even if nobody works."""
    cost: Between
    quantity: Between
    unit: str
    price: float
    per: int
    """Units that the price is for."""


class PeerView(Struct):
    """What the same costs elsewhere."""

    name: str
    title: str
    what: str
    cost: Between
    times: Between
    """How many times Ondol's costs that is."""


class PointView(Struct):
    """So many members with the same habits, and with as many warm slots as that needs."""

    members: int
    warm: int
    cost: Between
    stopping: float
    """A server for each, which stops after half an hour without use."""


class LeverView(Struct):
    """What the operator can change."""

    title: str
    noticed: str
    """By members."""
    saves: float
    """In the middle of the range; below 0 if it costs more."""


class EstimateAnswer(Struct):
    """What a month costs."""

    total: Between
    standing: Between
    each: Between
    """For each member."""
    hour: Between
    """For each hour of work."""
    cold: Between
    """The part of Opens that find no warm slot, if members come at all hours alike and one by one."""
    lines: list[CostLineView]
    """The dearest first."""
    peers: list[PeerView]
    """The dearest first."""
    curve: list[PointView]
    levers: list[LeverView]
    """What saves most first."""


def estimate_view(asked: Asked, book: PriceBook, language: Language) -> EstimateAnswer:
    """Raises LookupError if the book lacks a price for the region."""
    workload = workload_of(asked)
    costs = estimate(workload, book, free_tiers=asked.free_tiers)
    lines = sorted((line for line in costs.lines if line.cost.high), key=lambda line: -line.cost.high)
    elsewhere = peers(workload, book, free_tiers=asked.free_tiers)
    return EstimateAnswer(
        total=_between(costs.total),
        standing=_between(costs.part(Driver.STANDING)),
        each=_between(_by(costs.total, Decimal(workload.members))),
        hour=_between(_by(costs.total, workload.hours)),
        cold=_between(_by(misses(workload), workload.sessions)),
        lines=[_line(line, language) for line in lines],
        peers=[_peer(peer, costs.total, language) for peer in elsewhere],
        curve=[_point(workload, at, book, free_tiers=asked.free_tiers) for at in POINTS],
        levers=_levers(workload, costs.total.middle, book, language, free_tiers=asked.free_tiers),
    )


def _line(line: Line, language: Language) -> CostLineView:
    title, why, because = LINES[line.name]
    korean = language == "ko"
    return CostLineView(
        name=line.name,
        title=title if korean else line.name,
        why=because if korean else why,
        standing=line.driver == Driver.STANDING,
        cost=_between(line.cost),
        quantity=_between(line.paid),
        unit=UNITS[line.price.unit] if korean else line.price.unit,
        price=float(line.price.amount),
        per=line.price.per,
    )


def _peer(peer: Peer, total: Range, language: Language) -> PeerView:
    title, what, is_what = PEERS[peer.name]
    korean = language == "ko"
    return PeerView(
        name=peer.name,
        title=title if korean else peer.name,
        what=is_what if korean else what,
        cost=_between(peer.cost),
        times=_between(peer.times_of(total)),
    )


def _point(workload: Workload, at: int, book: PriceBook, *, free_tiers: bool) -> PointView:
    sized = of_members(workload, at, FEW_MISSES)
    return PointView(
        members=at,
        warm=sized.pool.warm[0],
        cost=_between(estimate(sized, book, free_tiers=free_tiers).total),
        stopping=float(stopping(sized, book)),
    )


def _levers(
    workload: Workload, middle: Decimal, book: PriceBook, language: Language, *, free_tiers: bool
) -> list[LeverView]:
    found = list[LeverView]()
    for lever in levers(workload):
        title, notices, noticed = LEVERS[lever.what]
        korean = language == "ko"
        saves = middle - estimate(lever.changed, book, free_tiers=free_tiers).total.middle
        said = (title, noticed) if korean else (lever.what, notices)
        found.append(LeverView(*said, saves=float(saves)))
    return sorted(found, key=lambda each: -each.saves)


def _by(whole: Range, by: Decimal) -> Range:
    return Range(whole.low / by, whole.high / by)


def _between(bounds: Range) -> Between:
    return Between(float(bounds.low), float(bounds.high))
