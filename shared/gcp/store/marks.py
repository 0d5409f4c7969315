"""Address marks: they keep the used time of an erased account, for a new account with the same address."""

from datetime import datetime

from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec.structs import replace

from shared.accounts import address_marks
from shared.accounts.account import Account, AccountState
from shared.accounts.address_marks import AddressMark
from shared.billing.account import Billing
from shared.gcp.store.accounts import account_ref, mark_ref, workspace_ref
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import Commit, LostRace, database, read, read_all, run_readable
from shared.gcp.store.races import until_won
from shared.gcp.store.sessions import session_ref
from shared.record import Versioned
from shared.sessions.session import EndReason, Session, SessionState
from shared.sessions.workspace import Workspace

AT_ONCE = 100
"""Marks that one run deletes."""


def marked_accounts(mark: str, most: int = 10) -> list[Account]:
    """Accounts that were last used with this address."""
    matching = database().collection("accounts").where(filter=FieldFilter("mark", "==", mark)).limit(most)
    return [account.record for account in run_readable(matching, Account)[0]]


@until_won()
def adopt(uid: str, mark: str, now: datetime) -> Account:
    """The account with the mark of its member's address, and with the time that the mark has kept of an erased account.

    A closed account is returned as it is. So is an account with another mark and used time in a current period: it
    keeps that mark until the period is over, so that the used time stays with its address. A suspension of the new
    address takes precedence. Raises LookupError without an account.
    """
    account = read(account_ref(uid), Account)
    if account is None:
        raise LookupError(f"account {uid} is missing")
    before: Account = account.record
    if before.state == AccountState.DELETED:
        return before
    kept_mark, billing, workspace = read_all(
        [(mark_ref(mark), AddressMark), (billing_ref(before.bid), Billing), (workspace_ref(before.wid), Workspace)]
    )
    is_suspended = kept_mark is not None and kept_mark.record.suspended
    if before.mark not in (None, mark) and not is_suspended and _has_used(before, billing, now):
        return before
    after = replace(before, mark=mark)
    commit = Commit()
    if kept_mark and workspace and kept_mark.record.suspended and before.state == AccountState.ACTIVE:
        after = after.suspend()
        commit.change(workspace_ref(before.wid), workspace, workspace.record.suspend())
        _drain(commit, workspace.record, now)
    commit.change(account_ref(uid), account, after)
    if kept_mark and billing and billing.record.owner == uid:
        if kept_mark.record.used:
            commit.change(billing_ref(before.bid), billing, billing.record.carry(kept_mark.record.used))
        commit.change(mark_ref(mark), kept_mark, address_marks.take(kept_mark.record, before.bid))
    commit.run()
    return after


def _has_used(account: Account, billing: Versioned[Billing] | None, now: datetime) -> bool:
    """Whether closing the account would leave its mark something to keep."""
    if billing is None or billing.record.owner != account.uid:
        return False
    return address_marks.is_kept(billing.record.not_left, now)


def forget_marks(now: datetime) -> int:
    """Deletes at most AT_ONCE marks whose time is over. Returns how many."""
    over = database().collection("marks").where(filter=FieldFilter("until", "<=", now)).limit(AT_ONCE)
    count = 0
    for forgotten in run_readable(over, AddressMark)[0]:
        try:
            Commit().delete(mark_ref(forgotten.record.mark), forgotten).run()
        except LostRace:
            continue
        count += 1
    return count


def _drain(commit: Commit, workspace: Workspace, now: datetime) -> None:
    session = read(session_ref(workspace.session), Session) if workspace.session else None
    if session and session.record.state in (SessionState.OPENING, SessionState.ACTIVE):
        commit.change(session_ref(session.record.sid), session, session.record.drain(EndReason.SUSPENDED, now))
