"""Accounts with their billing account and workspace: made together, closed together."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import islice

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec.structs import replace

from shared.account import Account, AccountState, Billing
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import CALL, Commit, LostRace, database, delete_all, document, read, read_all, run
from shared.gcp.store.ids import new_id
from shared.plans import FIRST_PLAN
from shared.record import Read
from shared.workspace import Workspace

ERASED_AT_ONCE = 50
"""Workspaces that one sweep has erased: each costs a read and a task."""


def account_ref(uid: str) -> firestore.DocumentReference:
    return document("accounts", uid)


def workspace_ref(wid: str) -> firestore.DocumentReference:
    return document("workspaces", wid)


def snapshot_ref(wid: str, snapshot: str) -> firestore.DocumentReference:
    return document(f"workspaces/{wid}/snapshots", snapshot)


def ensure_account(
    uid: str,
    *,
    email: str | None,
    name: str | None,
    locale: str | None = None,
    time_zone: str | None = None,
    plan: str = FIRST_PLAN,
    now: datetime,
) -> Account:
    """The person's account, made by whoever comes first: the event of their sign-up, or they themselves.

    A new one has this `plan`. Language and time zone are those of the first login that brings them. A tombstone is
    returned as it is, and never revived.
    """
    found = read(account_ref(uid), Account)
    if found:
        return _settle_in(found, locale, time_zone)
    account = Account(
        uid=uid,
        bid=new_id("b-"),
        wid=new_id("w-"),
        state=AccountState.ACTIVE,
        email=email,
        name=name,
        locale=locale,
        created=now,
    )
    commit = Commit().create(account_ref(uid), account)
    commit.create(billing_ref(account.bid), Billing(bid=account.bid, owner=uid, plan=plan, time_zone=time_zone))
    commit.create(workspace_ref(account.wid), Workspace(wid=account.wid, owner=uid, created=now))
    try:
        commit.run()
    except LostRace:
        return ensure_account(uid, email=email, name=name, locale=locale, time_zone=time_zone, plan=plan, now=now)
    return account


def _settle_in(found: Read[Account], locale: str | None, time_zone: str | None) -> Account:
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


def read_workspace(wid: str) -> Read[Workspace]:
    found = read(workspace_ref(wid), Workspace)
    if found is None:
        raise LookupError(f"workspace {wid} is missing")
    return found


def plan_of(uid: str) -> str:
    """The plan that pays for this person. Raises LookupError if there is no such account."""
    account = read(account_ref(uid), Account)
    if account is None or not account.record.bid:
        raise LookupError(f"account {uid} is missing")
    return read_billing(account.record.bid).record.plan


def close_account(uid: str, now: datetime) -> Workspace | None:
    """Leave a tombstone and close the workspace, under the guard that the claim uses.

    Returns the workspace, which may still have an open session to end; None if there is no account, or it was closed
    before and has nothing left to end.
    """
    while True:
        found = read(account_ref(uid), Account)
        if found is None:
            _bury(uid, now)
            return None
        if not found.record.wid:
            return None  # buried before
        [workspace] = read_all([(workspace_ref(found.record.wid), Workspace)])
        if workspace is None:
            return None
        if found.record.state == AccountState.DELETED:
            closed: Workspace = workspace.record
            return closed
        commit = Commit().change(account_ref(uid), found, found.record.delete(now))
        closed = workspace.record.close(now)
        commit.change(workspace_ref(closed.wid), workspace, closed)
        try:
            commit.run()
        except LostRace:
            continue
        return closed


def _bury(uid: str, now: datetime) -> None:
    """A tombstone for somebody who was deleted before they ever came, so that a late token makes no account."""
    tombstone = Account(
        uid=uid,
        bid="",
        wid="",
        state=AccountState.DELETED,
        email=None,
        name=None,
        locale=None,
        created=now,
        deleted=now,
    )
    try:
        Commit().create(account_ref(uid), tombstone).run()
    except LostRace:
        close_account(uid, now)


def to_erase(now: datetime) -> list[Workspace]:
    """Closed workspaces that were to be erased by now, ERASED_AT_ONCE at most, those that wait longest first."""
    due = database().collection("workspaces").where(filter=FieldFilter("erase_due", "<=", now)).limit(ERASED_AT_ONCE)
    return [found.record for found in run(due, Workspace)]


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


def erase_snapshots(wid: str, most: int) -> int:
    """Delete the documents of `most` snapshots at most; how many there were."""
    references = workspace_ref(wid).collection("snapshots").list_documents(page_size=most, **CALL)
    return delete_all(islice(references, most))
