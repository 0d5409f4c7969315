"""Heartbeats: the messages between a slot and the control plane, and what an accepted one makes of the session.

docs/protocol.md describes the fields. Nothing that a slot says is believed beyond what it may harm: its own session.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.metering import LedgerLine
from shared.billing.time_allowance import deadline
from shared.sessions.charging import Use, charge_use, least_until, paid_until, unheard, use_until, used_in_hold
from shared.sessions.reclaim_decision import KINDS, ReclaimPolicy, decide_reclaim, last_activity, merge_signals
from shared.sessions.session import STOPPING_SECONDS, EndReason, Session, SessionId, SessionState, Verdict
from shared.snapshots.checkpoint import Changes, Checkpoint, Count, Head, is_committed, summed
from shared.snapshots.retention import Save, choose
from shared.snapshots.storage_quota import NAMED, Folder, LeftOut, StorageUse

SPACING = 1 / 6
"""Part of an interval. A heartbeat that comes sooner after the one before, and says nothing new, changes nothing."""
VISIT_SPACING = 1 / 30
"""Part of an interval between the beginnings of two visits; what lies between is charged to the first."""
MOST_KEPT = 50
"""Snapshots that any plan keeps."""
FORGOTTEN_AT_ONCE = 2
"""Snapshots that one heartbeat forgets. Each that brings one is one more, so this keeps up, and catches up after a
heartbeat that wrote a ledger line, which forgets none: no heartbeat does more than six reads and writes."""

Boot = Annotated[str, Meta(pattern=r"^[a-z0-9]{16}\Z")]


class Hello(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="hello"):
    """A container's first word."""

    session: SessionId
    epoch: Count
    boot: Boot


class Older(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="older"):
    """A container's question: which snapshots does the workspace have, older than its head? It has met a layer that
    does not verify."""

    session: SessionId
    epoch: Count
    boot: Boot


class Declared(Checkpoint, frozen=True, forbid_unknown_fields=True):
    """A checkpoint as a heartbeat brings it. `largest`: the largest folders and files of the home."""

    largest: Annotated[list[Folder], Meta(max_length=NAMED)] = field(default_factory=list)
    changes: Changes | None = None
    """Since the one that was accepted before."""


class Signals(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Unix seconds on the control plane's clock; None is unknown."""

    editor: float | None
    terminal: float | None
    process: float | None
    preview: float | None

    def times(self) -> dict[str, datetime | None]:
        stamps = {kind: getattr(self, kind) for kind in KINDS}
        return {kind: None if stamp is None else _time(stamp) for kind, stamp in stamps.items()}


class Beat(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="beat"):
    """Every later word. `final`: the last checkpoint is in it, or was acknowledged before. `stopping`: the platform
    stops the container, which makes its last checkpoint now."""

    session: SessionId
    epoch: Count
    boot: Boot
    seq: Count
    connected: bool
    restored: bool
    final: bool
    signals: Signals
    checkpoint: Declared | None
    stopping: bool = False
    left_out: LeftOut | None = None
    """What is in the home and in no checkpoint; None if that is nothing."""
    apart: Checkpoint | None = None
    """Of a final one: what was left out, packed once more."""


class Stale(Exception):
    """Another boot or epoch owns the session, or it is over: the sender must stop serving for good."""


def accept_hello(session: Session, hello: Hello, *, lease: float, now: datetime) -> Session | None:
    """The session with its boot, or None if this very boot was accepted before. Raises Stale."""
    _check_epoch(session, hello.session, hello.epoch)
    if session.boot == hello.boot:
        return None
    if session.boot is not None:
        raise Stale("another container said hello first")
    if session.state == SessionState.DRAINING:
        raise Stale("the session is being ended")
    return replace(session, boot=hello.boot, seen=now, lease=now + timedelta(seconds=lease))


class AcceptedHeartbeat(Struct, frozen=True, kw_only=True):
    """What a heartbeat changes, all in one commit."""

    session: Session
    billing: Billing
    lines: list[LedgerLine] = []
    added: dict[str, int] = {}
    """Milliseconds charged, by period."""
    beyond_ms: int = 0
    """Used after the allowance had ended."""
    forgotten: list[str] = []
    """Snapshots of the session that are not kept any longer."""


def accept_beat(
    session: Session,
    beat: Beat,
    head: Head | None,
    *,
    billing: Billing,
    storage: StorageUse | None = None,
    apart: Head | None = None,
    policy: ReclaimPolicy,
    kept: int = MOST_KEPT,
    now: datetime,
) -> AcceptedHeartbeat | None:
    """What becomes of the session, and of who pays, or None if the beat is old and changes nothing. Raises Stale.

    `head` is the verified head that the beat's checkpoint becomes, if it has one; `storage` is what was found of that;
    `apart` is what a final beat brings to be kept apart, verified too. `kept` is how many snapshots the plan keeps.
    """
    check_boot(session, beat)
    if beat.seq <= session.seq:
        return None
    if session.final:
        raise Stale("the container has said its last word")
    used = use_until(session, policy, now, connected=beat.connected)
    charged, paid = charge_use(session, used, billing, now)
    saves, forgotten = _thinned(session, beat, head, kept, now, most=0 if charged.lines else FORGOTTEN_AT_ONCE)
    after = replace(
        session,
        seq=beat.seq,
        # two functions' clocks differ, and what was charged up to the later one is not charged again
        seen=max(now, session.seen),
        connected=beat.connected,
        least=least_until(session, policy, now, connected=beat.connected, restored=beat.restored),
        paid=paid_until(session, charged),
        lease=now + timedelta(seconds=policy.lease),
        hold=None if beat.connected else session.hold,
        signals=merge_signals(session.signals, beat.signals.times(), connected=beat.connected, now=now),
        plan=billing.plan,
        deadline=deadline(paid, now),
        meter=charged.meter,
        head=head or session.head,
        storage=storage or session.storage,
        saves=saves,
        left_out=beat.left_out,
        apart=apart or session.apart,
        changes=_changes(session, beat, head, forgotten),
        final=beat.final,
        stopping=session.stopping or (now if beat.stopping else None),
    )
    if after.state == SessionState.OPENING and beat.restored:
        after = after.activate()
    if (after.final or beat.stopping) and after.state != SessionState.DRAINING:
        after = after.drain(EndReason.STOPPED, now, look_again=0 if after.final else STOPPING_SECONDS)
    elif after.state == SessionState.ACTIVE:
        after = _decide(after, policy, now)
    return AcceptedHeartbeat(
        session=after,
        billing=paid,
        lines=charged.lines,
        added=charged.added,
        beyond_ms=charged.beyond_ms,
        forgotten=forgotten,
    )


def _thinned(
    session: Session, beat: Beat, head: Head | None, kept: int, now: datetime, *, most: int
) -> tuple[list[Save], list[str]]:
    """The session's snapshots with the new head, and which are forgotten, the oldest of these first.

    Those of earlier sessions are not counted: nobody has to read them, and `meter` thins them all together later.
    """
    saves = [*session.saves]
    if head is not None and all(save.snapshot != head.snapshot for save in saves):
        saves.append(Save(head.snapshot, now))
    newest = head or session.head
    if beat.final:
        saves = [replace(save, final=newest is not None and save.snapshot == newest.snapshot) for save in saves]
    if head is None or len(saves) <= kept:
        return saves, []
    chosen = choose(saves, kept, now, current=[head.snapshot])
    forgotten = [save.snapshot for save in saves if save.snapshot not in chosen][:most]
    return [save for save in saves if save.snapshot not in forgotten], forgotten


def _changes(session: Session, beat: Beat, head: Head | None, forgotten: list[str]) -> Changes | None:
    """What the newest snapshot tells. With it go the changes of the one before, if that is forgotten at once."""
    if head is None:
        return session.changes
    told = beat.checkpoint.changes if beat.checkpoint else None
    is_alone = session.saves and session.saves[-1].snapshot in forgotten
    return summed(session.changes, told) if is_alone else told


def settle(session: Session, billing: Billing, policy: ReclaimPolicy, now: datetime) -> AcceptedHeartbeat:
    """What the end of a session charges whose container did not say its last word."""
    return _charged(session, Use() if session.final else unheard(session, policy, now), billing, now)


def let_go(
    session: Session, billing: Billing, policy: ReclaimPolicy, now: datetime, *, answered: bool
) -> AcceptedHeartbeat:
    """The session without its hold: what the job used since the last heartbeat is charged now, for a later heartbeat
    does not know of the hold. `answered`: the container has said itself that the job is over."""
    accepted = _charged(session, used_in_hold(session, policy, now, answered=answered), billing, now)
    return replace(accepted, session=replace(accepted.session, hold=None))


def _charged(session: Session, used: Use, billing: Billing, now: datetime) -> AcceptedHeartbeat:
    charged, paid = charge_use(session, used, billing, now)
    return AcceptedHeartbeat(
        session=replace(session, meter=charged.meter, paid=paid_until(session, charged)),
        billing=paid,
        lines=charged.lines,
        added=charged.added,
        beyond_ms=charged.beyond_ms,
    )


def comes_too_soon(session: Session, beat: Beat, policy: ReclaimPolicy, now: datetime) -> bool:
    """Whether a heartbeat says nothing that is worth a commit so shortly after the one before. Its checkpoint, if it
    has one, must be committed already: an answer acknowledges it. After a final heartbeat none is answered so: whoever
    goes on is to stop."""
    checkpoint, head = beat.checkpoint, session.head
    is_brought = checkpoint is not None and not (
        head and is_committed(checkpoint, head, epoch=beat.epoch, boot=beat.boot)
    )
    is_restored = beat.restored and session.state == SessionState.OPENING
    is_stopping = beat.stopping and session.stopping is None
    if session.seq == 0 or session.final or beat.final or is_brought or is_restored or is_stopping:
        return False
    if beat.connected == session.connected:
        soon = session.seen <= now < session.seen + timedelta(seconds=policy.interval * SPACING)
        return soon and not _answers_warning(session, beat, policy, now)
    # a session that serves is told of its first visit at once; one that does not serve is never charged for any
    if not beat.connected or session.least is None or (session.served and session.paid is None):
        return False
    began = session.least - timedelta(seconds=policy.interval)
    return began <= now < began + timedelta(seconds=policy.interval * VISIT_SPACING)


def _answers_warning(session: Session, beat: Beat, policy: ReclaimPolicy, now: datetime) -> bool:
    """Whether the member of a session that is warned, or to be reclaimed, has done something since. It must be newer
    than what counted before by the time between two heartbeats: a container that makes up one signal after the other
    has no more commits by it."""
    if directive(session, policy, now)[0] != "warn":
        return False
    signals = merge_signals(session.signals, beat.signals.times(), connected=beat.connected, now=now)
    newer = last_activity(replace(session, signals=signals), policy)[0] - last_activity(session, policy)[0]
    return newer >= timedelta(seconds=policy.interval * SPACING)


def _decide(session: Session, policy: ReclaimPolicy, now: datetime) -> Session:
    """Set when to look again; a warning that the answer will carry is kept with its reason, once.

    What is to be reclaimed stays due since when it was: would each heartbeat make it due anew, the sweep, which leaves
    alone what has been due for a moment only, might never find it.
    """
    decision = decide_reclaim(session, policy, now)
    newest = session.decisions[-1] if session.decisions else None
    warned = newest is not None and (newest.verdict, newest.idle_at) == (Verdict.WARN, decision.idle_at)
    if decision.verdict == Verdict.WARN and not warned:
        return session.decide(decision)
    since = session.due if decision.verdict == Verdict.RECLAIM else None
    return replace(session, due=min(since or decision.look, decision.look))


def check_boot(session: Session, beat: Beat | Older) -> None:
    """Raises Stale unless the message comes from the container that owns the session."""
    _check_epoch(session, beat.session, beat.epoch)
    if session.boot != beat.boot:
        raise Stale("another container owns the session")


def directive(
    session: Session, policy: ReclaimPolicy, now: datetime
) -> tuple[Literal["continue", "warn", "drain"], datetime]:
    """What the slot should do, and when the session would be reclaimed."""
    if session.state in (SessionState.DRAINING, SessionState.ENDED):
        return "drain", now
    decision = decide_reclaim(session, policy, now)
    if decision.reason == EndReason.ALLOWANCE:  # unlike idleness nothing that the member does averts it
        return "drain", now
    warn = session.state == SessionState.ACTIVE and decision.verdict != Verdict.KEEP
    return ("warn" if warn else "continue"), decision.idle_at


def _check_epoch(session: Session, sid: str, epoch: int) -> None:
    if (session.sid, session.epoch) != (sid, epoch):
        raise Stale("another epoch owns the workspace")
    if not session.open:
        raise Stale("the session has ended")


def _time(stamp: float) -> datetime:
    """A reported stamp, brought into the range that a datetime has: what a container says must not crash us."""
    return datetime.fromtimestamp(min(max(stamp, 0.0), 4e9), UTC)
