"""The plan table: what each plan costs and grants. An operator changes it here and nowhere else."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.periods import PeriodKind

MB = 10**6
GB = 10**9
MINUTE = 60.0
HOUR = 3600.0


class Plan(Struct, frozen=True, kw_only=True):
    """One row. None means without limit."""

    title: str
    price: float | None
    """US dollars a month; None is agreed upon."""
    seconds: float | None
    """Time in the editor that a period grants, to all members together."""
    per: PeriodKind
    """What a period is."""
    bytes: int | None
    """Storage, in bytes as `shared.snapshots.storage_quota` counts them."""
    seats: int | None
    """Members who may share it."""
    idle: float
    """Without activity for this long, in seconds, a session is reclaimed."""
    busy: float
    """How long a silent but busy job may keep a session without a browser, in seconds."""
    snapshots: int
    """How many snapshots are kept, thinned by age."""
    verified: bool
    """Whether it is only for people whose email address was verified: what costs nothing invites made-up ones."""


class Plans(dict[str, Plan]):
    """By name. A row that is gone leaves nobody stranded who is still on it: they have the first plan's time, and
    nothing that is kept for them is taken away, until an operator gives them another."""

    def __missing__(self, name: str) -> Plan:
        return replace(self[FIRST_PLAN], bytes=None, snapshots=max(plan.snapshots for plan in self.values()))


PLANS = Plans(
    free=Plan(
        title="Free",
        price=0,
        seconds=30 * MINUTE,
        per=PeriodKind.DAY,
        bytes=100 * MB,
        seats=1,
        idle=10 * MINUTE,
        busy=0,
        snapshots=5,
        verified=True,
    ),
    starter=Plan(
        title="Starter",
        price=5,
        seconds=5 * HOUR,
        per=PeriodKind.MONTH,
        bytes=1 * GB,
        seats=1,
        idle=15 * MINUTE,
        busy=15 * MINUTE,
        snapshots=10,
        verified=False,
    ),
    pro=Plan(
        title="Pro",
        price=10,
        seconds=20 * HOUR,
        per=PeriodKind.MONTH,
        bytes=5 * GB,
        seats=1,
        idle=15 * MINUTE,
        busy=2 * HOUR,
        snapshots=20,
        verified=False,
    ),
    team=Plan(
        title="Team",
        price=25,
        seconds=100 * HOUR,
        per=PeriodKind.MONTH,
        bytes=10 * GB,
        seats=3,
        idle=15 * MINUTE,
        busy=2 * HOUR,
        snapshots=20,
        verified=False,
    ),
    enterprise=Plan(
        title="Enterprise",
        price=None,
        seconds=None,
        per=PeriodKind.MONTH,
        bytes=None,
        seats=None,
        idle=30 * MINUTE,
        busy=12 * HOUR,
        snapshots=50,
        verified=False,
    ),
)
"""From small to large."""

FIRST_PLAN = "free"
"""The plan of a new account, unless an operator says otherwise (FIRST_PLAN)."""

MOST_SEATS = 30
"""Members who may share a limited allowance: each of their heartbeats writes the one document that says what is left of
it, and Firestore bears about one write a second to a document."""


def check_plans(plans: Mapping[str, Plan]) -> None:
    """Raises ValueError if a limited allowance may be shared by too many."""
    for name, plan in plans.items():
        if plan.seconds is not None and (plan.seats is None or plan.seats > MOST_SEATS):
            raise ValueError(f"plan {name}: an allowance with a limit may be shared by at most {MOST_SEATS} members")


check_plans(PLANS)
