"""Changes by operators: each in one commit with its line in the audit log, and once for each request id. Who is an
operator or an auditor is no record of Firestore, but a claim in Firebase Auth."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct, to_builtins
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState, SuspendedFor, SuspensionNotice
from shared.accounts.address_marks import AddressMark, lifted
from shared.accounts.audit import AuditLine, Values
from shared.accounts.operator_limits import Limits
from shared.accounts.roles import Role
from shared.billing.account import Billing
from shared.billing.payer import with_payer
from shared.billing.time_allowance import grant, period_of
from shared.errors import Conflict, Refused
from shared.gcp.store.accounts import account_ref, mark_ref, read_workspace, workspace_ref
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit, database, document, read, run
from shared.gcp.store.limits import limits_ref, read_limits
from shared.gcp.store.races import until_won
from shared.gcp.store.sessions import read_session, session_ref
from shared.gcp.store.subscriptions import payer_ref, read_payer
from shared.record import Versioned
from shared.sessions.session import EndReason, SessionState

Records = list[tuple[firestore.DocumentReference, Versioned[Any] | None, Any]]
"""Each document's reference, the record as it was read (None if absent), and the new record (None to delete)."""


class Change(Struct, frozen=True):
    """What a request changes: the values before and after, and the records."""

    before: Values
    after: Values
    records: Records


def audit_ref(request: str) -> firestore.DocumentReference:
    return document("audit", request)


def read_audit(request: str) -> AuditLine | None:
    line = read(audit_ref(request), AuditLine)
    return line.record if line else None


def audit_lines(before: AuditLine | None, limit: int, target: str | None = None) -> list[AuditLine]:
    """Audit lines, newest first; with `before`, only older ones; with `target`, only those about this account."""
    lines: Any = database().collection("audit")
    if target:
        lines = lines.where(filter=FieldFilter("target", "==", target))
    newest = lines.order_by("at", direction=firestore.Query.DESCENDING)
    newest = newest.order_by("__name__", direction=firestore.Query.DESCENDING)
    if before:
        # lines of the same time are ordered by their names
        newest = newest.start_after({"at": before.at, "__name__": audit_ref(before.request)})
    return [line.record for line in run(newest.limit(limit), AuditLine)]


def read_account(uid: str) -> Versioned[Account]:
    """The account. Raises Refused if there is none, and Conflict if it is deleted."""
    account = read(account_ref(uid), Account)
    if account is None:
        detail = "No account has this uid. An account is created at the first sign-in."
        raise Refused("not-found", detail, status=404)
    if account.record.state == AccountState.DELETED:
        raise Conflict("account-closed", "This account was deleted. Nothing is left to show or change.")
    return account


def set_plan(line: AuditLine, uid: str, plan: str, *, of_team: bool = False) -> AuditLine:
    """Sets the plan. Open sessions of all who share the billing account follow it from their next heartbeat on.

    Subscriptions that began before are replaced: `cancels` in `after` names those that must be cancelled at the payment
    provider. Raises what read_account does, and Conflict.
    """

    def change() -> Change:
        billing = _billing_of(uid, of_team=of_team)
        payer = read_payer(billing.record.bid)
        after = replace(billing.record, plan=plan)
        before_values: Values = {"billing": after.bid, "plan": billing.record.plan}
        after_values: Values = {"billing": after.bid, "plan": plan}
        records: Records = [(billing_ref(after.bid), billing, after)]
        if payer is not None:
            paying = payer.record.given(plan, line.at)
            records = [(payer_ref(after.bid), payer, paying)]
            if (paid := with_payer(billing.record, paying)) != billing.record:
                records.append((billing_ref(after.bid), billing, paid))
            after_values["cancels"] = " ".join(paying.standing.cancel) or None
        return Change(before_values, after_values, records)

    return commit_once(line, change)


def grant_time(line: AuditLine, uid: str, seconds: int, now: datetime, *, of_team: bool = False) -> AuditLine:
    """Adds time to the plan's current period, for all who share the billing account. Raises what read_account and grant
    do, and Conflict."""

    def change() -> Change:
        billing = _billing_of(uid, of_team=of_team)
        after = grant(billing.record, seconds, now)
        records: Records = [(billing_ref(after.bid), billing, after)]
        return Change(_granted(billing.record, now), _granted(after, now), records)

    return commit_once(line, change)


def _billing_of(uid: str, *, of_team: bool) -> Versioned[Billing]:
    """The person's own billing account, or their team's. Raises what read_account does, and Refused without a team."""
    account = read_account(uid).record
    if not of_team:
        return read_billing(account.bid)
    if account.team is None:
        raise Refused("not-found", "This person is in no team.", status=404)
    return read_billing(account.team.bid)


def _granted(billing: Billing, now: datetime) -> Values:
    period = period_of(billing, now).id
    return {"billing": billing.bid, "period": period, "granted": billing.granted.get(period, 0) // 1000}


def suspend_account(
    line: AuditLine,
    uid: str,
    now: datetime,
    reason: SuspendedFor = SuspendedFor.ABUSE,
    notice: SuspensionNotice | None = None,
) -> AuditLine:
    """Closes the workspace to claims and begins the end of its session, whose id is in `after`.

    A claim is guarded by the workspace. If the claim is faster, the workspace is read again and its session ended; if
    it is slower, the claim finds the workspace suspended. Raises what read_account does, and Conflict.
    """

    def change() -> Change:
        account = read_account(uid)
        workspace = read_workspace(account.record.wid)
        before, sid = account.record, workspace.record.session
        suspended = before if before.state == AccountState.SUSPENDED else before.suspend()
        suspended = replace(suspended, suspended_for=reason, suspension_notice=notice)
        records: Records = [
            (account_ref(uid), account, suspended),
            (workspace_ref(before.wid), workspace, workspace.record.suspend()),
        ]
        session = read_session(sid) if sid else None
        if session and session.record.state in (SessionState.OPENING, SessionState.ACTIVE):
            records.append((session_ref(session.record.sid), session, session.record.drain(EndReason.SUSPENDED, now)))
        return Change({"state": before.state}, {"state": suspended.state, "session": sid}, records)

    return commit_once(line, change)


def resume_account(line: AuditLine, uid: str, now: datetime) -> AuditLine:
    """Opens the workspace to claims again, and lifts a suspension of its address. Raises what read_account does, and
    Conflict."""

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

    return commit_once(line, change)


def lift_suspension(line: AuditLine, mark: str, now: datetime) -> AuditLine:
    """Lifts the suspension of an address whose account was erased while suspended. Raises Refused if there is no such
    suspension, and Conflict."""

    def change() -> Change:
        before = read(mark_ref(mark), AddressMark)
        if before is None or not before.record.suspended:
            raise Refused("not-found", "No account with this address was suspended when it was erased.", status=404)
        records: Records = [(mark_ref(mark), before, lifted(before.record, now))]
        return Change({"suspended": True}, {"suspended": False}, records)

    return commit_once(line, change)


def set_limits(line: AuditLine, asked: Values) -> AuditLine:
    """Sets the limits in `asked`, by name; other limits stay. Raises Conflict."""

    def change() -> Change:
        limits = read_limits()
        before = limits.record if limits else Limits()
        after = replace(before, **asked)
        return Change(to_builtins(before), to_builtins(after), [(limits_ref(), limits, after)])

    return commit_once(line, change)


def record_role_change(line: AuditLine, *, before: Role | None, after: Role | None) -> AuditLine:
    """Writes the audit line for a change in Firebase Auth, which no commit covers: who has which role."""
    return commit_once(line, lambda: Change({"role": before}, {"role": after}, []))


@until_won("This account is being changed by several requests at once. Try again.")
def commit_once(line: AuditLine, change: Callable[[], Change]) -> AuditLine:
    """Makes the change and returns its line; the earlier line if the request came before. Raises Conflict if that
    request asked for something else."""
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
    commit.run()
    return made
