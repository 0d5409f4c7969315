"""What an operator asks of the pool: how many slots, which slot to replace or to take out, and whom to move for an
upgrade."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from shared.errors import bad_request
from shared.sessions.session import Session, SessionState
from shared.slots.pool import PoolPolicy
from shared.slots.slot import Slot, SlotState

MOST_SLOTS = 1000
"""Services that Google Cloud allows in a project and region, which functions share."""


class PoolSize(Struct, frozen=True, kw_only=True):
    """How many slots to keep warm, and how many may exist."""

    warm: int
    max: int


class PoolLevers(Struct, frozen=True, kw_only=True):
    """`operator/pool`. Without a document, the settings of `pool` hold."""

    warm: int | None = None
    """How many slots to keep warm; None for POOL_WARM."""
    max: int | None = None
    """The most slots; None for POOL_MAX."""
    drained: datetime | None = None
    """Sessions that were opened before this time are ended, each with its last checkpoint."""

    def size(self, settings: PoolSize) -> PoolSize:
        """How many slots are wanted, with what the settings say where the operator says nothing."""
        most = settings.max if self.max is None else self.max
        return PoolSize(warm=settings.warm if self.warm is None else self.warm, max=most)

    def applied(self, policy: PoolPolicy) -> PoolPolicy:
        """The policy with the operator's numbers in place of the settings."""
        size = self.size(PoolSize(warm=policy.warm, max=policy.max))
        return replace(policy, max=size.max, warm=min(size.max, size.warm))


def check_size(size: PoolSize) -> None:
    """Raises Refused if more slots should be warm than may exist."""
    if size.warm > size.max:
        raise bad_request(f"warm: {size.warm} slots can't be warm where at most {size.max} exist.")


def may_be_ended(session: Session) -> bool:
    """Whether an operator can begin the session's end: it has not begun yet."""
    return session.state in (SessionState.OPENING, SessionState.ACTIVE)


def sessions_to_drain(sessions: Iterable[Session], levers: PoolLevers) -> list[Session]:
    """The sessions whose end is to begin because the operator drains all of them."""
    drained = levers.drained
    return [each for each in sessions if drained is not None and each.opened < drained and may_be_ended(each)]


def recycled(slot: Slot, reason: str, now: datetime) -> Slot:
    """The slot that an operator has replaced by a fresh container. A claimed one is replaced when its session has
    ended."""
    if slot.state == SlotState.CLAIMED:
        return replace(slot, quarantine=False).note("recycle later", reason, now)
    return slot.recycle(now).note("recycle", reason, now)


def quarantined(slot: Slot, reason: str, now: datetime) -> Slot:
    """The slot that an operator takes out of use, to look into it. A claimed one is taken out when its session has
    ended."""
    if slot.state == SlotState.CLAIMED:
        return replace(slot, quarantine=True).note("quarantine later", reason, now)
    return slot.take_out(now).note("quarantine", reason, now)
