"""Members as operators list them, on a real database: over all of them, and a page costs what a page costs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore import DocumentReference

from shared.accounts.account import Account, AccountState
from shared.accounts.members import MemberSort
from shared.cursors import Place
from shared.gcp.operation_counts import counted
from shared.gcp.store.accounts import account_ref, close_account, workspace_ref
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import database, encode
from shared.gcp.store.members import Listed, list_members
from shared.sessions.workspace import Workspace
from shared.snapshots.storage_quota import StorageUse
from tests.support.records.factories import a_billing
from tests.support.stack.environment import forget_documents

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MANY = 3_000
"""The emulator sorts all of them for each query. What is counted does not depend on how many there are."""
PAGE = 50


@pytest.fixture(scope="module")
def many(firestore: dict[str, str]) -> Iterator[None]:
    """So many members, of whom each has an account, a billing account and a workspace."""
    forget_documents(firestore["FIRESTORE_EMULATOR_HOST"])
    batch, writes = database().batch(), 0
    for n in range(MANY):
        for reference, record in documents(n):
            batch.set(reference, encode(record))
            writes += 1
        if writes >= 480:
            batch.commit()
            batch, writes = database().batch(), 0
    batch.commit()
    yield
    forget_documents(firestore["FIRESTORE_EMULATOR_HOST"])


def documents(n: int) -> Iterator[tuple[DocumentReference, Any]]:
    """Only every tenth member has all of them, because only members that are shown are read."""
    yield (
        account_ref(f"u-{n}"),
        Account(
            uid=f"u-{n}",
            bid=f"b-{n}",
            wid=f"w-{n}",
            state=AccountState.ACTIVE,
            email=f"m{n * 7919 % MANY:04}@example.com",
            name=None,
            locale=None,
            created=NOW + timedelta(seconds=n),
        ),
    )
    if n % 10 == 0:
        yield billing_ref(f"b-{n}"), a_billing(bid=f"b-{n}", owner=f"u-{n}")
        yield (
            workspace_ref(f"w-{n}"),
            Workspace(
                wid=f"w-{n}",
                owner=f"u-{n}",
                created=NOW,
                opened=NOW + timedelta(seconds=n * 31 % 977) if n % 20 == 0 else None,
                storage=StorageUse(used=n * 7 % 4096, limit=None),
            ),
        )


@pytest.mark.usefixtures("many")
def test_of_many_members_each_page_costs_three_reads_a_row_wherever_it_is() -> None:
    for sort in MemberSort:
        for descending in (False, True):
            place: Place | None = None
            for _ in range(3):
                with counted() as cost:
                    page = list_members(sort, prefix="", after=place, descending=descending, limit=PAGE)
                assert (len(page.members), cost.reads) == (PAGE, 3 * PAGE), (sort, descending)
                place = page.next
                assert place
    with counted() as cost:
        found = list_members(MemberSort.EMAIL, prefix="m242", after=None, descending=False, limit=PAGE)
    addresses = [each.account.email for each in found.members]
    assert (addresses, found.next) == ([f"m242{n}@example.com" for n in range(10)], None)
    assert cost.reads == 3 * 10


@pytest.mark.usefixtures("many")
def test_pages_are_sorted_over_all_and_show_each_member_once() -> None:
    for descending in (False, True):
        storage = [each.workspace.saved.use.used for each in walked(MemberSort.STORAGE, descending) if each.workspace]
        assert storage == sorted(storage, reverse=descending)
        opened = [each.workspace.opened for each in walked(MemberSort.OPENED, descending) if each.workspace]
        known = [moment for moment in opened if moment]
        assert known == sorted(known, reverse=descending)
        assert (len(storage), len(opened), len(known)) == (MANY // 10, MANY // 10, MANY // 20)
    first = list_members(MemberSort.CREATED, prefix="", after=None, descending=True, limit=3)
    assert [each.account.uid for each in first.members] == [f"u-{MANY - n}" for n in (1, 2, 3)]
    first = list_members(MemberSort.EMAIL, prefix="", after=None, descending=False, limit=3)
    assert [each.account.email for each in first.members] == [f"m{n:04}@example.com" for n in range(3)]


def walked(sort: MemberSort, descending: bool) -> list[Listed]:
    rows, place = list[Listed](), None
    while True:
        page = list_members(sort, prefix="", after=place, descending=descending, limit=97)
        rows += page.members
        place = page.next
        if place is None:
            uids = [each.account.uid for each in rows]
            assert len(set(uids)) == len(uids)
            return rows


@pytest.mark.usefixtures("empty_database")
def test_closed_accounts_are_not_shown_and_a_cursor_of_another_order_is_refused() -> None:
    for n in (0, 100, 200):
        for reference, record in documents(n):
            reference.set(encode(record))
    close_account("u-100", NOW)
    for sort in (MemberSort.CREATED, MemberSort.STORAGE):
        page = list_members(sort, prefix="", after=None, descending=False, limit=2)
        seen = [each.account.uid for each in page.members]
        rest = list_members(sort, prefix="", after=page.next, descending=False, limit=2)
        assert sorted([*seen, *(each.account.uid for each in rest.members)]) == ["u-0", "u-200"]
        with pytest.raises(ValueError, match="another order"):
            list_members(MemberSort.EMAIL, prefix="", after=page.next, descending=False, limit=2)
    with pytest.raises(ValueError, match="order of addresses"):
        list_members(MemberSort.STORAGE, prefix="ada", after=None, descending=False, limit=2)
