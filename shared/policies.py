"""Settings and plans, as the policies that decisions take and the addresses that answers carry."""

from shared.idle import ReclaimPolicy
from shared.plans import FIRST_PLAN, PLANS
from shared.pool import PoolPolicy
from shared.session import Session
from shared.settings import settings


def reclaim_policy() -> ReclaimPolicy:
    config = settings()
    return ReclaimPolicy(
        idle=config.idle, warning=config.idle_warning, busy=PLANS[FIRST_PLAN].busy_seconds, opening=config.opening
    )


def pool_policy() -> PoolPolicy:
    config = settings()
    return PoolPolicy(warm=config.pool_warm, max=config.pool_max, writes=config.pool_writes)


def slot_origin(session: Session) -> str:
    """The browser's address of the session's slot."""
    return settings().slot_origin.format(url=session.url, slot=session.slot)
