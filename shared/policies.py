"""Policies: combines settings and plans into what decisions take, and into addresses."""

from shared.billing.plans import PLANS
from shared.sessions.reclaim_decision import ReclaimPolicy
from shared.sessions.session import Session
from shared.settings import settings
from shared.slots.levers import PoolSize
from shared.slots.pool import PoolPolicy
from shared.slots.rollout import TRIED_BY, TrialPolicy
from shared.slots.shape import HomeMedium, SlotShape, check_plans_fit


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
