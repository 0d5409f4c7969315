"""Payers as operators count and list them: each look costs a read a thousand counted, and two for each
row, or three for a team's."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct

from shared.accounts.owner import Owner
from shared.billing.account import Billing
from shared.billing.payer import Payer
from shared.billing.subscription import Reason
from shared.cursors import EPOCH, Place, cursor, moment
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import database, read_all, run_count, run_readable
from shared.gcp.store.owners import read_owners
from shared.gcp.store.subscriptions import payer_ref

REASON, PLAN, DISAGREES, DUE = "standing.reason", "standing.plan", "disagreement.since", "due"


class PayersPage(Struct, frozen=True):
    """Some payers, each with the owner and the plan of the billing account, and where the next page begins."""

    payers: list[tuple[Payer, Owner, str]]
    next: Place | None


def count_accounts(plan: str) -> int:
    """Billing accounts with this plan, also those of members who were erased."""
    return run_count(database().collection("billing").where(filter=FieldFilter("plan", "==", plan)))


def count_payers(reason: Reason, plan: str | None = None) -> int:
    """Payers whose plan is as it is for this reason; with `plan`, those who have it."""
    found = database().collection("payers").where(filter=FieldFilter(REASON, "==", reason))
    return run_count(found.where(filter=FieldFilter(PLAN, "==", plan)) if plan else found)


def count_disagreeing() -> int:
    return run_count(_disagreeing())


def count_unasked(before: datetime) -> int:
    """Payers who have been due since before this time."""
    return run_count(_until(before))


def payers_by_reason(reason: Reason, after: Place | None, limit: int) -> PayersPage:
    """By the names of billing accounts."""
    query: Any = database().collection("payers").where(filter=FieldFilter(REASON, "==", reason)).order_by("__name__")
    if after:
        query = query.start_after({"__name__": payer_ref(after.name)})
    return page_of(query, limit, lambda payer: Place(None, payer.bid))


def disagreeing_payers(after: Place | None, limit: int) -> PayersPage:
    """What was found last comes first."""
    newest = firestore.Query.DESCENDING
    query: Any = _disagreeing().order_by(DISAGREES, direction=newest).order_by("__name__", direction=newest)
    return page_of(_from(query, DISAGREES, after), limit, _disagrees_at)


def unasked_payers(before: datetime, after: Place | None, limit: int) -> PayersPage:
    """Those who have been due since before this time, longest due first."""
    query: Any = _until(before).order_by(DUE).order_by("__name__")
    return page_of(_from(query, DUE, after), limit, _due_at)


def _disagreeing() -> Any:
    return database().collection("payers").where(filter=FieldFilter(DISAGREES, ">", EPOCH))


def _until(before: datetime) -> Any:
    return database().collection("payers").where(filter=FieldFilter(DUE, "<", before))


def _from(query: Any, field: str, after: Place | None) -> Any:
    """Raises ValueError for a cursor of another list."""
    if after is None:
        return query
    if not isinstance(after.value, int):
        raise ValueError("this is the cursor of another list")
    return query.start_after({field: moment(after.value), "__name__": payer_ref(after.name)})


def _disagrees_at(payer: Payer) -> Place:
    return Place(cursor(payer.disagreement.since) if payer.disagreement else None, payer.bid)


def _due_at(payer: Payer) -> Place:
    return Place(cursor(payer.due) if payer.due else None, payer.bid)


def page_of(query: Any, limit: int, place: Callable[[Payer], Place]) -> PayersPage:
    """A page of what the query finds. `place`: where the page behind a payer begins."""
    payers: Sequence[Payer] = [each.record for each in run_readable(query.limit(limit), Payer)[0]]
    accounts: list[Any] = read_all([(billing_ref(each.bid), Billing) for each in payers]) if payers else []
    known = [(payer, found.record) for payer, found in zip(payers, accounts, strict=True) if found]
    owners = read_owners([account for _, account in known])
    rows = [(payer, owner, account.plan) for (payer, account), owner in zip(known, owners, strict=True)]
    return PayersPage(rows, place(payers[-1]) if len(payers) == limit else None)
