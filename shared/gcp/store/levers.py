"""What operators ask of the pool and of open sessions: each in one commit with its line in the audit log, and once for
each request id."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from shared.accounts.audit import AuditLine, Values
from shared.accounts.operator_limits import Limits
from shared.errors import Refused
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.limits import limits_ref, read_limits
from shared.gcp.store.operators import Change, Records, commit_once, read_account
from shared.gcp.store.sessions import read_session, session_ref
from shared.gcp.store.slots import levers_ref, read_levers, read_slot, slot_ref
from shared.gcp.store.snapshots import read_snapshot
from shared.record import Versioned
from shared.sessions.session import EndReason, Session
from shared.slots.levers import PoolLevers, PoolSize, check_size, may_be_ended, quarantined, recycled
from shared.slots.slot import Slot
from shared.slots.warm_policies import Announcement

SlotLever = Callable[[Slot, str, datetime], Slot]
"""The slot after an operator's request, for a reason."""


def set_pool(line: AuditLine, settings: PoolSize) -> AuditLine:
    """Sets the numbers of slots and the policy in `asked`, by name; the others stay. Without an operator those of
    `settings` hold. Raises Refused and Conflict."""

    def change() -> Change:
        levers = read_levers()
        before = levers.record if levers else PoolLevers()
        after = before.asked(line.asked)
        check_size(after, settings)
        return Change(before.values(), after.values(), [(levers_ref(), levers, after)])

    return commit_once(line, change)


def announce(line: AuditLine, starts: datetime, members: int, settings: PoolSize, now: datetime) -> AuditLine:
    """Has slots warm for members who will come together; the announcement has the request's id. `settings` as of
    `set_pool`. Raises Refused and Conflict."""
    announcement = Announcement(id=line.request, starts=starts, members=members)

    def change() -> Change:
        levers = read_levers()
        after = (levers.record if levers else PoolLevers()).announce(announcement, settings, now)
        return Change({}, _announced(announcement), [(levers_ref(), levers, after)])

    return commit_once(line, change)


def take_back_announcement(line: AuditLine, announcement: str) -> AuditLine:
    """Raises Refused if there is none with this id, and Conflict."""

    def change() -> Change:
        levers = read_levers()
        before = levers.record if levers else PoolLevers()
        after = before.take_back(announcement)
        [taken] = (each for each in before.announced if each.id == announcement)
        return Change(_announced(taken), {}, [(levers_ref(), levers, after)])

    return commit_once(line, change)


def _announced(announcement: Announcement) -> Values:
    return {"starts": announcement.starts.isoformat(), "members": announcement.members}


def drain_all(line: AuditLine, now: datetime, *, close: bool) -> AuditLine:
    """Has `pool` end all sessions that are open now, and closes new sessions with `close`. Raises Conflict."""

    def change() -> Change:
        levers, limits = read_levers(), read_limits()
        before = limits.record if limits else Limits()
        after = replace(before, new_sessions=False) if close else before
        drained = replace(levers.record if levers else PoolLevers(), drained=now)
        records: Records = [(levers_ref(), levers, drained)]
        if after != before:
            records.append((limits_ref(), limits, after))
        return Change({"new_sessions": before.new_sessions}, {"new_sessions": after.new_sessions}, records)

    return commit_once(line, change)


def recycle_slot(line: AuditLine, name: str, now: datetime) -> AuditLine:
    """Has the slot replaced by a fresh container. The session of a claimed one begins to end, and its id is in `after`.
    Raises Refused without such a slot, and Conflict."""
    return commit_once(line, lambda: _slot_change(name, recycled, line, now))


def quarantine_slot(line: AuditLine, name: str, now: datetime) -> AuditLine:
    """Takes the slot out of use. As `recycle_slot`."""
    return commit_once(line, lambda: _slot_change(name, quarantined, line, now))


def end_session_of(line: AuditLine, uid: str, now: datetime) -> AuditLine:
    """Begins the end of the member's open session. Raises Refused if there is none, what read_account does, and
    Conflict."""

    def change() -> Change:
        sid = read_workspace(read_account(uid).record.wid).record.session
        session = read_session(sid) if sid else None
        if session is None or not session.record.open:
            raise Refused("not-found", "This member has no open session.", status=404)
        state = session.record.state
        return Change({"session": sid, "state": state}, {"session": sid, "state": "draining"}, _ending(session, now))

    return commit_once(line, change)


def choose_snapshot(line: AuditLine, uid: str, snapshot: str | None) -> AuditLine:
    """Writes the line of a download on the member's behalf; `workspace` and `snapshot` in `after` say of what. Without
    `snapshot` it is the newest one. Raises Refused if there is none, what read_account does, and Conflict."""

    def change() -> Change:
        workspace = read_workspace(read_account(uid).record.wid).record
        session = read_session(workspace.session) if workspace.session else None
        head = session.record.head if session else workspace.head
        wanted = snapshot or (head.snapshot if head else None)
        if wanted is None or read_snapshot(workspace.wid, wanted) is None:
            raise Refused("not-found", "This member has no such snapshot.", status=404)
        return Change({}, {"workspace": workspace.wid, "snapshot": wanted}, [])

    return commit_once(line, change)


def _slot_change(name: str, changed: SlotLever, line: AuditLine, now: datetime) -> Change:
    slot = read_slot(name)
    if slot is None:
        raise Refused("not-found", "There is no such slot. Perhaps it was replaced: load the list again.", status=404)
    before = slot.record
    # the operator's words are in the audit log, which erasing a member reaches; the slot has the request's id
    after = changed(before, f"operator's request {line.request}", now)
    records: Records = [(slot_ref(name), slot, after)]
    session = read_session(before.session) if before.session else None
    records += _ending(session, now)
    return Change(
        {"slot": name, "state": before.state},
        {"slot": name, "state": after.state, "session": session.record.sid if session else None},
        records,
    )


def _ending(session: Versioned[Session] | None, now: datetime) -> Records:
    if session is None or not may_be_ended(session.record):
        return []
    return [(session_ref(session.record.sid), session, session.record.drain(EndReason.OPERATOR, now))]
