"""Nobody uses a plan's allowance twice by changing the address of their sign-in to and fro."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, cast
from unittest.mock import patch

import pytest

from shared.accounts.account import Account
from shared.accounts.address_marks import AddressMark
from shared.billing.time_allowance import allowance
from shared.flows import sign_ins
from shared.flows.sign_ins import mark_of, with_mark
from shared.gcp.store import database
from shared.gcp.store.accounts import close_account, ensure_account, mark_ref
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit
from tests.simulation.firestore import Client
from tests.support.stack.environment import SETTINGS, environment

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
FIRST, SECOND = "first@example.com", "second@example.com"


@pytest.fixture(autouse=True)
def in_memory() -> Iterator[None]:
    client = Client()
    with (
        environment(SETTINGS),
        patch.object(cast("Any", database), "Client", lambda **_: client),
        patch.object(database, "plain", lambda fields: fields),
        patch.object(sign_ins, "people", lambda uids: dict.fromkeys(uids)),  # all of them are there
    ):
        database.database.cache_clear()
        yield
    database.database.cache_clear()


def come(uid: str, address: str, now: datetime = NOW) -> Account:
    account = ensure_account(uid, email=address, name=None, plan="free", now=now)
    return with_mark(account, address, now)


def use(account: Account, seconds: int, now: datetime = NOW) -> None:
    before = read_billing(account.bid)
    used = before.record.used | {allowance(before.record, now).period.id: 1000 * seconds}
    Commit().change(billing_ref(account.bid), before, before.record.count(used)).run()


def used(account: Account, now: datetime = NOW) -> float:
    return allowance(read_billing(account.bid).record, now).used / 1000


def test_who_changes_their_address_and_deletes_their_account_does_not_begin_anew() -> None:
    spent = []
    for number in count(1):
        account = come(f"u-{number}", FIRST)
        if number > 3:
            break
        spent.append(used(account))
        use(account, 700)
        come(account.uid, SECOND)
        close_account(account.uid, NOW)
    assert spent == [0, 700, 1400]


def test_each_address_has_an_allowance_of_its_own() -> None:
    first = come("u-1", FIRST)
    use(first, 700)
    assert come("u-1", SECOND).mark == mark_of(FIRST), "what was used of the period was used with it"
    close_account("u-1", NOW)
    assert (used(come("u-2", SECOND)), used(come("u-3", FIRST))) == (0, 700)


def test_the_address_is_the_new_one_where_nothing_was_used_with_the_old() -> None:
    account = come("u-1", FIRST)
    assert come("u-1", SECOND).mark == mark_of(SECOND)
    use(account, 700)
    assert come("u-1", FIRST).mark == mark_of(SECOND)
    assert come("u-1", FIRST, NOW + timedelta(days=40)).mark == mark_of(FIRST), "that period is over"


def test_a_suspended_address_is_found_all_the_same() -> None:
    account = come("u-1", FIRST)
    use(account, 700)
    mark = mark_of(SECOND)
    Commit().create(mark_ref(mark), AddressMark(mark=mark, suspended=True)).run()
    assert come("u-1", SECOND).may_download is False
