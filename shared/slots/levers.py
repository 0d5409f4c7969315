"""What an operator asks of the pool: how many slots, which slot to replace or to take out, and whom to move for an
upgrade."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.accounts.audit import Values
from shared.errors import Refused, bad_request
from shared.sessions.session import Session, SessionState
from shared.slots.slot import Slot, SlotState
from shared.slots.warm_policies import Announcement, Fixed, Varying, WarmPolicy, most_announced, most_warm

MOST_ANNOUNCED = 50
"""Announcements at the same time. Each run of `pool` reads all of them."""


class PoolSize(Struct, frozen=True, kw_only=True):
    """How many slots to keep warm, and how many may exist, where the operator says nothing."""

    warm: int
    max: int


class PoolLevers(Struct, frozen=True, kw_only=True):
    """`operator/pool`. Without a document, the settings of `pool` hold."""

    warm: int | None = None
    """How many slots to keep warm at all times; None for POOL_WARM."""
    max: int | None = None
    """The most slots; None for POOL_MAX."""
    policy: Varying | None = None
    """How many slots to keep warm, in place of the fixed number."""
    announced: tuple[Announcement, ...] = ()
    """Who will come together. Slots for them are warm on top of what the policy says."""
    drained: datetime | None = None
    """Sessions that were opened before this time are ended, each with its last checkpoint."""

    def warm_policy(self, settings: PoolSize) -> WarmPolicy:
        return self.policy or Fixed(settings.warm if self.warm is None else self.warm)

    def most(self, settings: PoolSize) -> int:
        """How many slots may exist."""
        return settings.max if self.max is None else self.max

    def asked(self, values: Values) -> "PoolLevers":
        """The levers with the values that an operator has asked for. A number of warm slots takes the place of any
        policy."""
        after = replace(self, **{name: values[name] for name in ("warm", "max") if name in values})
        if "policy" in values:
            return replace(after, policy=policy_of(values["policy"]))
        return replace(after, policy=None) if "warm" in values else after

    def values(self) -> Values:
        """What the audit log has of them."""
        return {"warm": self.warm, "max": self.max, "policy": policy_text(self.policy)}

    def announce(self, announcement: Announcement, settings: PoolSize, now: datetime) -> "PoolLevers":
        """The levers with one announcement more, and without those that are over. Raises Refused if they are too many,
        if this one is over, or if fewer slots may exist than members are announced for the same time."""
        if announcement.is_over(now):
            raise bad_request("starts: That time is over.")
        coming = [each for each in self.announced if not each.is_over(now)]
        if len(coming) >= MOST_ANNOUNCED:
            raise bad_request(f"{MOST_ANNOUNCED} announcements are kept at most. Take one back first.")
        announced = tuple(sorted([*coming, announcement], key=lambda each: each.starts))
        together, most = most_announced(announced), self.most(settings)
        if together > most:
            raise bad_request(f"{together} members would come at the same time, where at most {most} slots exist.")
        return replace(self, announced=announced)

    def take_back(self, announcement: str) -> "PoolLevers":
        """The levers without the announcement. Raises Refused if there is none."""
        left = tuple(each for each in self.announced if each.id != announcement)
        if left == self.announced:
            raise Refused("not-found", "There is no such announcement. Perhaps it is over.", status=404)
        return replace(self, announced=left)


def policy_text(policy: Varying | None) -> str | None:
    """The policy as the audit log has it."""
    return None if policy is None else msgspec.json.encode(policy).decode()


def policy_of(text: object) -> Varying | None:
    """The policy of which `policy_text` made the text."""
    return None if text is None else msgspec.json.decode(str(text), type=Varying)


def check_size(levers: PoolLevers, settings: PoolSize) -> None:
    """Raises Refused if more slots should be warm than may exist."""
    warm, most = most_warm(levers.warm_policy(settings)), levers.most(settings)
    if warm > most:
        raise bad_request(f"{warm} slots can't be warm where at most {most} exist.")


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
