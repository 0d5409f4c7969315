"""Members as operators list them: pages over all accounts, sorted by the database, whose reads are in proportion to the
page."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct

from shared.accounts.account import Account, AccountState
from shared.accounts.members import MemberSort
from shared.billing.account import Billing
from shared.cursors import Place, cursor, moment
from shared.gcp.store.accounts import account_ref, workspace_ref
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import database, document, read_all, run_readable
from shared.sessions.workspace import Workspace

BEYOND = "\uf8ff"
"""A character above all that addresses have."""


class Listed(Struct, frozen=True, kw_only=True):
    """One member of a page."""

    account: Account
    billing: Billing | None
    workspace: Workspace | None


class MembersPage(Struct, frozen=True):
    """Some members in their order, and where the next page begins; None on the last page."""

    members: list[Listed]
    next: Place | None


def list_members(sort: MemberSort, *, prefix: str, after: Place | None, descending: bool, limit: int) -> MembersPage:
    """A page of at most `limit` members, three reads each. `prefix`: only addresses that begin with it. Closed accounts
    take a place on the page and are not shown. Raises ValueError for a cursor of another order."""
    by_account = sort in (MemberSort.EMAIL, MemberSort.CREATED)
    page = accounts_page if by_account else workspaces_page
    return page(sort, prefix=prefix, after=after, descending=descending, limit=limit)


def accounts_page(sort: MemberSort, *, prefix: str, after: Place | None, descending: bool, limit: int) -> MembersPage:
    query: Any = database().collection("accounts")
    if sort == MemberSort.EMAIL:
        query = query.where(filter=FieldFilter("email", ">=", prefix))
        query = query.where(filter=FieldFilter("email", "<", prefix + BEYOND))
    accounts = [each.record for each in run_readable(_ordered(query, sort, after, descending, limit), Account)[0]]
    shown = [each for each in accounts if each.state != AccountState.DELETED]
    found: list[Any] = read_all([*((billing_ref(each.bid), Billing) for each in shown)]) if shown else []
    workspaces: list[Any] = read_all([*((workspace_ref(each.wid), Workspace) for each in shown)]) if shown else []
    members = [
        Listed(account=account, billing=billing and billing.record, workspace=workspace and workspace.record)
        for account, billing, workspace in zip(shown, found, workspaces, strict=True)
    ]
    return MembersPage(members, _next(accounts, limit, lambda last: Place(_value(last, sort), last.uid)))


def workspaces_page(sort: MemberSort, *, prefix: str, after: Place | None, descending: bool, limit: int) -> MembersPage:
    if prefix:
        raise ValueError("addresses are searched in the order of addresses")
    query: Any = database().collection("workspaces")
    workspaces = [each.record for each in run_readable(_ordered(query, sort, after, descending, limit), Workspace)[0]]
    owners: list[Any] = read_all([(account_ref(each.owner), Account) for each in workspaces]) if workspaces else []
    shown = [
        (owner.record, workspace)
        for owner, workspace in zip(owners, workspaces, strict=True)
        if owner and owner.record.state != AccountState.DELETED
    ]
    found: list[Any] = read_all([(billing_ref(account.bid), Billing) for account, _ in shown]) if shown else []
    members = [
        Listed(account=account, billing=billing and billing.record, workspace=workspace)
        for (account, workspace), billing in zip(shown, found, strict=True)
    ]
    return MembersPage(members, _next(workspaces, limit, lambda last: Place(_value(last, sort), last.wid)))


FIELDS = {
    MemberSort.EMAIL: "email",
    MemberSort.CREATED: "created",
    MemberSort.OPENED: "opened",
    MemberSort.STORAGE: "storage.used",
}


def _ordered(query: Any, sort: MemberSort, after: Place | None, descending: bool, limit: int) -> Any:
    direction = firestore.Query.DESCENDING if descending else firestore.Query.ASCENDING
    collection = "accounts" if sort in (MemberSort.EMAIL, MemberSort.CREATED) else "workspaces"
    query = query.order_by(FIELDS[sort], direction=direction).order_by("__name__", direction=direction)
    if after:
        query = query.start_after(
            {FIELDS[sort]: _from(after.value, sort), "__name__": document(collection, after.name)}
        )
    return query.limit(limit)


def _value(record: Any, sort: MemberSort) -> str | int | None:
    if sort == MemberSort.STORAGE:
        return int(record.storage.used)
    value = getattr(record, FIELDS[sort])
    return cursor(value) if isinstance(value, datetime) else value


def _from(value: str | int | None, sort: MemberSort) -> Any:
    """Raises ValueError if the cursor is of another order."""
    kinds = {MemberSort.EMAIL: str, MemberSort.STORAGE: int, MemberSort.CREATED: int, MemberSort.OPENED: int}
    may_be_none = sort == MemberSort.OPENED and value is None
    if not may_be_none and type(value) is not kinds[sort]:
        raise ValueError("this is the cursor of another order")
    is_time = sort in (MemberSort.CREATED, MemberSort.OPENED)
    return moment(value) if is_time and isinstance(value, int) else value


def _next(rows: Sequence[Any], limit: int, place: Callable[[Any], Place]) -> Place | None:
    return place(rows[-1]) if len(rows) == limit else None
