"""Accounts with their billing account and workspace: made together, closed together."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct
from msgspec.structs import replace

from shared.accounts import address_marks
from shared.accounts.account import Account, AccountState
from shared.accounts.address_marks import AddressMark
from shared.billing.account import Billing
from shared.billing.plans import FIRST_PLAN
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import (
    CALL,
    Commit,
    LostRace,
    database,
    delete_all,
    document,
    read,
    read_all,
    run_readable,
)
from shared.gcp.store.ids import new_id
from shared.record import Versioned
from shared.sessions.workspace import Workspace

ERASED_AT_ONCE = 50
"""Workspaces that one sweep has erased: each costs a read and a task."""


def account_ref(uid: str) -> firestore.DocumentReference:
    return document("accounts", uid)


def workspace_ref(wid: str) -> firestore.DocumentReference:
    return document("workspaces", wid)


def mark_ref(mark: str) -> firestore.DocumentReference:
    return document("marks", mark)


def snapshot_ref(wid: str, snapshot: str) -> firestore.DocumentReference:
    return document(f"workspaces/{wid}/snapshots", snapshot)


def left_out_ref(wid: str, sid: str) -> firestore.DocumentReference:
    return document(f"workspaces/{wid}/left_out", sid)


def ensure_account(
    uid: str,
    *,
    email: str | None,
    name: str | None,
    locale: str | None = None,
    time_zone: str | None = None,
    plan: str = FIRST_PLAN,
    admit: Callable[[], None] | None = None,
    may_settle: Callable[[Account], bool] = lambda _: True,
    now: datetime,
) -> Account:
    """The person's account, made by whoever comes first: the event of their sign-up, or they themselves.

    A new one has this `plan`; before it is made, `admit` asks Firebase Auth, and raises if it is not to be. Language
    and time zone are those of the first login that brings them, and that `may_settle` them. A tombstone is returned as
    it is, and never revived.
    """
    found = read(account_ref(uid), Account)
    if found:
        return _settle_in(found, locale, time_zone) if may_settle(found.record) else found.record
    if admit:
        admit()
    account = Account(
        uid=uid,
        bid=new_id("b-"),
        wid=new_id("w-"),
        state=AccountState.ACTIVE,
        email=email,
        name=name,
        locale=locale,
        created=now,
        sign_in_checked=now if admit else None,
    )
    commit = Commit().create(account_ref(uid), account)
    commit.create(billing_ref(account.bid), Billing(bid=account.bid, owner=uid, plan=plan, time_zone=time_zone))
    commit.create(workspace_ref(account.wid), Workspace(wid=account.wid, owner=uid, created=now))
    try:
        commit.run()
    except LostRace:
        return ensure_account(
            uid,
            email=email,
            name=name,
            locale=locale,
            time_zone=time_zone,
            plan=plan,
            admit=admit,
            may_settle=may_settle,
            now=now,
        )
    return account


def _settle_in(found: Versioned[Account], locale: str | None, time_zone: str | None) -> Account:
    account = found.record
    if account.locale is not None or locale is None or account.state != AccountState.ACTIVE:
        return account
    [billing] = read_all([(billing_ref(account.bid), Billing)])
    settled = replace(account, locale=locale)
    commit = Commit().change(account_ref(account.uid), found, settled)
    if billing and billing.record.time_zone is None:
        commit.change(billing_ref(account.bid), billing, replace(billing.record, time_zone=time_zone))
    try:
        commit.run()
    except LostRace:
        return account  # another login was first, and this one's answer need not wait for it
    return settled


def read_workspace(wid: str) -> Versioned[Workspace]:
    found = read(workspace_ref(wid), Workspace)
    if found is None:
        raise LookupError(f"workspace {wid} is missing")
    return found


def find_account(uid: str) -> Account | None:
    found = read(account_ref(uid), Account)
    return found.record if found else None


def plan_of(uid: str) -> str:
    """The plan that pays for this person. Raises LookupError if there is no such account."""
    account = read(account_ref(uid), Account)
    if account is None or not account.record.bid:
        raise LookupError(f"account {uid} is missing")
    return read_billing(account.record.bid).record.plan


def close_account(uid: str, now: datetime) -> Workspace | None:
    """Leave a tombstone and close the workspace, under the guard that the claim uses. What was used of the period goes
    to the mark of the address, and so does a suspension.

    Returns the workspace, which may still have an open session to end; None if there is no such account. Somebody who
    never came leaves nothing: no tombstone of an id that a stranger made up.
    """
    while True:
        found = read(account_ref(uid), Account)
        if found is None or not found.record.wid:
            return None
        account: Account = found.record
        workspace, billing = read_all(
            [(workspace_ref(account.wid), Workspace), (billing_ref(account.bid), Billing)],
        )
        if workspace is None:
            return None
        if account.state == AccountState.DELETED:
            closed: Workspace = workspace.record
            return closed
        commit = Commit().change(account_ref(uid), found, account.delete(now))
        closed = workspace.record.close(now)
        commit.change(workspace_ref(closed.wid), workspace, closed)
        if account.mark and billing and billing.record.owner == uid:
            _hand_over(commit, account, billing, now, suspended=account.state == AccountState.SUSPENDED)
        try:
            commit.run()
        except LostRace:
            continue
        return closed


def note_gone(uid: str, now: datetime, *, hand_over: bool) -> Workspace | None:
    """Firebase Auth was asked about them once, and knows nobody: since when is noted, and nothing is closed.

    With `hand_over`, what was used of the period is at once at the mark of the address, with a suspension, for whoever
    has come with the same address. Returns the workspace; None if there is no such account that is not closed.
    """
    while True:
        found = read(account_ref(uid), Account)
        if found is None or not found.record.wid or found.record.state == AccountState.DELETED:
            return None
        account: Account = found.record
        workspace, billing = read_all(
            [(workspace_ref(account.wid), Workspace), (billing_ref(account.bid), Billing)],
        )
        commit = Commit().change(account_ref(uid), found, replace(account, missing=account.missing or now))
        if hand_over and account.mark and billing and billing.record.owner == uid:
            _hand_over(commit, account, billing, now, suspended=account.state == AccountState.SUSPENDED)
        try:
            commit.run()
        except LostRace:
            continue
        return workspace.record if workspace else None


def leave_billing(uid: str, alias: str, now: datetime) -> bool:
    """Once the last session of a closed account has ended: what it used since then goes to the mark of the address, or
    to who came again with it, and the billing account is nobody's. Whether there was anything to do."""
    while True:
        account = read(account_ref(uid), Account)
        if account is None or not account.record.bid:
            return False
        billing = read(billing_ref(account.record.bid), Billing)
        if billing is None or billing.record.owner != uid:
            return False
        commit = Commit()
        _hand_over(commit, account.record, billing, now, suspended=False, alias=alias)
        try:
            commit.run()
        except LostRace:
            continue
        return True


def _hand_over(
    commit: Commit,
    account: Account,
    billing: Versioned[Billing],
    now: datetime,
    *,
    suspended: bool,
    alias: str | None = None,
) -> None:
    """What was used goes to whoever came again with the same address, and before anybody did to the address' mark; a
    suspension stays with the mark. With `alias` the billing account is nobody's from then on."""
    used = billing.record.not_left
    after = billing.record.leave(used)
    commit.change(billing_ref(account.bid), billing, after.anonymous(alias) if alias else after)
    if account.mark is None:
        return
    mark = read(mark_ref(account.mark), AddressMark)
    heir = read(billing_ref(mark.record.bid), Billing) if mark and mark.record.bid not in (None, account.bid) else None
    if heir is None:
        left = address_marks.leave(mark.record if mark else None, account.mark, used, suspended=suspended, now=now)
        put_mark(commit, account.mark, mark, left)
        return
    commit.change(billing_ref(heir.record.bid), heir, heir.record.carry(used))
    if mark and suspended:
        put_mark(commit, account.mark, mark, replace(mark.record, suspended=True, until=None))


def put_mark(commit: Commit, mark: str, before: Versioned[AddressMark] | None, after: AddressMark | None) -> None:
    """The mark as it is after the commit; None is none."""
    if before is None:
        if after is not None:
            commit.create(mark_ref(mark), after)
    elif after is None:
        commit.delete(mark_ref(mark), before)
    else:
        commit.change(mark_ref(mark), before, after)


def confirm_sign_in(uid: str, valid_since: datetime, now: datetime) -> Account:
    """Firebase Auth was asked now, and counts sign-ins since `valid_since`. Raises LookupError without an account."""
    while True:
        found = read(account_ref(uid), Account)
        if found is None:
            raise LookupError(f"account {uid} is missing")
        before: Account = found.record
        after = before.sign_out(valid_since) if before.signed_out or valid_since > before.created else before
        after = replace(after, sign_in_checked=now, missing=None)
        try:
            Commit().change(account_ref(uid), found, after).run()
        except LostRace:
            continue
        return after


class Turn(Struct, frozen=True):
    """`meter/compared`: the last account that was compared with Firebase Auth; an empty text before the first."""

    after: str


def read_turn() -> Versioned[Turn] | None:
    return read(_turn_ref(), Turn)


def turn(after: str, most: int) -> tuple[list[Versioned[Account]], str]:
    """The accounts whose turn it is, by their uids, and the last of them; an empty text if there is none behind them.
    One that can't be read keeps no other from its turn."""
    query = database().collection("accounts").order_by("__name__")
    if after:
        query = query.start_after({"__name__": account_ref(after)})
    found, unreadable = run_readable(query.limit(most), Account)
    uids = [account.record.uid for account in found] + unreadable
    return found, max(uids) if len(uids) == most else ""


def write_turn(before: Versioned[Turn] | None, after: str) -> Versioned[Turn] | None:
    """As it is now; None if another run was faster."""
    if before is not None and before.record.after == after:
        return before
    commit = Commit()
    if before is None:
        commit.create(_turn_ref(), Turn(after))
    else:
        commit.change(_turn_ref(), before, Turn(after))
    try:
        commit.run()
    except LostRace:
        return None
    return read_turn()


def _turn_ref() -> firestore.DocumentReference:
    return document("meter", "compared")


def note_missing(account: Versioned[Account], since: datetime | None) -> None:
    """Firebase Auth does not know them, or with None does so again. Raises LostRace."""
    Commit().change(account_ref(account.record.uid), account, replace(account.record, missing=since)).run()


def to_erase(now: datetime) -> list[Workspace]:
    """Closed workspaces that were to be erased by now, ERASED_AT_ONCE at most, those that wait longest first."""
    due = database().collection("workspaces").where(filter=FieldFilter("erase_due", "<=", now)).limit(ERASED_AT_ONCE)
    return [found.record for found in run_readable(due, Workspace)[0]]


def find_workspace(wid: str) -> Workspace | None:
    found = read(workspace_ref(wid), Workspace)
    return found.record if found else None


def amend_workspace(wid: str, amended: Callable[[Workspace], Workspace]) -> Workspace:
    """The workspace as it is after the change, which whoever else changes it does not undo. Raises LookupError."""
    while True:
        found = read_workspace(wid)
        after = amended(found.record)
        with suppress(LostRace):
            Commit().change(workspace_ref(wid), found, after).run()
            return after


def erase_documents(wid: str, most: int) -> int:
    """Delete `most` documents below the workspace at most, such as its snapshots; how many there were."""
    below = workspace_ref(wid).collections(**CALL)
    references = chain.from_iterable(each.list_documents(page_size=most, **CALL) for each in below)
    return delete_all(islice(references, most))


def forget_account(closed: Workspace) -> None:
    """Delete the tombstone and the workspace's own record: nobody's token is as old as they are. Raises LostRace."""
    workspace, account = read_all([(workspace_ref(closed.wid), Workspace), (account_ref(closed.owner), Account)])
    if workspace is None:
        return
    commit = Commit().delete(workspace_ref(closed.wid), workspace)
    if account and account.record.wid == closed.wid:
        commit.delete(account_ref(closed.owner), account)
    commit.run()
