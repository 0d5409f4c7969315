"""Settings and plans, as the policies that decisions take and the addresses that answers carry."""

from shared.billing.plans import PLANS
from shared.sessions.reclaim_decision import ReclaimPolicy
from shared.sessions.session import Session
from shared.settings import settings
from shared.slots.pool import PoolPolicy


def reclaim_policy(plan: str) -> ReclaimPolicy:
    """The plan's, where an operator has set no shorter times."""
    config, row = settings(), PLANS[plan]
    idle = min(config.idle, row.idle)
    return ReclaimPolicy(
        idle=idle,
        warning=min(config.idle_warning, idle / 2),
        busy=min(config.busy, row.busy),
        quiet=config.quiet,
        opening=config.opening,
        interval=config.heartbeat,
        lease=config.lease,
    )


def kept_snapshots(plan: str) -> int:
    """The plan's, where an operator keeps no fewer."""
    most = settings().kept_snapshots
    return PLANS[plan].snapshots if most is None else min(most, PLANS[plan].snapshots)


def pool_policy() -> PoolPolicy:
    config = settings()
    return PoolPolicy(
        warm=config.pool_warm, max=config.pool_max, writes=config.pool_writes, sessions=config.slot_sessions
    )


def slot_origin(session: Session) -> str:
    """The browser's address of the session's slot."""
    return settings().slot_origin.format(url=session.url, slot=session.slot)
