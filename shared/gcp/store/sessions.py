"""Sessions: reads, heartbeats, decisions, and the commit that ends a session."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct
from msgspec.structs import replace

from shared import logs, machine
from shared.accounts.account import Account
from shared.billing.account import Billing
from shared.billing.metering import close
from shared.gcp.store.accounts import account_ref, find_reader, left_out_ref, snapshot_ref, workspace_ref
from shared.gcp.store.billing import add_charge, add_lines, read_billing
from shared.gcp.store.database import (
    Commit,
    LostRace,
    Unreadable,
    database,
    document,
    read,
    read_all,
    run_count,
    run_paged,
    run_readable,
)
from shared.gcp.store.mails import add_mail
from shared.gcp.store.nearly_used import tell_nearly_used
from shared.gcp.store.races import until_won
from shared.gcp.store.slots import slot_ref
from shared.gcp.store.team_storage import put_stored
from shared.mail.about_session import is_due, mail_about_left_out
from shared.policies import reclaim_policy
from shared.record import Versioned
from shared.sessions.heartbeats import AcceptedHeartbeat, charge_at_end
from shared.sessions.session import EndReason, Session, SessionState, sign_in_id
from shared.sessions.workspace import Workspace
from shared.slots.slot import Slot, SlotState
from shared.snapshots.checkpoint import Snapshot
from shared.snapshots.left_out import Package
from shared.snapshots.storage_quota import LeftOut

OVERDUE_AT_ONCE = 50
READ_AT_ONCE = 200
"""Sessions in one call, so that it ends within its time limit."""
LAST_WORD_SECONDS = 1.0
"""Seconds from the platform's replacement of a container until a *stopping* heartbeat of the old one is committed."""


class Opened(Struct, frozen=True):
    """The time at which a session was opened."""

    opened: datetime


def session_ref(sid: str) -> firestore.DocumentReference:
    return document("sessions", sid)


def read_session(sid: str) -> Versioned[Session] | None:
    return read(session_ref(sid), Session)


def read_sessions(sids: list[str]) -> dict[str, Session]:
    """Existing sessions, by id."""
    sessions = list[Versioned[Session] | None]()
    for start in range(0, len(sids), READ_AT_ONCE):
        sessions += read_all([(session_ref(sid), Session) for sid in sids[start : start + READ_AT_ONCE]])
    return {session.record.sid: session.record for session in sessions if session}


def readable_sessions(sids: list[str]) -> tuple[dict[str, Session], set[str]]:
    """Existing sessions by id, and the ids of unreadable ones, which are logged."""
    try:
        return read_sessions(sids), set()
    except Unreadable:
        pass
    sessions, unreadable = dict[str, Session](), set[str]()
    for sid in sids:
        try:
            sessions |= read_sessions([sid])
        except Unreadable as e:
            logs.error("record-unreadable", reason=str(e))
            unreadable.add(sid)
    return sessions, unreadable


def overdue(now: datetime, grace: timedelta) -> list[Session]:
    """Open sessions whose check is overdue by `grace`. An ended session has no `due`."""
    late = database().collection("sessions").where(filter=FieldFilter("due", "<=", now - grace))
    return [session.record for session in run_readable(late.limit(OVERDUE_AT_ONCE), Session)[0]]


def commit_session(before: Versioned[Session], after: Session) -> None:
    """Commits a decision or the beginning of the end. Raises LostRace."""
    Commit().change(session_ref(after.sid), before, after).run()


@until_won()
def begin_end(sid: str, reason: EndReason, now: datetime) -> Session | None:
    """Begins the end of an open session, unless it has begun; `reclaim` finishes it. None if there is no such
    session."""
    session = read_session(sid)
    if session is None or session.record.state in (SessionState.DRAINING, SessionState.ENDED):
        return session.record if session else None
    draining = session.record.drain(reason, now)
    commit_session(session, draining)
    return draining


def note_entry(session: Session, issued: datetime | None) -> bool:
    """Records that somebody enters with an ID token issued at `issued`. False if the session is ending."""
    return session.enter(issued) is session or _note_entry(session.sid, issued)


@until_won()
def _note_entry(sid: str, issued: datetime | None) -> bool:
    session = read_session(sid)
    if session is None or session.record.state in (SessionState.DRAINING, SessionState.ENDED):
        return False
    after = session.record.enter(issued)
    if after is not session.record:
        commit_session(session, after)
    return True


def sign_out_here(uid: str, signed_in: datetime | None, browser: str | None, now: datetime) -> None:
    """Ends this sign-in, and has the session's container refuse the sign-in and the browser, in one commit."""
    names = [name for name in (browser, sign_in_id(signed_in)) if name]

    def ended(account: Account) -> Account:
        return account.end_sign_in(signed_in) if signed_in else account

    commit_sign_out(uid, ended, lambda session: session.sign_out(names, now), now)


def sign_out_everywhere(uid: str, since: datetime, now: datetime) -> str | None:
    """Ends all sign-ins from before `since`, and begins the session's end, in one commit. Returns the open session's
    id."""

    def drained(session: Session) -> Session:
        return session if session.state == SessionState.DRAINING else session.drain(EndReason.SIGNED_OUT, now)

    return commit_sign_out(uid, lambda account: account.sign_out(since), drained, now)


@until_won()
def commit_sign_out(
    uid: str, ended: Callable[[Account], Account], left: Callable[[Session], Session], now: datetime
) -> str | None:
    """Changes the account and its open session in one commit. Returns the session's id.

    The workspace is written too, so that a claim by an earlier sign-in loses its race and reads again.
    """
    account = read(account_ref(uid), Account)
    if account is None or not account.record.wid:
        return None
    workspace = read(workspace_ref(account.record.wid), Workspace)
    if workspace is None:
        return None
    commit = Commit().change(account_ref(uid), account, ended(account.record))
    marked = replace(workspace.record, signed_out=now)
    commit.change(workspace_ref(marked.wid), workspace, marked)
    session = read_session(marked.session) if marked.session else None
    is_open = session is not None and session.record.open
    if session and is_open and (after := left(session.record)) is not session.record:
        commit.change(session_ref(after.sid), session, after)
    commit.run()
    return session.record.sid if session and is_open else None


def sessions_in_use() -> Iterator[Session]:
    """Sessions in which members may be working."""
    states = [SessionState.OPENING, SessionState.ACTIVE]
    matching = database().collection("sessions").where(filter=FieldFilter("state", "in", states))
    return (session.record for session in run_paged(matching, Session, readable=True))


def count_sessions(state: SessionState) -> int:
    return run_count(database().collection("sessions").where(filter=FieldFilter("state", "==", state)))


def open_sessions(after: str | None, limit: int) -> list[Session]:
    """Sessions that have not ended, by id; with `after`, those behind this id."""
    states = [state for state in SessionState if state != SessionState.ENDED]
    found = database().collection("sessions").where(filter=FieldFilter("state", "in", states)).order_by("__name__")
    if after:
        found = found.start_after({"__name__": session_ref(after)})
    return [session.record for session in run_readable(found.limit(limit), Session)[0]]


def sessions_of(uid: str, before: datetime | None, limit: int) -> list[Session]:
    """A member's sessions, newest first; with `before`, only those opened earlier."""
    own = database().collection("sessions").where(filter=FieldFilter("uid", "==", uid))
    own = own.order_by("opened", direction=firestore.Query.DESCENDING)
    if before:
        own = own.start_after({"opened": before})
    return [session.record for session in run_readable(own.limit(limit), Session)[0]]


def newest_sessions(since: datetime, limit: int) -> list[Session]:
    """The sessions that were opened last, newest first, none of before `since`."""
    recent = database().collection("sessions").where(filter=FieldFilter("opened", ">=", since))
    recent = recent.order_by("opened", direction=firestore.Query.DESCENDING)
    return [session.record for session in run_readable(recent.limit(limit), Session)[0]]


def opened_between(since: datetime, until: datetime, most: int) -> list[datetime]:
    """When the first sessions of this time were opened, oldest first. Sessions are read for nothing else."""
    opened = database().collection("sessions").where(filter=FieldFilter("opened", ">=", since))
    opened = opened.where(filter=FieldFilter("opened", "<", until)).order_by("opened").select(["opened"])
    return [session.record.opened for session in run_readable(opened.limit(most), Opened)[0]]


def newest_cold(limit: int) -> list[Session]:
    """The sessions that were opened last on a slot without a warm container, newest first."""
    cold = database().collection("sessions").where(filter=FieldFilter("opening.cold", "==", True))
    cold = cold.order_by("opened", direction=firestore.Query.DESCENDING)
    return [session.record for session in run_readable(cold.limit(limit), Session)[0]]


def commit_beat(before: Versioned[Session], billing: Versioned[Billing], accepted: AcceptedHeartbeat) -> None:
    """Commits a heartbeat: lease, charge, ledger and head change together. Raises LostRace."""
    after = accepted.session
    commit = Commit().change(session_ref(after.sid), before, after)
    charged = tell_nearly_used(commit, accepted.billing, after.seen) if accepted.added else accepted.billing
    add_charge(commit, billing, charged, after.sid, accepted.added)
    add_lines(commit, after.bid, accepted.lines)
    _keep_snapshot(commit, before.record, after)
    if after.stored_in and after.storage and after.storage != before.record.storage:
        put_stored(commit, after.stored_in, after.wid, after.uid, after.storage.used)
    if after.apart and after.apart != before.record.apart:
        left_out = after.left_out or LeftOut(0, 0)
        package = Package(sid=after.sid, head=after.apart, left_out=left_out, plan=after.plan)
        commit.create(left_out_ref(after.wid, after.sid), package)
    for snapshot in accepted.forgotten:
        commit.drop(snapshot_ref(after.wid, snapshot))
    commit.run()


def _keep_snapshot(commit: Commit, before: Session, after: Session) -> None:
    """Writes the document of a new head, or marks the head as the session's last snapshot."""
    head = after.head
    if head is None:
        return
    # The plan of when the head was saved: a final beat may come under another one.
    plan = next((save.plan for save in after.saves if save.snapshot == head.snapshot), None)
    snapshot = Snapshot(sid=after.sid, head=head, final=after.final, changes=after.changes, plan=plan)
    if head != before.head:
        commit.create(snapshot_ref(after.wid, head.snapshot), snapshot)
    elif after.final and any(save.snapshot == head.snapshot for save in after.saves):
        commit.replace(snapshot_ref(after.wid, head.snapshot), snapshot)


@until_won("The session can't be ended now.")
def end_session(sid: str, now: datetime, reason: EndReason | None = None, detail: str = "") -> Session:
    """Ends a session in one commit: its record, the ledger, the workspace with the new head, and the slot, which is
    recycled.

    Idempotent: an ended session is returned as it is. `reason` replaces the reason of the drain. `detail` is for the
    log, which has one line for each end. Raises LookupError if there is no such session, and TryAgain if it can't be
    ended: another document may stand where its ledger line belongs.
    """
    session = read_session(sid)
    if session is None:
        raise LookupError(f"session {sid} is missing")
    if not session.record.open:
        return session.record
    ended = commit_end(session, now, reason)
    logs.info("session-ended", session=sid, slot=ended.slot, reason=ended.reason, detail=detail)
    return ended


def lose_session(sid: str, now: datetime, unless: Callable[[Session], bool] = lambda _session: False) -> bool:
    """Ends a session whose container is gone. False if its last heartbeat has arrived or may still arrive, or if
    `unless` holds.

    A container that the platform stops sends a heartbeat first. That heartbeat may arrive a moment after the
    replacement's answer.
    """
    machine.sleep(LAST_WORD_SECONDS)
    session = read_session(sid)
    if session is None or session.record.state in (SessionState.DRAINING, SessionState.ENDED) or unless(session.record):
        return False
    end_session(sid, now, EndReason.LOST)
    return True


@until_won()
def note_silence(sid: str, patience: float, now: datetime) -> bool:
    """Records that the session's slot does not answer, and ends the session as lost after `patience` seconds of
    silence. Returns whether it was ended."""
    session = read_session(sid)
    if session is None or session.record.state in (SessionState.DRAINING, SessionState.ENDED):
        return False
    if session.record.is_silent_for(patience, now):
        return lose_session(sid, now, unless=lambda session: not session.is_silent_for(patience, now))
    after = session.record.not_answered(now)
    if after != session.record:
        commit_session(session, after)
    return False


def note_answer(session: Session) -> None:
    """Records that the session's container has answered."""
    read_again = read_session(session.sid) if session.silent_since else None
    if read_again and read_again.record.open and read_again.record.silent_since:
        with suppress(LostRace):  # perhaps the race was lost to its heartbeat
            commit_session(read_again, replace(read_again.record, unanswered=None))


def _payer(bid: str) -> Versioned[Billing] | None:
    """The billing account; None if it was erased or can't be read, because the session must end anyway."""
    try:
        return read_billing(bid)
    except (LookupError, Unreadable) as e:
        logs.error("billing-missing", billing=bid, reason=str(e))
        return None


def commit_end(session: Versioned[Session], now: datetime, reason: EndReason | None) -> Session:
    before = session.record
    workspace: Versioned[Workspace] | None
    slot: Versioned[Slot] | None
    workspace, slot = read_all([(workspace_ref(before.wid), Workspace), (slot_ref(before.slot), Slot)])
    billing = _payer(before.bid)
    settled = charge_at_end(before, billing.record, reclaim_policy(billing.record.plan), now) if billing else None
    after = settled.session if settled else before
    meter, lines = close(after.meter, before.ledger_owner, now)
    ended = replace(after.end(now, reason), meter=meter)
    commit = Commit().change(session_ref(before.sid), session, ended)
    if billing and settled:
        charged = tell_nearly_used(commit, settled.billing, now) if settled.added else settled.billing
        add_charge(commit, billing, charged, before.sid, settled.added)
    add_lines(commit, before.bid, [*(settled.lines if settled else ()), *lines])
    if workspace and workspace.record.session == before.sid:
        freed = _told(commit, workspace.record.free(ended, now), ended, billing.record if billing else None, now)
        commit.change(workspace_ref(before.wid), workspace, freed)
    if slot and slot.record.session == before.sid and slot.record.state == SlotState.CLAIMED:
        never_served = not ended.served and ended.reason in (EndReason.NEVER_OPENED, EndReason.LOST)
        why = f"session {before.sid} ended: {ended.reason}"
        left = slot.record.after_session(now, why, unserved=ended.sid if never_served else None)
        commit.change(slot_ref(before.slot), slot, left)
    commit.run()
    return ended


def _told(commit: Commit, workspace: Workspace, ended: Session, billing: Billing | None, now: datetime) -> Workspace:
    """The workspace, and in the commit the mail that is due because the session left something out."""
    if ended.left_out is None or not is_due(ended.left_out, workspace.told_left_out, now):
        return workspace
    reader = find_reader(ended.uid, billing.zone if billing else "UTC")
    if reader is None:
        return workspace
    add_mail(commit, mail_about_left_out(ended.sid, ended.left_out, ended.apart, reader, now))
    return replace(workspace, told_left_out=now)
