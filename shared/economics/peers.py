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
STOPPING, WITHOUT_WARM = "a server for each, which stops", "Ondol without warm slots"


class Peer(Struct, frozen=True, kw_only=True):
    """What a month costs elsewhere, in US dollars. `line_words` says what that is."""

    name: str
    cost: Range

    def times_of(self, ondol: Range) -> Range:
        """How many times Ondol's costs that is: of its high ones, and of its low ones. Raises ValueError if Ondol costs
        nothing."""
        if ondol.low == 0:
            raise ValueError("nothing can be compared with costs of 0")
        return Range(self.cost.low / ondol.high, self.cost.high / ondol.low)


def peers(
    workload: Workload, book: PriceBook, running_hours: Decimal | None = None, *, free_tiers: bool = False
) -> list[Peer]:
    """As `others`, and Ondol without warm slots, the dearest first. `free_tiers` are those of Ondol."""
    cold = replace(workload, pool=replace(workload.pool, warm=(0,)))
    without = Peer(name=WITHOUT_WARM, cost=estimate(cold, book, free_tiers=free_tiers).total)
    return sorted([*others(workload, book, running_hours), without], key=lambda peer: -peer.cost.high)


def others(workload: Workload, book: PriceBook, running_hours: Decimal | None = None) -> list[Peer]:
    """What is not Ondol. `running_hours`: those of machines that stop when nobody uses them, where they were counted.
    Without it each session is followed by half an hour, as if nobody came back within it. Raises LookupError if the
    book lacks a price."""
    home = Decimal(workload.shape.home)
    disks, used = _disks(workload, book), _used(workload, running_hours)

    def each(price: str, hours: Decimal) -> Decimal:
        return book.price(price, workload.region).cost(hours)

    always = Decimal(workload.members * MONTH_HOURS)
    cluster = each("workstations-cluster", Decimal(MONTH_HOURS))
    fee = each("workstations-cpu", used * WORKSTATION_CPUS)
    kept = book.price("codespaces-storage", workload.region).cost(workload.members * home / GB)
    stops = stopping(workload, book, running_hours)
    found = [
        ("a small server for each, always on", each("machine-small", always) + disks),
        ("a server for each, always on", each("machine", always) + disks),
        (STOPPING, stops),
        ("GitHub Codespaces", each("codespaces", used) + kept),
        ("Google Cloud Workstations", cluster + fee + each("machine-large", used) + disks),
    ]
    return [Peer(name=name, cost=exactly(cost)) for name, cost in found]


def stopping(workload: Workload, book: PriceBook, running_hours: Decimal | None = None) -> Decimal:
    """US dollars for a server for each member, which stops when nobody uses it."""
    machines = book.price("machine", workload.region).cost(_used(workload, running_hours))
    return machines + _disks(workload, book)


def _disks(workload: Workload, book: PriceBook) -> Decimal:
    return book.price("machine-disk", workload.region).cost(workload.members * Decimal(workload.shape.home) / GIB)


def _used(workload: Workload, running_hours: Decimal | None) -> Decimal:
    followed = workload.worked_hours + workload.sessions * STOPS_AFTER_HOURS
    return followed if running_hours is None else running_hours
