"""Accounts, each created and closed together with its billing account and its workspace."""

from collections.abc import Callable
from datetime import datetime
from itertools import chain, islice

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct
from msgspec.structs import replace

from shared import logs
from shared.accounts import address_marks
from shared.accounts.account import Account, AccountState
from shared.accounts.address_marks import AddressMark
from shared.billing.account import Billing
from shared.billing.plans import FIRST_PLAN
from shared.gcp.store.billing import billing_ref
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
from shared.gcp.store.mails import add_mail
from shared.gcp.store.races import until_won
from shared.mail.mail import Mail, Reader
from shared.record import Versioned
from shared.sessions.workspace import Workspace

ERASED_AT_ONCE = 50
"""Workspaces that one sweep schedules for erasing. Each costs a read and a task."""


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


@until_won()
def ensure_account(
    uid: str,
    *,
    email: str | None,
    name: str | None,
    locale: str | None = None,
    time_zone: str | None = None,
    plan: str = FIRST_PLAN,
    admit: Callable[[], None] | None = None,
    may_set_locale: Callable[[Account], bool] = lambda _: True,
    now: datetime,
) -> Account:
    """The person's account. It is created by whichever comes first: the event of the sign-up, or the first visit.

    A new account gets `plan`. Before it is created, `admit` asks Firebase Auth, and raises an error to prevent it.
    Language and time zone are those of the first login that brings them and that `may_set_locale` them. A tombstone is
    returned as it is, and never revived.
    """
    existing = read(account_ref(uid), Account)
    if existing:
        return set_locale(existing, locale, time_zone) if may_set_locale(existing.record) else existing.record
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
    commit.run()
    return account


def set_locale(read_account: Versioned[Account], locale: str | None, time_zone: str | None) -> Account:
    account = read_account.record
    if account.locale is not None or locale is None or account.state != AccountState.ACTIVE:
        return account
    [billing] = read_all([(billing_ref(account.bid), Billing)])
    settled = replace(account, locale=locale)
    commit = Commit().change(account_ref(account.uid), read_account, settled)
    if billing and billing.record.time_zone is None:
        commit.change(billing_ref(account.bid), billing, replace(billing.record, time_zone=time_zone))
    try:
        commit.run()
    except LostRace:
        return account  # another login was first, and this answer need not wait for it
    return settled


def read_workspace(wid: str) -> Versioned[Workspace]:
    workspace = read(workspace_ref(wid), Workspace)
    if workspace is None:
        raise LookupError(f"workspace {wid} is missing")
    return workspace


def find_account(uid: str) -> Account | None:
    account = read(account_ref(uid), Account)
    return account.record if account else None


def find_reader(uid: str, zone: str) -> Reader | None:
    """The member as a reader of mails; None if there is no account, or a deleted one."""
    account = find_account(uid)
    if account is None or account.state == AccountState.DELETED:
        return None
    return Reader(uid=uid, language=account.locale or "en", zone=zone)


@until_won()
def choose_language(uid: str, locale: str) -> None:
    """Sets the language in which Ondol writes to the member. Nothing is set for a deleted account."""
    account = read(account_ref(uid), Account)
    if account is None or account.record.state == AccountState.DELETED or account.record.locale == locale:
        return
    Commit().change(account_ref(uid), account, replace(account.record, locale=locale)).run()


@until_won()
def want_mails_about_time(uid: str, *, wanted: bool, by: str) -> bool:
    """Sets whether the member is told by mail that their time is nearly used. `by` is for the log: the `member`, or a
    `link`. Returns False if there is no such account, or a deleted one."""
    account = read(account_ref(uid), Account)
    if account is None or account.record.state == AccountState.DELETED:
        return False
    if account.record.mails_about_time != wanted:
        Commit().change(account_ref(uid), account, replace(account.record, mails_about_time=wanted)).run()
        logs.info("mails-about-time", uid=uid, wanted=wanted, by=by)
    return True


@until_won()
def close_account(uid: str, now: datetime, mail: Mail | None = None) -> Workspace | None:
    """Leaves a tombstone and closes the workspace, guarded against a concurrent claim. The address mark takes over the
    time used in current periods, and a suspension. `mail` confirms it to the member.

    Returns the workspace, which may still have an open session; None if there is no such account. A uid without an
    account leaves no tombstone, because a stranger may have invented it.
    """
    existing = read(account_ref(uid), Account)
    if existing is None or not existing.record.wid:
        return None
    account: Account = existing.record
    workspace, billing = read_all(
        [(workspace_ref(account.wid), Workspace), (billing_ref(account.bid), Billing)],
    )
    if workspace is None:
        return None
    if account.state == AccountState.DELETED:
        closed: Workspace = workspace.record
        return closed
    commit = Commit().change(account_ref(uid), existing, account.delete(now))
    closed = workspace.record.close(now)
    commit.change(workspace_ref(closed.wid), workspace, closed)
    if account.mark and billing and billing.record.owner == uid:
        _hand_over(commit, account, billing, now, suspended=account.state == AccountState.SUSPENDED)
    if mail is not None:
        add_mail(commit, mail)
    commit.run()
    return closed


@until_won()
def note_gone(uid: str, now: datetime) -> Workspace | None:
    """Notes since when Firebase Auth does not know the person. Closes nothing.

    The address mark takes over the used time and a suspension at once, for a new account with the same address. Returns
    the workspace; None if there is no account, or a closed one.
    """
    existing = read(account_ref(uid), Account)
    if existing is None or not existing.record.wid or existing.record.state == AccountState.DELETED:
        return None
    account: Account = existing.record
    workspace, billing = read_all(
        [(workspace_ref(account.wid), Workspace), (billing_ref(account.bid), Billing)],
    )
    commit = Commit().change(account_ref(uid), existing, replace(account, missing=account.missing or now))
    if account.mark and billing and billing.record.owner == uid:
        _hand_over(commit, account, billing, now, suspended=account.state == AccountState.SUSPENDED)
    commit.run()
    return workspace.record if workspace else None


@until_won()
def leave_billing(uid: str, alias: str, now: datetime) -> bool:
    """After the last session of a closed account has ended: hands the time used since the closing to the address mark
    or to the new account with the address, and makes the billing account anonymous. Returns whether there was anything
    to do."""
    account = read(account_ref(uid), Account)
    if account is None or not account.record.bid:
        return False
    billing = read(billing_ref(account.record.bid), Billing)
    if billing is None or billing.record.owner != uid:
        return False
    commit = Commit()
    _hand_over(commit, account.record, billing, now, suspended=False, alias=alias)
    commit.run()
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
    """Hands used time to the new account with the same address, or else to the address mark. A suspension stays with
    the mark. With `alias` the billing account becomes anonymous."""
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
    """The mark after the commit; None deletes it."""
    if before is None:
        if after is not None:
            commit.create(mark_ref(mark), after)
    elif after is None:
        commit.delete(mark_ref(mark), before)
    else:
        commit.change(mark_ref(mark), before, after)


@until_won()
def confirm_sign_in(uid: str, valid_since: datetime, now: datetime) -> Account:
    """Records that Firebase Auth confirmed the sign-in now, and since when sign-ins are valid. Raises LookupError
    without an account."""
    account = read(account_ref(uid), Account)
    if account is None:
        raise LookupError(f"account {uid} is missing")
    before: Account = account.record
    after = before.sign_out(valid_since) if before.signed_out or valid_since > before.created else before
    after = replace(after, sign_in_checked=now, missing=None)
    Commit().change(account_ref(uid), account, after).run()
    return after


@until_won()
def doubt_sign_in(uid: str) -> None:
    """Has Firebase Auth asked again at the member's next request, because their sign-ins may have ended."""
    account = read(account_ref(uid), Account)
    if account is not None and account.record.sign_in_checked is not None:
        Commit().change(account_ref(uid), account, replace(account.record, sign_in_checked=None)).run()


class Turn(Struct, frozen=True):
    """`meter/compared`: the uid of the last account that was compared with Firebase Auth; empty before the first."""

    after: str


def read_turn() -> Versioned[Turn] | None:
    return read(_turn_ref(), Turn)


def turn(after: str, most: int) -> tuple[list[Versioned[Account]], str]:
    """The next accounts after the uid `after`, and the uid of the last one; empty if no account follows. An unreadable
    account stops no other."""
    query = database().collection("accounts").order_by("__name__")
    if after:
        query = query.start_after({"__name__": account_ref(after)})
    accounts, unreadable = run_readable(query.limit(most), Account)
    uids = [account.record.uid for account in accounts] + unreadable
    return accounts, max(uids) if len(uids) == most else ""


def write_turn(before: Versioned[Turn] | None, after: str) -> Versioned[Turn] | None:
    """The turn after the write; None if a concurrent run was faster."""
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
    """Records since when Firebase Auth does not know the person; None if it knows them again. Raises LostRace."""
    Commit().change(account_ref(account.record.uid), account, replace(account.record, missing=since)).run()


def to_erase(now: datetime) -> list[Workspace]:
    """At most ERASED_AT_ONCE closed workspaces that are due for erasing, longest overdue first."""
    due = database().collection("workspaces").where(filter=FieldFilter("erase_due", "<=", now)).limit(ERASED_AT_ONCE)
    return [workspace.record for workspace in run_readable(due, Workspace)[0]]


def find_workspace(wid: str) -> Workspace | None:
    workspace = read(workspace_ref(wid), Workspace)
    return workspace.record if workspace else None


@until_won()
def amend_workspace(wid: str, amended: Callable[[Workspace], Workspace]) -> Workspace:
    """The workspace after the change. Repeated after a lost race. Raises LookupError."""
    workspace = read_workspace(wid)
    after = amended(workspace.record)
    Commit().change(workspace_ref(wid), workspace, after).run()
    return after


def erase_documents(wid: str, most: int) -> int:
    """Deletes at most `most` documents below the workspace, such as snapshots. Returns how many."""
    below = workspace_ref(wid).collections(**CALL)
    references = chain.from_iterable(each.list_documents(page_size=most, **CALL) for each in below)
    return delete_all(islice(references, most))


def forget_account(closed: Workspace) -> None:
    """Deletes the tombstone and the workspace's record, once no valid token can be that old. Raises LostRace."""
    workspace, account = read_all([(workspace_ref(closed.wid), Workspace), (account_ref(closed.owner), Account)])
    if workspace is None:
        return
    commit = Commit().delete(workspace_ref(closed.wid), workspace)
    if account and account.record.wid == closed.wid:
        commit.delete(account_ref(closed.owner), account)
    commit.run()
