"""The workload: who works how much, on what, and how the operator has set Ondol."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.plans import GB, PLANS
from shared.billing.prices import MONTH_HOURS
from shared.economics.quantities import STANDING, Event, FixedQuantities
from shared.economics.ranges import NOTHING, Range, between, exactly
from shared.settings import MIB
from shared.slots.shape import HomeMedium, SlotShape

WEEK_HOURS = 7 * 24
GIB = 1024 * MIB


class Engine(StrEnum):
    """What slots run on, and how that is billed."""

    REQUEST_BASED = "cloud-run"
    """Cloud Run: the full price while a request is open, and an idle price for a container that waits."""
    INSTANCE_BASED = "cloud-run-by-instance"
    """Cloud Run: one lower price for as long as a container exists."""


class PlanWorkload(Struct, frozen=True, kw_only=True):
    """The members of one plan. What is of one member is a mean, and of one month."""

    members: int
    accounts: int | None = None
    """Billing accounts, each of which pays the plan's price; None if each member has one."""
    price: Decimal | None = None
    """What an account pays, where the plan's price is by agreement."""
    sessions: Decimal
    hours: Decimal
    """Hours with a browser connected."""
    background_hours: Decimal = Decimal(0)
    """Hours in which a job goes on without a browser."""
    stored: Range
    """GiB in Cloud Storage, all snapshots together."""

    @property
    def payers(self) -> int:
        return self.members if self.accounts is None else self.accounts


class PoolWorkload(Struct, frozen=True, kw_only=True):
    """The warm pool."""

    warm: tuple[int, ...]
    """Slots that are kept warm: one number, or one for each hour of the week from Monday 0:00 on."""
    most: int
    """Slots that may exist."""
    refill: Range = between(10, 40)
    """Seconds until a slot that was taken from the pool is replaced by a warm one."""
    starting: Range = between(3, 15)
    """Seconds in which a container that starts is billed."""
    kept_hours: Decimal | None = None
    """Hours of warm slots in the month, where they were counted; None: as many as `warm` says."""
    starts: Decimal | None = None
    """Containers that start in the month, where they were counted; None: two for each session."""

    @property
    def warm_hours(self) -> Decimal:
        """Hours of warm slots in a month."""
        if self.kept_hours is not None:
            return self.kept_hours
        return Decimal(sum(self.warm)) * MONTH_HOURS / len(self.warm)


class Arrivals(Struct, frozen=True, kw_only=True):
    """When members open their workspaces."""

    week: tuple[Decimal, ...] = (Decimal(1),)
    """How much each hour of the week from Monday 0:00 on weighs; one number if they come at all hours alike."""
    burst: Decimal = Decimal(1)
    """How many come at the same moment, in the mean."""

    def __post_init__(self) -> None:
        if len(self.week) not in (1, WEEK_HOURS) or min(self.week) < 0 or not sum(self.week):
            raise ValueError(f"weights are one number, or {WEEK_HOURS}, each 0 or more and not all of them 0")
        if self.burst < 1:
            raise ValueError("a burst is of 1 member or more")


class Habits(Struct, frozen=True, kw_only=True):
    """What members do within their sessions. The defaults are estimates; none was measured with real members."""

    changing: Range = between("0.2", "0.8")
    """The part of the connected time in which something is changed, and so is saved."""
    layers: Range = between(3, 15)
    """Objects that a restore reads beside the manifest."""
    page_loads: Range = between(2, 10)
    """Times that the page asks who the member is, for each session."""
    slot_requests: Range = between(30, 300)
    """Requests of the browser to the slot, for each session. A WebSocket is one."""
    leaving: Range = between(0, 1)
    """The part of the plan's idle time that a session waits without a browser: none after Stop, all of it after a tab
    was closed."""
    egress_of_session: Range = between("0.005", "0.03")
    """GiB that the editor loads when it is opened. A browser that has opened it before keeps most of it."""
    egress_of_hour: Range = between("0.005", "0.05")
    """GiB of each connected hour: the editor's connection, terminals, previews."""
    documents_of_member: Range = between("0.0001", "0.0005")
    """GiB of a member's records with their indexes."""
    log_of_request: Range = between("0.000001", "0.000003")
    """GiB of log lines for each request."""
    page_of_load: Range = between("0.0001", "0.0005")
    """GB that Hosting delivers for each load of the page."""
    ai_tokens_in: Decimal = Decimal(0)
    """Of one member in a month."""
    ai_tokens_out: Decimal = Decimal(0)


class Workload(Struct, frozen=True, kw_only=True):
    """A month of Ondol in one region."""

    region: str
    plans: Mapping[str, PlanWorkload]
    """By the plan's name."""
    pool: PoolWorkload
    arrivals: Arrivals = Arrivals()
    shape: SlotShape = SlotShape(cpu=1, memory=2 * GIB, home_bytes=10 * GB, home_medium=HomeMedium.DISK)
    engine: Engine = Engine.REQUEST_BASED
    habits: Habits = Habits()
    standing: FixedQuantities = STANDING
    heartbeat: Decimal = Decimal(30)
    """Seconds between heartbeats."""
    save: Decimal = Decimal(20)
    """Seconds between saves while something changes."""
    edge: bool = False
    """Whether an edge in front gives each workspace an address of its own."""
    soft_deleted: Range = NOTHING
    """GiB that were deleted and are still kept. The bucket of this checkout keeps none."""
    counted: Mapping[Event, Range] = {}
    """How often events of members happened, in place of what the model derives from their sessions and hours."""

    def __post_init__(self) -> None:
        for name, plan in self.plans.items():
            numbers = (Decimal(plan.members), Decimal(plan.payers), plan.sessions, plan.hours, plan.background_hours)
            if min(numbers) < 0:
                raise ValueError(f"plan {name}: members, accounts, sessions and hours are 0 or more")
            if plan.hours + plan.background_hours > MONTH_HOURS:
                raise ValueError(f"plan {name}: a month has {MONTH_HOURS} hours")
        if len(self.pool.warm) not in (1, WEEK_HOURS) or min(self.pool.warm) < 0:
            raise ValueError(f"warm slots are one number, or {WEEK_HOURS}, each 0 or more")
        if max(self.pool.warm) > self.pool.most:
            raise ValueError(f"{max(self.pool.warm)} slots can't be warm where at most {self.pool.most} exist")
        if min(self.heartbeat, self.save) <= 0 or self.save > self.heartbeat:
            raise ValueError("saves come at least as often as heartbeats, and both after some seconds")

    @property
    def members(self) -> int:
        return sum(plan.members for plan in self.plans.values())

    @property
    def sessions(self) -> Decimal:
        """Of all members in a month."""
        return sum((plan.members * plan.sessions for plan in self.plans.values()), Decimal(0))

    @property
    def hours(self) -> Decimal:
        """Of all members in a month, with a browser connected."""
        return sum((plan.members * plan.hours for plan in self.plans.values()), Decimal(0))

    @property
    def background_hours(self) -> Decimal:
        return sum((plan.members * plan.background_hours for plan in self.plans.values()), Decimal(0))

    @property
    def worked_hours(self) -> Decimal:
        """Hours in which a slot has its CPU, saves and sends heartbeats: with a browser, or for a job without one."""
        return self.hours + self.background_hours

    @property
    def waiting_hours(self) -> Range:
        """Hours in which slots are claimed while no browser is connected and no job goes on."""
        hours = NOTHING
        for name, plan in self.plans.items():
            hours += self.habits.leaving * (plan.members * plan.sessions * Decimal(PLANS[name].idle) / 3600)
        return hours

    @property
    def claimed_hours(self) -> Range:
        return exactly(self.worked_hours) + self.waiting_hours

    @property
    def open_at_once(self) -> Range:
        """Slots that are claimed at the same moment, the mean of the month."""
        return self.claimed_hours * (Decimal(1) / MONTH_HOURS)

    def only(self, plan: str) -> "Workload":
        """The same with the members of one plan alone."""
        return replace(self, plans={plan: self.plans[plan]})
