"""Heartbeats: the messages between a slot and the control plane, and how an accepted one changes the session.

docs/protocol.md describes the fields. A slot's claims are trusted only as far as they affect its own session.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.metering import LedgerLine
from shared.billing.time_allowance import deadline
from shared.sessions.charging import (
    UsedTime,
    charge_use,
    least_until,
    paid_until,
    unreported_use,
    use_until,
    used_in_hold,
)
from shared.sessions.checkpoint_rate import counted, wait_seconds
from shared.sessions.reclaim_decision import KINDS, ReclaimPolicy, decide_reclaim, last_activity, merge_signals
from shared.sessions.session import STOPPING_SECONDS, Decision, EndReason, Session, SessionId, SessionState, Verdict
from shared.snapshots.checkpoint import Changes, Checkpoint, Count, Head, Writer, is_committed, summed
from shared.snapshots.head import NewHead
from shared.snapshots.retention import Save, choose
from shared.snapshots.storage_quota import NAMED, Folder, LeftOut

SPACING = 1 / 6
"""Part of an interval. A heartbeat that comes sooner after the previous one, and reports nothing new, changes
nothing."""
VISIT_SPACING = 1 / 30
"""Part of an interval between the beginnings of two visits. A visit that begins sooner counts as the previous one."""
MOST_KEPT = 50
"""The most snapshots that any plan keeps."""
FORGOTTEN_AT_ONCE = 2
"""Snapshots that one heartbeat deletes. A heartbeat adds at most one, so deletion keeps up, and catches up after a
heartbeat that wrote a ledger line, which deletes none. No heartbeat does more than six reads and writes."""

Boot = Annotated[str, Meta(pattern=r"^[a-z0-9]{16}\Z")]


class Hello(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="hello"):
    """A container's first message."""

    session: SessionId
    epoch: Count
    boot: Boot


class Older(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="older"):
    """A container asks for the workspace's snapshots that are older than its head, because a layer of the head does not
    verify."""

    session: SessionId
    epoch: Count
    boot: Boot


class Declared(Checkpoint, frozen=True, forbid_unknown_fields=True):
    """A checkpoint in a heartbeat. `largest`: the largest folders and files of the home."""

    largest: Annotated[list[Folder], Meta(max_length=NAMED)] = field(default_factory=list)
    changes: Changes | None = None
    """Changes since the checkpoint that was accepted before."""


class Signals(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When each kind of activity was last seen, in Unix seconds of the control plane's clock; None is unknown."""

    editor: float | None
    terminal: float | None
    process: float | None
    preview: float | None

    def times(self) -> dict[str, datetime | None]:
        stamps = {kind: getattr(self, kind) for kind in KINDS}
        return {kind: None if stamp is None else _time(stamp) for kind, stamp in stamps.items()}


class Beat(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="beat"):
    """A heartbeat. `final`: the last checkpoint is in this heartbeat, or was acknowledged before. `stopping`: the
    platform stops the container, which now makes its last checkpoint."""

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
    """Files of the home that no checkpoint has; None if there are none."""
    apart: Checkpoint | None = None
    """A checkpoint of the left-out files, in a final heartbeat."""
    stop: bool = False
    """The member stops the workspace in the editor."""


class Stale(Exception):
    """Another boot or epoch owns the session, or the session has ended. The sender must stop serving for good."""


def accept_hello(session: Session, hello: Hello, *, lease: float, now: datetime) -> Session | None:
    """The session with its boot; None if this boot was accepted before. Raises Stale."""
    check_epoch(session, hello.session, hello.epoch)
    if session.boot == hello.boot:
        return None
    if session.boot is not None:
        raise Stale("another container said hello first")
    if session.state == SessionState.DRAINING:
        raise Stale("the session is being ended")
    opening = replace(session.opening, hello=now)
    return replace(session, boot=hello.boot, seen=now, lease=now + timedelta(seconds=lease), opening=opening)


class Directive(Struct, frozen=True):
    """What the slot should do, and when the session would be reclaimed."""

    word: Literal["continue", "warn", "drain"]
    idle_at: datetime


class AcceptedHeartbeat(Struct, frozen=True, kw_only=True):
    """Everything that a heartbeat changes, in one commit."""

    session: Session
    billing: Billing
    lines: list[LedgerLine] = []
    added: dict[str, int] = {}
    """Milliseconds charged, by period."""
    beyond_ms: int = 0
    """Milliseconds used after the allowance had ended."""
    forgotten: list[str] = []
    """Ids of the session's snapshots that are no longer kept."""


class DirectedHeartbeat(AcceptedHeartbeat, frozen=True, kw_only=True):
    """An accepted heartbeat, with the directive that its answer carries."""

    directive: Directive


def accept_beat(
    session: Session,
    beat: Beat,
    new: NewHead | None,
    *,
    billing: Billing,
    apart: Head | None = None,
    policy: ReclaimPolicy,
    kept: int = MOST_KEPT,
    now: datetime,
) -> DirectedHeartbeat | None:
    """The session and the billing account after the heartbeat; None if the heartbeat is old and changes nothing. Raises
    Stale.

    `new` is what the beat's checkpoint becomes, verified; None if the beat brings no new checkpoint. `apart` is the
    verified snapshot of the left-out files, which only a final beat brings. `kept` is how many snapshots the plan
    keeps.
    """
    head = new.head if new else None
    check_boot(session, beat)
    if beat.seq <= session.seq:
        return None
    if session.final:
        raise Stale("the container has said its last word")
    used = use_until(session, policy, now, connected=beat.connected)
    charged, paid = charge_use(session, used, billing, now)
    most = 0 if charged.lines else FORGOTTEN_AT_ONCE
    saves, forgotten = _thinned(session, beat, head, billing, kept, now, most=most)
    after = replace(
        session,
        seq=beat.seq,
        # The clocks of two functions differ, and time up to the later of them is charged already.
        seen=max(now, session.seen),
        connected=beat.connected,
        least=least_until(session, policy, now, connected=beat.connected, restored=beat.restored),
        paid=paid_until(session, charged),
        lease=now + timedelta(seconds=policy.lease),
        background_hold=None if beat.connected else session.background_hold,
        signals=merge_signals(session.signals, beat.signals.times(), connected=beat.connected, now=now),
        plan=billing.plan,
        deadline=deadline(paid, now),
        meter=charged.meter,
        head=head or session.head,
        storage=new.storage if new else session.storage,
        checkpoints_until=counted(session, policy.saving, now) if head else session.checkpoints_until,
        saves=saves,
        left_out=beat.left_out,
        apart=apart or session.apart,
        changes=_changes(session, beat, head, forgotten),
        final=beat.final,
        stopping=session.stopping or (now if beat.stopping else None),
    )
    if after.state == SessionState.OPENING and beat.restored:
        after = after.activate(now)
    if beat.connected and after.opening.entered is None:
        after = replace(after, opening=replace(after.opening, entered=now))
    if (after.final or beat.stopping) and after.state != SessionState.DRAINING:
        after = after.drain(EndReason.STOPPED, now, look_again=0 if after.final else STOPPING_SECONDS)
    if beat.stop and after.state != SessionState.DRAINING:
        after = after.drain(EndReason.MEMBER, now, look_again=0)
    decision = None if after.state == SessionState.DRAINING else decide_reclaim(after, policy, now)
    if decision and after.state == SessionState.ACTIVE:
        after = _with_decision(after, decision)
    return DirectedHeartbeat(
        session=after,
        directive=_directive(after, decision, now),
        billing=paid,
        lines=charged.lines,
        added=charged.added,
        beyond_ms=charged.beyond_ms,
        forgotten=forgotten,
    )


def _thinned(
    session: Session, beat: Beat, head: Head | None, billing: Billing, kept: int, now: datetime, *, most: int
) -> tuple[list[Save], list[str]]:
    """The session's snapshots with the new head, and the ids of those to delete, oldest first.

    Snapshots of earlier sessions are not read here: `meter` thins all of them later.
    """
    saves = [*session.saves]
    if head is not None and all(save.snapshot != head.snapshot for save in saves):
        saves.append(Save(head.snapshot, now, plan=billing.plan))
    newest = head or session.head
    if beat.final:
        saves = [replace(save, final=newest is not None and save.snapshot == newest.snapshot) for save in saves]
    if head is None or len(saves) <= kept:
        return saves, []
    chosen = choose(saves, kept, now, current=[head.snapshot], lost=billing.losses(now))
    forgotten = [save.snapshot for save in saves if save.snapshot not in chosen][:most]
    return [save for save in saves if save.snapshot not in forgotten], forgotten


def _changes(session: Session, beat: Beat, head: Head | None, forgotten: list[str]) -> Changes | None:
    """The changes that the newest snapshot shows. If the previous snapshot is deleted at the same time, its changes are
    included."""
    if head is None:
        return session.changes
    declared = beat.checkpoint.changes if beat.checkpoint else None
    is_alone = session.saves and session.saves[-1].snapshot in forgotten
    return summed(session.changes, declared) if is_alone else declared


def charge_at_end(session: Session, billing: Billing, policy: ReclaimPolicy, now: datetime) -> AcceptedHeartbeat:
    """What ending a session charges. If the container has sent no final heartbeat, that is the time since its last
    one."""
    return _charged(session, UsedTime() if session.final else unreported_use(session, policy, now), billing, now)


def without_background_hold(
    session: Session, billing: Billing, policy: ReclaimPolicy, now: datetime, *, answered: bool
) -> AcceptedHeartbeat:
    """The session without its background hold. The job's time since the last heartbeat is charged now, because later
    heartbeats do not know of the hold. `answered`: the container itself reported that the job has ended."""
    accepted = _charged(session, used_in_hold(session, policy, now, answered=answered), billing, now)
    return replace(accepted, session=replace(accepted.session, background_hold=None))


def _charged(session: Session, used: UsedTime, billing: Billing, now: datetime) -> AcceptedHeartbeat:
    charged, paid = charge_use(session, used, billing, now)
    return AcceptedHeartbeat(
        session=replace(session, meter=charged.meter, paid=paid_until(session, charged)),
        billing=paid,
        lines=charged.lines,
        added=charged.added,
        beyond_ms=charged.beyond_ms,
    )


def directive_if_too_soon(session: Session, beat: Beat, policy: ReclaimPolicy, now: datetime) -> Directive | None:
    """The directive for a heartbeat that needs no commit, because it comes soon after the previous one and reports
    nothing new; None if it needs one. Its checkpoint, if any, must be committed already, because an answer acknowledges
    it. After a final heartbeat the result is None: the container must be told to stop."""
    if not _comes_soon(session, beat, policy, now):
        return None
    current = directive(session, policy, now)
    return None if _answers_warning(session, beat, current, policy, now) else current


def _comes_soon(session: Session, beat: Beat, policy: ReclaimPolicy, now: datetime) -> bool:
    is_brought = new_checkpoint(session, beat) is not None
    is_restored = beat.restored and session.state == SessionState.OPENING
    is_stopping = (beat.stopping and session.stopping is None) or (beat.stop and session.draining is None)
    if session.seq == 0 or session.final or beat.final or is_brought or is_restored or is_stopping:
        return False
    if beat.connected == session.connected:
        return session.seen <= now < session.seen + timedelta(seconds=policy.interval * SPACING)
    # The first visit of a session that serves is committed at once. A session that does not serve is never charged.
    if not beat.connected or session.least is None or (session.served and session.paid is None):
        return False
    began = session.least - timedelta(seconds=policy.interval)
    return began <= now < began + timedelta(seconds=policy.interval * VISIT_SPACING)


def new_checkpoint(session: Session, beat: Beat) -> Declared | None:
    """The beat's checkpoint; None if it is committed already."""
    if beat.checkpoint is None or is_committed(beat.checkpoint, session.head, writer_of(session, beat)):
        return None
    return beat.checkpoint


def writer_of(session: Session, message: Hello | Beat) -> Writer:
    """The container that sent the message, as the writer of the session's workspace."""
    return Writer(session.wid, message.epoch, message.boot)


def checkpoint_to_verify(session: Session, beat: Beat) -> Declared | None:
    """The beat's checkpoint; None if it is committed already, or if the beat is old."""
    return None if beat.seq <= session.seq else new_checkpoint(session, beat)


def checkpoint_wait(session: Session, beat: Beat, policy: ReclaimPolicy, now: datetime) -> float:
    """Seconds until the heartbeat's checkpoint is accepted; 0 if now, or if there is no checkpoint."""
    if checkpoint_to_verify(session, beat) is None:
        return 0.0
    return wait_seconds(session, policy.saving, now, is_last=beat.final or beat.stopping)


def _answers_warning(session: Session, beat: Beat, current: Directive, policy: ReclaimPolicy, now: datetime) -> bool:
    """Whether the member of a warned session has done something since the warning. The activity must be newer than the
    previous one by the least time between two heartbeats, so that a container which invents signals gains no further
    commits."""
    if current.word != "warn" or beat.connected != session.connected:
        return False
    signals = merge_signals(session.signals, beat.signals.times(), connected=beat.connected, now=now)
    newer = last_activity(replace(session, signals=signals), policy)[0] - last_activity(session, policy)[0]
    return newer >= timedelta(seconds=policy.interval * SPACING)


def _with_decision(session: Session, decision: Decision) -> Session:
    """Sets when to check again. A warning that the answer carries is recorded once, with its reason.

    A session to be reclaimed keeps its earlier `due`. If each heartbeat moved `due`, the sweep might never find the
    session, because the sweep ignores what has become due only now.
    """
    newest = session.decisions[-1] if session.decisions else None
    warned = newest is not None and (newest.verdict, newest.idle_at) == (Verdict.WARN, decision.idle_at)
    if decision.verdict == Verdict.WARN and not warned:
        return session.decide(decision)
    since = session.due if decision.verdict == Verdict.RECLAIM else None
    return replace(session, due=min(since or decision.look, decision.look))


def check_boot(session: Session, beat: Beat | Older) -> None:
    """Raises Stale unless the message comes from the container that owns the session."""
    check_epoch(session, beat.session, beat.epoch)
    if session.boot != beat.boot:
        raise Stale("another container owns the session")


def directive(session: Session, policy: ReclaimPolicy, now: datetime) -> Directive:
    """The directive for the slot of an unchanged session."""
    is_over = session.state in (SessionState.DRAINING, SessionState.ENDED)
    return _directive(session, None if is_over else decide_reclaim(session, policy, now), now)


def _directive(session: Session, decision: Decision | None, now: datetime) -> Directive:
    """`decision` is None if the session's end has begun."""
    # The member can avert idleness by an activity, but not the end of the allowance.
    if decision is None or decision.reason == EndReason.ALLOWANCE:
        return Directive("drain", now)
    warn = session.state == SessionState.ACTIVE and decision.verdict != Verdict.KEEP
    return Directive("warn" if warn else "continue", decision.idle_at)


def new_package(session: Session, beat: Beat) -> Checkpoint | None:
    """The checkpoint of the left-out files in a final beat; None if there is none."""
    return beat.apart if beat.final and beat.seq > session.seq else None


def check_epoch(session: Session, sid: str, epoch: int) -> None:
    if (session.sid, session.epoch) != (sid, epoch):
        raise Stale("another epoch owns the workspace")
    if not session.open:
        raise Stale("the session has ended")


def _time(stamp: float) -> datetime:
    """A reported time, limited to the range of datetime: a hostile value must not crash the function."""
    return datetime.fromtimestamp(min(max(stamp, 0.0), 4e9), UTC)
