"""Sessions: reads, heartbeats, decisions, and the commit that ends one."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec.structs import replace

from shared import logs
from shared.accounts.account import Account
from shared.billing.account import Billing
from shared.billing.metering import close
from shared.gcp.store.accounts import account_ref, left_out_ref, snapshot_ref, workspace_ref
from shared.gcp.store.billing import add_charge, add_lines, read_billing
from shared.gcp.store.database import (
    Commit,
    LostRace,
    Unreadable,
    database,
    document,
    read,
    read_all,
    run_paged,
    run_readable,
)
from shared.gcp.store.slots import slot_ref
from shared.policies import reclaim_policy
from shared.record import Versioned
from shared.sessions.heartbeats import AcceptedHeartbeat, settle
from shared.sessions.session import EndReason, Session, SessionState
from shared.sessions.workspace import Workspace
from shared.slots.slot import Slot, SlotState
from shared.snapshots.checkpoint import Snapshot
from shared.snapshots.left_out import Package
from shared.snapshots.storage_quota import LeftOut

OVERDUE_AT_ONCE = 50
END_ATTEMPTS = 20
"""Heartbeats and decisions come seldom enough that nobody loses so many races."""
READ_AT_ONCE = 200
"""Sessions that one call reads, so that it ends within the time that it is given."""
LAST_WORD_SECONDS = 1.0
"""From the moment that a platform replaces a container until a *stopping* heartbeat of it is committed."""


def session_ref(sid: str) -> firestore.DocumentReference:
    return document("sessions", sid)


def read_session(sid: str) -> Versioned[Session] | None:
    return read(session_ref(sid), Session)


def read_sessions(sids: list[str]) -> dict[str, Session]:
    """Those that exist, by id."""
    found = list[Versioned[Session] | None]()
    for start in range(0, len(sids), READ_AT_ONCE):
        found += read_all([(session_ref(sid), Session) for sid in sids[start : start + READ_AT_ONCE]])
    return {session.record.sid: session.record for session in found if session}


def readable_sessions(sids: list[str]) -> tuple[dict[str, Session], set[str]]:
    """Those that exist, by id; and the ids of those that can't be read, which is told."""
    try:
        return read_sessions(sids), set()
    except Unreadable:
        pass
    found, unreadable = dict[str, Session](), set[str]()
    for sid in sids:
        try:
            found |= read_sessions([sid])
        except Unreadable as e:
            logs.error("unreadable", why=str(e))
            unreadable.add(sid)
    return found, unreadable


def overdue(now: datetime, grace: timedelta) -> list[Session]:
    """Open sessions that somebody should have looked at by now. Ended ones have no `due`."""
    late = database().collection("sessions").where(filter=FieldFilter("due", "<=", now - grace))
    return [found.record for found in run_readable(late.limit(OVERDUE_AT_ONCE), Session)[0]]


def commit_session(before: Versioned[Session], after: Session) -> None:
    """A decision, or the beginning of the end. Raises LostRace."""
    Commit().change(session_ref(after.sid), before, after).run()


def begin_end(sid: str, reason: EndReason, now: datetime) -> Session | None:
    """Have an open session drain, if it does not already; `reclaim` finishes it. None if there is no such session."""
    while True:
        found = read_session(sid)
        if found is None or found.record.state in (SessionState.DRAINING, SessionState.ENDED):
            return found.record if found else None
        draining = found.record.drain(reason, now)
        try:
            commit_session(found, draining)
        except LostRace:
            continue
        return draining


def sign_out_browser(sid: str, browser: str, now: datetime) -> Session | None:
    """Have the session's container let this browser in no more. None if there is no such session, or it has ended."""
    while True:
        found = read_session(sid)
        if found is None or not found.record.open:
            return None
        after = found.record.sign_out(browser, now)
        if after is found.record:
            return after
        try:
            commit_session(found, after)
        except LostRace:
            continue
        return after


def sign_out_everywhere(uid: str, since: datetime, now: datetime) -> str | None:
    """No sign-in from before `since` counts, and the session drains, in one commit; the session's id, if one is open.

    The workspace changes with it, so that a claim which a sign-in of before has begun reads all of it again.
    """
    while True:
        account = read(account_ref(uid), Account)
        if account is None or not account.record.wid:
            return None
        workspace = read(workspace_ref(account.record.wid), Workspace)
        if workspace is None:
            return None
        commit = Commit().change(account_ref(uid), account, account.record.sign_out(since))
        marked = replace(workspace.record, signed_out=now)
        commit.change(workspace_ref(marked.wid), workspace, marked)
        session = read_session(marked.session) if marked.session else None
        if session and session.record.state in (SessionState.OPENING, SessionState.ACTIVE):
            draining = session.record.drain(EndReason.SIGNED_OUT, now)
            commit.change(session_ref(draining.sid), session, draining)
        try:
            commit.run()
        except LostRace:
            continue
        return session.record.sid if session and session.record.open else None


def in_use() -> Iterator[Session]:
    """Those that members may be working in."""
    states = [SessionState.OPENING, SessionState.ACTIVE]
    found = database().collection("sessions").where(filter=FieldFilter("state", "in", states))
    return (session.record for session in run_paged(found, Session, readable=True))


def commit_beat(before: Versioned[Session], billing: Versioned[Billing], accepted: AcceptedHeartbeat) -> None:
    """A heartbeat: lease, charge, ledger and head move together. Raises LostRace."""
    after = accepted.session
    commit = Commit().change(session_ref(after.sid), before, after)
    add_charge(commit, billing, accepted.billing, after.sid, accepted.added)
    add_lines(commit, after.bid, accepted.lines)
    _keep_snapshot(commit, before.record, after)
    if after.apart and after.apart != before.record.apart:
        package = Package(sid=after.sid, head=after.apart, left_out=after.left_out or LeftOut(0, 0))
        commit.create(left_out_ref(after.wid, after.sid), package)
    for snapshot in accepted.forgotten:
        commit.drop(snapshot_ref(after.wid, snapshot))
    commit.run()


def _keep_snapshot(commit: Commit, before: Session, after: Session) -> None:
    """The document of a new head, or of one that a clean stop has made the session's last."""
    head = after.head
    if head is None:
        return
    snapshot = Snapshot(sid=after.sid, head=head, final=after.final, changes=after.changes)
    if head != before.head:
        commit.create(snapshot_ref(after.wid, head.snapshot), snapshot)
    elif after.final and any(save.snapshot == head.snapshot for save in after.saves):
        commit.replace(snapshot_ref(after.wid, head.snapshot), snapshot)


def end_session(sid: str, now: datetime, reason: EndReason | None = None) -> Session:
    """End a session in one commit: its record, the ledger, the workspace freed with the head, the slot recycling.

    Idempotent: one that has ended is returned as it is. `reason` replaces the one it was drained for.
    Raises LookupError if there is no such session, and LostRace if it can't be ended: then something stands where its
    ledger line belongs.
    """
    for _ in range(END_ATTEMPTS):
        session = read_session(sid)
        if session is None:
            raise LookupError(f"session {sid} is missing")
        if not session.record.open:
            return session.record
        with suppress(LostRace):
            return _commit_end(session, now, reason)
    raise LostRace(f"session {sid} can't be ended")


def lose_session(sid: str, now: datetime, unless: Callable[[Session], bool] = lambda _session: False) -> bool:
    """End a session whose container is gone; False if it is about to say its last word, or has said it, or `unless`.

    A container that is being stopped says so first. Its word may be a moment behind the answer of its replacement.
    """
    time.sleep(LAST_WORD_SECONDS)
    found = read_session(sid)
    if found is None or found.record.state in (SessionState.DRAINING, SessionState.ENDED) or unless(found.record):
        return False
    end_session(sid, now, EndReason.LOST)
    return True


def note_silence(sid: str, patience: float, now: datetime) -> bool:
    """Nobody answers at the session's slot: write it down, and after `patience` seconds of it end the session as lost.
    Whether that was done."""
    while True:
        found = read_session(sid)
        if found is None or found.record.state in (SessionState.DRAINING, SessionState.ENDED):
            return False
        if found.record.is_silent_for(patience, now):
            return lose_session(sid, now, unless=lambda session: not session.is_silent_for(patience, now))
        after = found.record.not_answered(now)
        if after == found.record:
            return False
        with suppress(LostRace):
            commit_session(found, after)
            return False


def note_answer(session: Session) -> None:
    """The session's container has answered, whatever it said."""
    found = read_session(session.sid) if session.silent_since else None
    if found and found.record.open and found.record.silent_since:
        with suppress(LostRace):  # by its heartbeat, perhaps
            commit_session(found, replace(found.record, unanswered=None))


def _payer(bid: str) -> Versioned[Billing] | None:
    """None where it was erased or can't be read: every session ends all the same."""
    try:
        return read_billing(bid)
    except (LookupError, Unreadable) as e:
        logs.error("no-payer", billing=bid, why=str(e))
        return None


def _commit_end(session: Versioned[Session], now: datetime, reason: EndReason | None) -> Session:
    before = session.record
    workspace: Versioned[Workspace] | None
    slot: Versioned[Slot] | None
    workspace, slot = read_all([(workspace_ref(before.wid), Workspace), (slot_ref(before.slot), Slot)])
    billing = _payer(before.bid)
    settled = settle(before, billing.record, reclaim_policy(billing.record.plan), now) if billing else None
    after = settled.session if settled else before
    meter, lines = close(after.meter, before.spender, now)
    ended = replace(after.end(now, reason), meter=meter)
    commit = Commit().change(session_ref(before.sid), session, ended)
    if billing and settled:
        add_charge(commit, billing, settled.billing, before.sid, settled.added)
    add_lines(commit, before.bid, [*(settled.lines if settled else ()), *lines])
    if workspace and workspace.record.session == before.sid:
        commit.change(
            workspace_ref(before.wid),
            workspace,
            workspace.record.free(ended, now),
        )
    if slot and slot.record.session == before.sid and slot.record.state == SlotState.CLAIMED:
        commit.change(slot_ref(before.slot), slot, slot.record.recycle(now))
    commit.run()
    return ended
