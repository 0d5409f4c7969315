"""The record of a session, and its legal transitions."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.billing.metering import LedgerOwner, Meter
from shared.record import check_transition
from shared.snapshots.checkpoint import Changes, Head
from shared.snapshots.retention import Save
from shared.snapshots.saved_state import SavedState
from shared.snapshots.storage_quota import LeftOut, StorageUse, share_of

SessionId = Annotated[str, Meta(pattern=r"^s-[a-z0-9]{20}\Z")]
"""A session's id in a message from outside."""

STOPPING_SECONDS = 12.0
"""Seconds after which a stopped container can send nothing more: the platform gives it 10 s for its last checkpoint."""
LOOK_AGAIN_SECONDS = 60.0
"""Seconds until the sweep ends a draining session that its own task has not ended."""

DECISIONS_KEPT = 50
"""A session keeps only its newest decisions, so that its document stays small."""


MOST_SIGNED_OUT = 100
"""Browsers and sign-ins that a session remembers as signed out. Each answer to a heartbeat carries them."""

BrowserId = Annotated[str, Meta(pattern=r"^[a-z0-9]{16,64}\Z")]
"""A browser's id: random text that the page makes at each sign-in."""

SignedOut = Annotated[str, Meta(pattern=r"^[a-z0-9]{1,64}\Z")]
"""A browser's id, or a sign-in's `sign_in_id`."""


def sign_in_id(signed_in: datetime | None) -> str:
    """The id by which a slot knows a sign-in: when the person authenticated, in Unix seconds; empty if unknown. All
    tokens renewed from the sign-in have the same id."""
    return "" if signed_in is None else str(int(signed_in.timestamp()))


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
    """The container disappeared or stopped answering before its last checkpoint."""
    STOPPED = "stopped"
    """The platform stopped the container, which made its last checkpoint."""
    NEVER_OPENED = "never-opened"
    DELETED = "deleted"
    OPERATOR = "operator"
    """An operator ended the session, or took its slot out of use."""
    SIGNED_OUT = "signed-out"
    """The member or Firebase Auth ended all sign-ins of the member."""
    TEAM = "team"
    """The member joined or left a team, so another billing account pays from now on."""


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
    """The rule that decided, in words for the member and the operator."""
    at: datetime
    active: datetime
    """The last activity that counted."""
    idle_at: datetime
    """When the session will be reclaimed if nothing more happens."""
    look: datetime
    """When to decide again."""
    reason: EndReason | None = None
    """Why the session ends; None if it does not end."""


class BackgroundHold(Struct, frozen=True):
    """A request is held open to the container, so that a job goes on without a browser."""

    since: datetime
    until: datetime
    """When the hold ends at the latest."""


class Opening(Struct, frozen=True, kw_only=True):
    """When each step of an Open was done; None for a step that was not. Each is written with a heartbeat that is
    committed anyway, by the control plane's clock."""

    hello: datetime | None = None
    """The container said hello: it runs, and has been told which workspace."""
    served: datetime | None = None
    """The first tier of the files is on disk: the editor can be entered."""
    entered: datetime | None = None
    """The editor in the browser is connected."""
    cold: bool = False
    """The slot had no warm container, which is a miss of the pool."""


class Session(Struct, frozen=True, kw_only=True):
    """`sessions/{sid}`: one member's use of one slot, from claim to end."""

    sid: str
    uid: str
    wid: str
    bid: str
    slot: str
    url: str
    """The slot's address."""
    epoch: int
    state: SessionState
    opened: datetime
    due: datetime | None
    """When to check the session next; None once it has ended."""
    boot: str | None = None
    """The boot id of the container that said hello first. Messages of other containers are refused."""
    seq: int = 0
    """The number of the newest accepted heartbeat."""
    seen: datetime
    """When the newest heartbeat was accepted; before the first, when the session was claimed."""
    unanswered: datetime | None = None
    """Since when the container has not answered requests. A later heartbeat makes this obsolete."""
    connected: bool = False
    lease: datetime | None = None
    """Until when the container may serve."""
    least: datetime | None = None
    """Until when the newest visit is charged at least, however short it was; None before the first visit."""
    paid: datetime | None = None
    """Until when the session has been charged."""
    background_hold: BackgroundHold | None = None
    """None while a browser is connected."""
    signals: dict[str, datetime] = {}
    """When each kind of activity was last seen."""
    plan: str
    """The billing account's plan, as of the newest heartbeat."""
    stored_in: str | None = None
    """The team in whose storage the workspace counts; None if it counts in the member's own. It may be another than
    the one that pays: the last checkpoint of who joins counts in the team already."""
    stored_by_others: int = 0
    """Bytes that the other workspaces of the team that pays take, as of the newest checkpoint."""
    deadline: datetime | None = None
    """When the allowance ends if the session stays in use, as of the newest heartbeat; None without limit."""
    meter: Meter = Meter()
    """The time that the session was charged."""
    opening: Opening = Opening()
    served: bool = False
    """The session has been active: the member could work in it."""
    began_with: str | None = None
    """The snapshot that the session began with; None for an empty workspace."""
    head: Head | None = None
    storage: StorageUse | None = None
    """What the newest checkpoint takes of the plan; None before the first checkpoint."""
    checkpoints_until: datetime | None = None
    """The checkpoint rate's token bucket as a timestamp, see shared/sessions/checkpoint_rate.py; None before the
    first."""
    saves: list[Save] = []
    """The session's own snapshots that have documents: as many as the plan keeps and one or two more; none once it has
    ended."""
    left_out: LeftOut | None = None
    """Files that no checkpoint has, as of the newest heartbeat; None if there are none."""
    apart: Head | None = None
    """The snapshot of the left-out files that are kept, made when the session ended."""
    apart_before: int = 0
    """Bytes of left-out files that earlier sessions have kept, as of the claim."""
    changes: Changes | None = None
    """The member's changes in the newest snapshot."""
    after_loss: bool = False
    """The previous session was lost, and the member must be told of what time the files are."""
    draining: datetime | None = None
    """When the session's end began."""
    stopping: datetime | None = None
    """When the platform began to stop the container, by the container's report."""
    final: bool = False
    """The last checkpoint is committed; the container sends nothing more."""
    signed_out: list[str] = []
    """Browsers (by the page's ids) and sign-ins (by `sign_in_id`) that were signed out since they entered the
    session."""
    oldest_token: datetime | None = None
    """When the oldest of the ID tokens was issued that opened and entered the session; None if unknown."""
    decisions: list[Decision] = []
    reason: EndReason | None = None
    ended: datetime | None = None
    check_due: datetime | None = None
    """When `meter` will compare the session's charge with the ledger; None before its end, and once they agree."""

    @property
    def saved(self) -> SavedState:
        """What is saved of the workspace, as of the newest heartbeat."""
        return SavedState(head=self.head, storage=self.storage, after_loss=self.after_loss)

    @property
    def leaves_a_loss(self) -> bool:
        """Whether the next session must tell the member that work may be missing. Only meaningful once this session has
        ended."""
        return self.reason == EndReason.LOST if self.served else self.after_loss

    @property
    def entered_since(self) -> datetime:
        """A sign-in that was ended at or before this time has not entered the session."""
        return self.opened if self.oldest_token is None else min(self.opened, self.oldest_token)

    @property
    def open(self) -> bool:
        return self.state != SessionState.ENDED

    @property
    def is_charged(self) -> bool:
        """Whether the session's time is charged: a browser is connected, or a background hold is open."""
        return self.connected or self.background_hold is not None

    @property
    def silent_since(self) -> datetime | None:
        """Since when the container neither sends heartbeats nor answers; None if it does either."""
        return self.unanswered if self.unanswered and self.unanswered > self.seen else None

    def is_silent_for(self, seconds: float, now: datetime) -> bool:
        return self.silent_since is not None and now - self.silent_since >= timedelta(seconds=seconds)

    def not_answered(self, now: datetime) -> "Session":
        """The session after its container did not answer a request."""
        return self if self.silent_since else replace(self, unanswered=max(now, self.seen + timedelta(microseconds=1)))

    @property
    def ledger_owner(self) -> LedgerOwner:
        return LedgerOwner(sid=self.sid, wid=self.wid, uid=self.uid)

    def may_still_save(self, *, gone: bool, patience: float, now: datetime) -> bool:
        """Whether a draining session's last checkpoint may still come: the container has not answered, and `patience`
        seconds are not over. If the container is `gone`, the checkpoint may still come only while the platform stops
        the container: requests already reach the replacement, while the old container still saves."""
        since, patience = (self.stopping, STOPPING_SECONDS) if gone else (self.draining, patience)
        return since is not None and now - since < timedelta(seconds=patience)

    def _to(self, state: SessionState) -> "Session":
        check_transition("session", _TRANSITIONS, self.state, state)
        return replace(self, state=state)

    def activate(self, now: datetime) -> "Session":
        return replace(self._to(SessionState.ACTIVE), served=True, opening=replace(self.opening, served=now))

    def decide(self, decision: Decision) -> "Session":
        """Records the decision with its reason, and sets when to check again."""
        return replace(self, decisions=[*self.decisions, decision][-DECISIONS_KEPT:], due=decision.look)

    def drain(self, reason: EndReason, now: datetime, *, look_again: float = LOOK_AGAIN_SECONDS) -> "Session":
        """Begins the session's end. The sweep takes over if nobody has finished it within `look_again` seconds."""
        drained = self._to(SessionState.DRAINING)
        return replace(drained, reason=reason, draining=now, due=now + timedelta(seconds=look_again))

    def sign_out(self, names: Iterable[str], now: datetime) -> "Session":
        """Keeps these browsers and sign-ins out from now on. If there are too many of them, the session ends."""
        new = [name for name in names if name not in self.signed_out]
        if not new:
            return self
        if len(self.signed_out) + len(new) > MOST_SIGNED_OUT:
            return self if self.state == SessionState.DRAINING else self.drain(EndReason.SIGNED_OUT, now)
        return replace(self, signed_out=[*self.signed_out, *new])

    def move(self, team: str | None, pays: str, reason: EndReason, now: datetime) -> "Session":
        """The session of a member who has joined or left a team: its workspace counts in the storage of `team` from now
        on. It ends unless the billing account `pays` pays for it already. Whoever has paid pays until its end."""
        moved = replace(self, stored_in=team)
        if self.bid == pays or self.state == SessionState.DRAINING:
            return moved
        return moved.drain(reason, now)

    def storage_limit(self, limit: int | None) -> int | None:
        """What the plan leaves to this workspace, in bytes: a team's storage is shared. None means without limit."""
        return share_of(limit, self.stored_by_others, self.saved.use)

    def enter(self, issued: datetime | None) -> "Session":
        """Records that somebody entered with an ID token that was issued then."""
        if issued is None or issued >= self.entered_since:
            return self
        return replace(self, oldest_token=issued)

    def anonymous(self, alias: str) -> "Session":
        """The fields that bookkeeping needs once the member is erased. Every other field is left out, also future
        ones."""
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
        """Ends the session, for the reason of its drain unless another is given.

        The end is never before the newest heartbeat: a heartbeat may be accepted between the decision and this call,
        and its time is charged.
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
    saved: SavedState,
    apart_before: int = 0,
    stored_in: str | None = None,
    stored_by_others: int = 0,
    cold: bool = False,
    now: datetime,
    opening: float,
) -> Session:
    """A new session, as the claim creates it. The session must serve within `opening` seconds."""
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
        head=saved.head,
        began_with=saved.head.snapshot if saved.head else None,
        storage=saved.storage,
        after_loss=saved.after_loss,
        apart_before=apart_before,
        stored_in=stored_in,
        stored_by_others=stored_by_others,
        opening=Opening(cold=cold),
        state=SessionState.OPENING,
        opened=now,
        seen=now,
        due=now + timedelta(seconds=opening),
    )
