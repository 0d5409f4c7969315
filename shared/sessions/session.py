"""The record of a session, and its legal transitions."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.billing.metering import LedgerOwner, Meter
from shared.record import check_transition
from shared.snapshots.checkpoint import Changes, Head
from shared.snapshots.retention import Save
from shared.snapshots.storage_quota import LeftOut, StorageUse

SessionId = Annotated[str, Meta(pattern=r"^s-[a-z0-9]{20}\Z")]
"""A session's id as it comes from outside."""

STOPPING_SECONDS = 12.0
"""A container that is being stopped has 10 s for its last checkpoint; this is when it can have said its last word."""
LOOK_AGAIN_SECONDS = 60.0
"""How long the task that finishes a draining session is waited for."""

DECISIONS_KEPT = 50
"""A session keeps its newest decisions only, so that its document stays small."""


MOST_SIGNED_OUT = 50
"""Signed-out browsers that a session remembers: each answer to a heartbeat carries them."""

BrowserId = Annotated[str, Meta(pattern=r"^[a-z0-9]{16,64}\Z")]
"""Which browser it is: random, made by the page at each sign-in."""


class SessionState(StrEnum):
    OPENING = "opening"
    ACTIVE = "active"
    DRAINING = "draining"
    ENDED = "ended"


class EndReason(StrEnum):
    MEMBER = "member"
    IDLE = "idle"
    ALLOWANCE = "allowance"
    """The plan's time was used up."""
    SUSPENDED = "suspended"
    """An operator has suspended the account."""
    LOST = "lost"
    """The container went away, or did not answer, without a last checkpoint."""
    STOPPED = "stopped"
    """The platform stopped the container; its last checkpoint was made."""
    NEVER_OPENED = "never-opened"
    DELETED = "deleted"
    SIGNED_OUT = "signed-out"
    """The member, or Firebase Auth, ended all of the member's sign-ins."""


class Verdict(StrEnum):
    KEEP = "keep"
    WARN = "warn"
    RECLAIM = "reclaim"


_TRANSITIONS: dict[str, tuple[str, ...]] = {
    SessionState.OPENING: (SessionState.ACTIVE, SessionState.DRAINING, SessionState.ENDED),
    SessionState.ACTIVE: (SessionState.DRAINING, SessionState.ENDED),
    SessionState.DRAINING: (SessionState.ENDED,),
    SessionState.ENDED: (),
}


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided about a session, and by which rule."""

    verdict: Verdict
    rule: str
    """In words, for the member and the operator."""
    at: datetime
    active: datetime
    """The last activity that counted."""
    idle_at: datetime
    """When the session will be reclaimed if nothing more happens."""
    look: datetime
    """When to decide again."""
    reason: EndReason | None = None
    """Why the session ends, if it does."""


class Hold(Struct, frozen=True):
    """A request is held open to the container, so that a job goes on without a browser."""

    since: datetime
    until: datetime
    """At the latest."""


class Session(Struct, frozen=True, kw_only=True):
    """`sessions/{sid}`: one member's use of one slot, from claim to end."""

    sid: str
    uid: str
    wid: str
    bid: str
    slot: str
    url: str
    """Where the slot is reached."""
    epoch: int
    state: SessionState
    opened: datetime
    due: datetime | None
    """When to look at it next; None once it has ended."""
    boot: str | None = None
    """The container that said hello first, and the only one that counts."""
    seq: int = 0
    """The newest accepted heartbeat."""
    seen: datetime
    """When that was, or the claim."""
    unanswered: datetime | None = None
    """Since when nobody answered at its slot's address, though its container was asked; a heartbeat since ends that."""
    connected: bool = False
    lease: datetime | None = None
    """Until when the container may serve."""
    least: datetime | None = None
    """Up to when the visit that began last is charged at least, however short it was; None before the first."""
    paid: datetime | None = None
    """Up to when the session was charged last."""
    hold: Hold | None = None
    """None while a browser is connected."""
    signals: dict[str, datetime] = {}
    """When each kind of activity was last seen."""
    plan: str
    """Its billing account's at the newest heartbeat."""
    deadline: datetime | None = None
    """When the allowance ends if it goes on being used, as of the newest heartbeat; None without limit."""
    meter: Meter = Meter()
    """What it was charged."""
    served: bool = False
    """It came to be active: the member could work in it."""
    head: Head | None = None
    storage: StorageUse | None = None
    """As the newest checkpoint was found; None before the first."""
    saves: list[Save] = []
    """Its own snapshots that have documents, as many as are kept and one or two more; none once it has ended."""
    left_out: LeftOut | None = None
    """What its container leaves out of its checkpoints, as of the newest heartbeat; None if that is nothing."""
    apart: Head | None = None
    """The snapshot of what was left out as the session ended, kept apart."""
    apart_before: int = 0
    """Bytes that earlier sessions have kept apart, as of the claim."""
    changes: Changes | None = None
    """What of the member's changed with the newest of these."""
    after_loss: bool = False
    """The session before it was lost: the member is to be told of what time their files are."""
    draining: datetime | None = None
    """Since when."""
    stopping: datetime | None = None
    """Since when the platform stops its container, as that says itself."""
    final: bool = False
    """The last checkpoint is committed; the container has nothing more to say."""
    signed_out: list[str] = []
    """The browsers whose member has signed out in them since they came, by the ids that the page gave them."""
    decisions: list[Decision] = []
    reason: EndReason | None = None
    ended: datetime | None = None
    check_due: datetime | None = None
    """When `meter` is to check what it was charged against the ledger; None before its end, and once they agree."""

    @property
    def leaves_a_loss(self) -> bool:
        """Once it has ended: the member is to be told, in their next session, that something may be missing."""
        return self.reason == EndReason.LOST if self.served else self.after_loss

    @property
    def open(self) -> bool:
        return self.state != SessionState.ENDED

    @property
    def is_used(self) -> bool:
        """A browser is there, or a request is held open for a job: its time is charged."""
        return self.connected or self.hold is not None

    @property
    def silent_since(self) -> datetime | None:
        """Since when its container is neither heard of nor answers; None if it does."""
        return self.unanswered if self.unanswered and self.unanswered > self.seen else None

    def is_silent_for(self, seconds: float, now: datetime) -> bool:
        return self.silent_since is not None and now - self.silent_since >= timedelta(seconds=seconds)

    def not_answered(self, now: datetime) -> "Session":
        """Its container was asked, and nobody answered."""
        return self if self.silent_since else replace(self, unanswered=max(now, self.seen + timedelta(microseconds=1)))

    @property
    def spender(self) -> LedgerOwner:
        return LedgerOwner(sid=self.sid, wid=self.wid, uid=self.uid)

    def may_still_save(self, *, gone: bool, patience: float, now: datetime) -> bool:
        """Whether a draining session's last checkpoint may still come: within `patience` seconds, while its container
        has not answered. With the container `gone`, only a platform that stops it may be the reason: the traffic is the
        replacement's at once, while the one before, which said so first, still saves.
        """
        since, patience = (self.stopping, STOPPING_SECONDS) if gone else (self.draining, patience)
        return since is not None and now - since < timedelta(seconds=patience)

    def _to(self, state: SessionState) -> "Session":
        check_transition("session", _TRANSITIONS, self.state, state)
        return replace(self, state=state)

    def activate(self) -> "Session":
        return replace(self._to(SessionState.ACTIVE), served=True)

    def decide(self, decision: Decision) -> "Session":
        """Keep the decision with its reason, and look again when it says."""
        return replace(self, decisions=[*self.decisions, decision][-DECISIONS_KEPT:], due=decision.look)

    def drain(self, reason: EndReason, now: datetime, *, look_again: float = LOOK_AGAIN_SECONDS) -> "Session":
        """Begin its end. The sweep takes over if nobody has finished it in `look_again` seconds."""
        drained = self._to(SessionState.DRAINING)
        return replace(drained, reason=reason, draining=now, due=now + timedelta(seconds=look_again))

    def sign_out(self, browser: str, now: datetime) -> "Session":
        """This browser is let in no more. Where there have been too many of them, none is."""
        if browser in self.signed_out:
            return self
        if len(self.signed_out) >= MOST_SIGNED_OUT:
            return self if self.state == SessionState.DRAINING else self.drain(EndReason.SIGNED_OUT, now)
        return replace(self, signed_out=[*self.signed_out, browser])

    def anonymous(self, alias: str) -> "Session":
        """What bookkeeping needs of it once its member is erased: all else is left out, whatever it may come to be."""
        return Session(
            sid=self.sid,
            uid=alias,
            wid=alias,
            bid=self.bid,
            slot=self.slot,
            url="",
            epoch=self.epoch,
            state=self.state,
            opened=self.opened,
            due=self.due,
            seen=self.seen,
            plan=self.plan,
            meter=self.meter,
            served=self.served,
            reason=self.reason,
            ended=self.ended,
            check_due=self.check_due,
        )

    def end(self, now: datetime, reason: EndReason | None = None) -> "Session":
        """End it, for the reason it was drained for unless another is given.

        Never before its newest heartbeat: whoever ends it may have decided so before that came, and its time is
        charged.
        """
        now = max(now, self.seen)
        ended = replace(self._to(SessionState.ENDED), reason=reason or self.reason, ended=now)
        return replace(ended, due=None, lease=None, saves=[], changes=None, check_due=now)


def open_session(
    *,
    sid: str,
    uid: str,
    wid: str,
    bid: str,
    plan: str,
    deadline: datetime | None,
    slot: str,
    url: str,
    epoch: int,
    head: Head | None,
    storage: StorageUse | None = None,
    apart_before: int = 0,
    after_loss: bool = False,
    now: datetime,
    opening: float,
) -> Session:
    """A session as the claim creates it. It has `opening` seconds to come to serve."""
    return Session(
        sid=sid,
        uid=uid,
        wid=wid,
        bid=bid,
        plan=plan,
        deadline=deadline,
        slot=slot,
        url=url,
        epoch=epoch,
        head=head,
        storage=storage,
        apart_before=apart_before,
        after_loss=after_loss,
        state=SessionState.OPENING,
        opened=now,
        seen=now,
        due=now + timedelta(seconds=opening),
    )
