"""Policies: combines settings and plans into what decisions take, and into addresses."""

from datetime import timedelta
from decimal import Decimal

from shared.billing.own_prices import price_book
from shared.billing.plans import PLANS
from shared.economics.estimate import idle_slot_hour
from shared.economics.workload import PoolWorkload, Workload
from shared.sessions.reclaim_decision import ReclaimPolicy
from shared.sessions.session import Session
from shared.settings import settings
from shared.slots.levers import PoolSize
from shared.slots.opens import REFILL
from shared.slots.pool import PoolPolicy
from shared.slots.pool_size import SlotValue
from shared.slots.rollout import TRIED_BY, TrialPolicy
from shared.slots.shape import HomeMedium, SlotShape, check_plans_fit
from shared.slots.warm_policies import Adaptive


def reclaim_policy(plan: str) -> ReclaimPolicy:
    """The plan's durations, or shorter ones that the operator has set."""
    config, row = settings(), PLANS[plan]
    idle = min(config.idle, row.idle)
    return ReclaimPolicy(
        idle=idle,
        warning=min(config.idle_warning, idle / 2),
        background_limit=min(config.background_limit, row.background_limit),
        quiet=config.quiet,
        opening=config.opening,
        interval=config.heartbeat,
        saving=config.checkpoint,
        lease=config.lease,
    )


def kept_snapshots(plan: str) -> int:
    """The plan's number of snapshots, or a smaller one that the operator has set."""
    most = settings().kept_snapshots
    return PLANS[plan].snapshots if most is None else min(most, PLANS[plan].snapshots)


def pool_policy() -> PoolPolicy:
    """The policy by the settings; what an operator has chosen takes the place of its numbers."""
    config = settings()
    return PoolPolicy(
        warm=config.pool_warm,
        max=config.pool_max,
        writes=config.pool_writes,
        sessions=config.slot_sessions,
        ready=config.slot_ready,
    )


def pool_size() -> PoolSize:
    """How many slots the settings want."""
    return PoolSize(warm=settings().pool_warm, max=settings().pool_max)


def model_workload(pool: PoolWorkload) -> Workload:
    """What the model of costs needs of the settings: a workload without members."""
    config = settings()
    save = min(config.checkpoint, config.heartbeat)  # the model knows no save that comes with a later heartbeat
    return Workload(
        region=config.region,
        plans={},
        pool=pool,
        shape=slot_shape(),
        heartbeat=Decimal(str(config.heartbeat)),
        save=Decimal(str(save or config.heartbeat)),
    )


def slot_value(policy: Adaptive) -> SlotValue:
    """What decides how many slots of this shape are worth their price in this region."""
    alone = Workload(region=settings().region, plans={}, pool=PoolWorkload(warm=(1,), most=1), shape=slot_shape())
    return SlotValue(
        refill=REFILL / timedelta(seconds=1),
        idle_hour=idle_slot_hour(alone, price_book()),
        miss=Decimal(policy.miss_cents) / 100,
    )


def trial_policy(most: int) -> TrialPolicy:
    """`most`: the most slots that may exist."""
    return TrialPolicy(slots=max(1, min(TRIED_BY, most)), seconds=settings().slot_trial)


def slot_shape() -> SlotShape:
    """The shape of every slot. Raises ValueError if a plan sells more storage than a slot holds."""
    config = settings()
    shape = SlotShape(
        cpu=config.slot_cpu,
        memory=config.slot_memory,
        home_bytes=config.slot_home_bytes,
        home_medium=HomeMedium(config.slot_home_medium),
    )
    check_plans_fit(PLANS, shape)
    return shape


def slot_origin(session: Session) -> str:
    """The browser's address of the session's slot."""
    return settings().slot_origin.format(url=session.url, slot=session.slot)
