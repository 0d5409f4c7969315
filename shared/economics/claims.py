"""What was claimed of 1,000 members a month, and what the model says of it.

The claims leave out functions that wait or run on a schedule, alerts, secrets, jobs, requests, tasks and logs. The
model has them.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from shared.billing.plans import GB
from shared.billing.prices import PriceBook
from shared.economics.costs import Estimate, sum_of
from shared.economics.estimate import estimate
from shared.economics.ranges import Range, between, exactly
from shared.economics.workload import GIB, Habits, PlanWorkload, PoolWorkload, Workload

MEMBERS = 1000
OF_GB = Decimal(GB) / GIB
"""GiB of a GB."""


class Claim(Struct, frozen=True):
    """What some lines of the stated workload were claimed to cost, in US dollars."""

    what: str
    dollars: Range
    lines: tuple[str, ...]
    """Names, or how they begin; none for all lines."""

    def found(self, costs: Estimate) -> Range:
        return sum_of([line for line in costs.lines if not self.lines or line.name.startswith(self.lines)])


class ClaimVerdict(Struct, frozen=True):
    """A claim and what the model says of it."""

    claim: Claim
    found: Range

    @property
    def holds(self) -> bool:
        """Whether it costs at most what was claimed."""
        return self.found.high <= self.claim.dollars.high


WARM = ("warm slots", "probes of warm slots", "disks of warm slots")
FILES, IMAGES = ("members' files",), ("images", "builds")
SIGN_IN_AND_RECORDS = ("sign-ins", "documents", "backups of documents")
CONTAINERS = ("slots at work", "slots without a browser", "starts of containers", "disks of members' slots")
OBJECTS, TRAFFIC = ("objects",), ("egress",)
CLAIMS: Sequence[Claim] = (
    Claim("all of it", between(65, 200), ()),
    Claim("what is fixed", between(50, 140), (*WARM, *FILES, *IMAGES, *SIGN_IN_AND_RECORDS)),
    Claim("two warm containers", between(20, 40), WARM),
    Claim("storage of 50 to 100 GB", between(30, 80), FILES),
    Claim("images", between(0, 5), IMAGES),
    Claim("sign-in and database", between(0, 20), SIGN_IN_AND_RECORDS),
    Claim("what depends on use", between(15, 50), (*CONTAINERS, *OBJECTS, *TRAFFIC)),
    Claim("100 hours of containers", between(10, 30), CONTAINERS),
    Claim("reading and writing 5 GB of files", between(2, 5), OBJECTS),
    Claim("10 GB of traffic", exactly("1.20"), TRAFFIC),
)


def stated(region: str, *, warm: int = 2) -> Workload:
    """The workload of the claims: 100 hours in all, in sessions of half an hour."""
    members = PlanWorkload(
        members=MEMBERS,
        sessions=Decimal("0.2"),
        hours=Decimal("0.1"),
        stored=between(50, 100) * (OF_GB / MEMBERS),
    )
    habits = Habits(egress_of_session=exactly(0), egress_of_hour=exactly(10 * OF_GB / 100))
    pool = PoolWorkload(warm=(warm,), most=10)
    return Workload(region=region, plans={"free": members}, pool=pool, habits=habits)


def working(region: str, *, members: int = MEMBERS, warm: int = 2) -> Workload:
    """Members who work for five hours each, in sessions of half an hour: with 1,000 of them seven are at work at the
    same time, in the mean of a month."""
    plan = PlanWorkload(members=members, sessions=Decimal(10), hours=Decimal(5), stored=between("0.05", "0.1"))
    return Workload(region=region, plans={"free": plan}, pool=PoolWorkload(warm=(warm,), most=40))


def verdicts(region: str, book: PriceBook, *, free_tiers: bool = False) -> list[ClaimVerdict]:
    """At list prices, or with the sellers' free tiers taken off of the whole month. Raises LookupError if the book
    lacks a price for the region."""
    costs = estimate(stated(region), book, free_tiers=free_tiers)
    return [ClaimVerdict(claim, claim.found(costs)) for claim in CLAIMS]
