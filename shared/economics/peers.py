"""What the same workload costs elsewhere: a machine for each member, GitHub Codespaces, Google Cloud Workstations, and
Ondol without warm slots."""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.plans import GB
from shared.billing.prices import MONTH_HOURS, PriceBook
from shared.economics.estimate import estimate
from shared.economics.ranges import Range, exactly
from shared.economics.workload import GIB, Workload

STOPS_AFTER_HOURS = Decimal("0.5")
"""A machine, a codespace or a workstation that nobody uses is stopped after half an hour. GitHub's default is the
same (https://docs.github.com/en/codespaces/setting-your-user-preferences/setting-your-timeout-period-for-github-codespaces)."""
WORKSTATION_CPUS = 2
COLD = "each Open waits for a start"


class Peer(Struct, frozen=True, kw_only=True):
    """What a month costs elsewhere, in US dollars."""

    name: str
    cost: Range
    what: str

    def times_of(self, ondol: Range) -> Range:
        """How many times Ondol's costs that is: of its high ones, and of its low ones. Raises ValueError if Ondol costs
        nothing."""
        if ondol.low == 0:
            raise ValueError("nothing can be compared with costs of 0")
        return Range(self.cost.low / ondol.high, self.cost.high / ondol.low)


def peers(
    workload: Workload, book: PriceBook, running_hours: Decimal | None = None, *, free_tiers: bool = False
) -> list[Peer]:
    """The dearest first. `running_hours`: those of machines that stop when nobody uses them, where they were counted.
    Without it each session is followed by half an hour, as if nobody came back within it.
    `free_tiers` are those of Ondol. Raises LookupError if the book lacks a price."""
    home = Decimal(workload.shape.home)
    disks, used = _disks(workload, book), _used(workload, running_hours)

    def each(price: str, hours: Decimal) -> Decimal:
        return book.price(price, workload.region).cost(hours)

    always = Decimal(workload.members * MONTH_HOURS)
    cluster = each("workstations-cluster", Decimal(MONTH_HOURS))
    fee = each("workstations-cpu", used * WORKSTATION_CPUS)
    kept = book.price("codespaces-storage", workload.region).cost(workload.members * home / GB)
    stops = stopping(workload, book, running_hours)
    cold = replace(workload, pool=replace(workload.pool, warm=(0,)))
    found = [
        ("a small server for each, always on", each("machine-small", always) + disks, "e2-small: 2 shared CPUs, 2 GB"),
        ("a server for each, always on", each("machine", always) + disks, "e2-medium: 2 shared CPUs, 4 GB"),
        ("a server for each, which stops", stops, "e2-medium, stopped after 30 idle minutes"),
        ("GitHub Codespaces", each("codespaces", used) + kept, "2 cores, list price, stopped after 30 idle minutes"),
        ("Google Cloud Workstations", cluster + fee + each("machine-large", used) + disks, "e2-standard-2"),
    ]
    others = [Peer(name=name, cost=exactly(cost), what=what) for name, cost, what in found]
    without = Peer(name="Ondol without warm slots", cost=estimate(cold, book, free_tiers=free_tiers).total, what=COLD)
    return sorted([*others, without], key=lambda peer: -peer.cost.high)


def stopping(workload: Workload, book: PriceBook, running_hours: Decimal | None = None) -> Decimal:
    """US dollars for a server for each member, which stops when nobody uses it."""
    machines = book.price("machine", workload.region).cost(_used(workload, running_hours))
    return machines + _disks(workload, book)


def _disks(workload: Workload, book: PriceBook) -> Decimal:
    return book.price("machine-disk", workload.region).cost(workload.members * Decimal(workload.shape.home) / GIB)


def _used(workload: Workload, running_hours: Decimal | None) -> Decimal:
    followed = workload.hours + workload.background_hours + workload.sessions * STOPS_AFTER_HOURS
    return followed if running_hours is None else running_hours
