"""What operators change: each change in one commit with its line in the audit log, once for each request; and who is
one, which is no record of Firestore's."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from google.cloud import firestore
from msgspec import Struct, to_builtins
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState, SuspendedFor
from shared.accounts.address_marks import AddressMark, lifted
from shared.accounts.audit import AuditLine, Values
from shared.accounts.operator_limits import Limits
from shared.billing.account import Billing
from shared.billing.time_allowance import grant, period_of
from shared.errors import Conflict, Refused, TryAgain
from shared.gcp.store.accounts import account_ref, mark_ref, read_workspace, workspace_ref
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit, LostRace, database, document, read, run
from shared.gcp.store.limits import limits_ref, read_limits
from shared.gcp.store.sessions import read_session, session_ref
from shared.record import Versioned
from shared.sessions.session import EndReason, SessionState

ATTEMPTS = 20
"""A shared billing account is written by the heartbeats of all of its sessions."""


Records = list[tuple[firestore.DocumentReference, Versioned[Any] | None, Any]]
"""Each as it was read, None if it was not there, and as it will be, None if it is deleted."""


class Change(Struct, frozen=True):
    """What a request changes, told as it was and as it will be."""

    before: Values
    after: Values
    records: Records


def audit_ref(request: str) -> firestore.DocumentReference:
    return document("audit", request)


def read_audit(request: str) -> AuditLine | None:
    found = read(audit_ref(request), AuditLine)
    return found.record if found else None


def audit_lines(before: AuditLine | None, limit: int) -> list[AuditLine]:
    """Newest first; those older than `before`, if it is given."""
    newest = database().collection("audit").order_by("at", direction=firestore.Query.DESCENDING)
    newest = newest.order_by("__name__", direction=firestore.Query.DESCENDING)
    if before:
        # lines of one moment are told apart by their names
        newest = newest.start_after({"at": before.at, "__name__": audit_ref(before.request)})
    return [found.record for found in run(newest.limit(limit), AuditLine)]


def read_account(uid: str) -> Versioned[Account]:
    """Raises Refused if there is none, and Conflict if it was deleted."""
    found = read(account_ref(uid), Account)
    if found is None:
        said = "Nobody with this uid has an account. People have one from their first sign-in on."
        raise Refused("not-found", said, status=404)
    if found.record.state == AccountState.DELETED:
        raise Conflict("account-closed", "This account was deleted. There is nothing left to look at or to change.")
    return found


def set_plan(line: AuditLine, uid: str, plan: str) -> AuditLine:
    """A running session goes by it from its next heartbeat on, and so do those of whoever shares the billing account.

    Raises what read_account does, and Conflict.
    """

    def change() -> Change:
        billing = read_billing(read_account(uid).record.bid)
        after = replace(billing.record, plan=plan)
        whose: Values = {"billing": after.bid}
        records: Records = [(billing_ref(after.bid), billing, after)]
        return Change({**whose, "plan": billing.record.plan}, {**whose, "plan": plan}, records)

    return _once(line, change)


def grant_time(line: AuditLine, uid: str, seconds: int, now: datetime) -> AuditLine:
    """More time in the present period of the plan, for all who share it. Raises what read_account and grant do, and
    Conflict."""

    def change() -> Change:
        billing = read_billing(read_account(uid).record.bid)
        after = grant(billing.record, seconds, now)
        records: Records = [(billing_ref(after.bid), billing, after)]
        return Change(_granted(billing.record, now), _granted(after, now), records)

    return _once(line, change)


def _granted(billing: Billing, now: datetime) -> Values:
    period = period_of(billing, now).id
    return {"billing": billing.bid, "period": period, "granted": billing.granted.get(period, 0) // 1000}


def suspend_account(line: AuditLine, uid: str, now: datetime, reason: SuspendedFor = SuspendedFor.ABUSE) -> AuditLine:
    """Close the workspace to claims and begin the end of its session, whose id is in `after`, at once.

    The workspace is what a claim is guarded by: one that is faster is read again and its session ended, one that is
    slower finds the mark. Raises what read_account does, and Conflict.
    """

    def change() -> Change:
        account = read_account(uid)
        workspace = read_workspace(account.record.wid)
        before, sid = account.record, workspace.record.session
        is_suspended = before.state == AccountState.SUSPENDED
        suspended = replace(before, suspended_for=reason) if is_suspended else before.suspend(reason)
        records: Records = [
            (account_ref(uid), account, suspended),
            (workspace_ref(before.wid), workspace, workspace.record.suspend()),
        ]
        session = read_session(sid) if sid else None
        if session and session.record.state in (SessionState.OPENING, SessionState.ACTIVE):
            records.append((session_ref(session.record.sid), session, session.record.drain(EndReason.SUSPENDED, now)))
        return Change({"state": before.state}, {"state": suspended.state, "session": sid}, records)

    return _once(line, change)


def resume_account(line: AuditLine, uid: str, now: datetime) -> AuditLine:
    """Open to claims again, and so is whoever comes with its address. Raises what read_account does, and Conflict."""

    def change() -> Change:
        account = read_account(uid)
        workspace = read_workspace(account.record.wid)
        before = account.record
        active = before if before.state == AccountState.ACTIVE else before.resume()
        records: Records = [
            (account_ref(uid), account, active),
            (workspace_ref(before.wid), workspace, workspace.record.resume()),
        ]
        mark = read(mark_ref(before.mark), AddressMark) if before.mark else None
        if mark and mark.record.suspended:
            records.append((mark_ref(mark.record.mark), mark, lifted(mark.record, now)))
        return Change({"state": before.state}, {"state": active.state}, records)

    return _once(line, change)


def lift_suspension(line: AuditLine, mark: str, now: datetime) -> AuditLine:
    """Of an account that was erased while it was suspended: whoever comes again with its address is not. Raises Refused
    if there is none, and Conflict."""

    def change() -> Change:
        found = read(mark_ref(mark), AddressMark)
        if found is None or not found.record.suspended:
            raise Refused("not-found", "No account with this address was suspended when it was erased.", status=404)
        records: Records = [(mark_ref(mark), found, lifted(found.record, now))]
        return Change({"suspended": True}, {"suspended": False}, records)

    return _once(line, change)


def set_limits(line: AuditLine, asked: Values) -> AuditLine:
    """Those that are `asked` for, by name; the others stay. Raises Conflict."""

    def change() -> Change:
        found = read_limits()
        before = found.record if found else Limits()
        after = replace(before, **asked)
        return Change(to_builtins(before), to_builtins(after), [(limits_ref(), found, after)])

    return _once(line, change)


def tell_of_operator(line: AuditLine, *, before: bool, after: bool) -> AuditLine:
    """The line of what is changed in Firebase Auth, where no commit reaches: whether somebody is an operator."""
    return _once(line, lambda: Change({"operator": before}, {"operator": after}, []))


def _once(line: AuditLine, change: Callable[[], Change]) -> AuditLine:
    """The line of the change, now or when the request came first. Raises Conflict if that asked for something else."""
    for _ in range(ATTEMPTS):
        if first := read_audit(line.request):
            line.check_repeats(first)
            return first
        changed = change()
        made = replace(line, before=changed.before, after=changed.after)
        commit = Commit().create(audit_ref(made.request), made)
        for reference, before, after in changed.records:
            if before is None:
                commit.create(reference, after)
            elif after is None:
                commit.delete(reference, before)
            else:
                commit.change(reference, before, after)
        try:
            commit.run()
        except LostRace:
            continue
        return made
    raise TryAgain("too-busy", "This account changes too fast at the moment. Try again.")
