"""The plan table: what each plan costs and grants. An operator changes plans only here."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.periods import PeriodKind

MB = 10**6
GB = 10**9
MINUTE = 60.0
HOUR = 3600.0


class Plan(Struct, frozen=True, kw_only=True):
    """One plan. None means without limit."""

    title: str
    price: float | None
    """US dollars a month; None is by agreement."""
    seconds: float | None
    """Seconds in the editor that a period grants, to all members together."""
    per: PeriodKind
    """The kind of the period."""
    bytes: int | None
    """Bytes of storage, as `shared.snapshots.storage_quota` counts them, at most what a slot's home holds
    (`shared.slots.shape`). None means as much as a slot's home holds."""
    seats: int | None
    """The most members who may share the plan."""
    idle: float
    """A session without activity for so many seconds is reclaimed."""
    background_limit: float
    """The most seconds that a busy job keeps a session without a browser."""
    snapshots: int
    """How many snapshots are kept, thinned by age."""
    verified: bool
    """Whether the plan requires a verified email address. A free plan would invite invented addresses otherwise."""


class Plans(dict[str, Plan]):
    """Plans by name. An account on a removed plan gets the first plan's time until an operator gives it another plan,
    and loses nothing that is kept for it."""

    def __missing__(self, name: str) -> Plan:
        return replace(self[FIRST_PLAN], bytes=None, snapshots=max(plan.snapshots for plan in self.values()))


def listed_price(plan: str) -> float | None:
    """US dollars a month; None where it is by agreement, or was that of a plan that is no longer in the table."""
    return PLANS[plan].price if plan in PLANS else None


PLANS = Plans(
    free=Plan(
        title="Free",
        price=0,
        seconds=30 * MINUTE,
        per=PeriodKind.DAY,
        bytes=100 * MB,
        seats=1,
        idle=10 * MINUTE,
        background_limit=0,
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
        background_limit=15 * MINUTE,
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
        background_limit=2 * HOUR,
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
        background_limit=2 * HOUR,
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
        background_limit=12 * HOUR,
        snapshots=50,
        verified=False,
    ),
)
"""From small to large."""


def is_shared(plan: str) -> bool:
    """Whether the plan may be shared. A team on any other plan is not paid for: each of its people works on the own
    account."""
    return PLANS[plan].seats != 1


FIRST_PLAN = "free"
"""The plan of a new account, unless an operator says otherwise (FIRST_PLAN)."""

MOST_SEATS = 30
"""The most members who may share a limited allowance. Each heartbeat of each member writes the one document with the
allowance, and Firestore allows about one write a second to a document."""


def check_plans(plans: Mapping[str, Plan]) -> None:
    """Raises ValueError if too many members may share a limited allowance."""
    for name, plan in plans.items():
        if plan.seconds is not None and (plan.seats is None or plan.seats > MOST_SEATS):
            raise ValueError(f"plan {name}: an allowance with a limit may be shared by at most {MOST_SEATS} members")


check_plans(PLANS)
