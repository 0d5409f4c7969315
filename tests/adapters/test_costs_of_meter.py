"""What a run of `meter` costs in Firestore that finds nothing to do, counted: `shared.economics` counts with the same
figures. tests/adapters/test_costs_of_ends.py has what it does for sessions that have ended."""

import inspect
from datetime import UTC, datetime, timedelta

import pytest
from firebase_admin import auth

from shared.accounts.account import Account, AccountState
from shared.billing.reconciliation import DayUse
from shared.economics.quantities import COMPARED, COMPARED_AT_ONCE, METER_READS, USES, Event
from shared.gcp.identity import firebase_app
from shared.gcp.operation_counts import Operations, counted
from shared.gcp.store import ledger
from shared.gcp.store.accounts import account_ref
from shared.gcp.store.database import Commit, database, encode
from shared.gcp.store.sessions import session_ref
from tests.adapters.costed_sessions import function
from tests.support.records.factories import a_session

NOW = datetime.now(UTC)
NONE_FOUND = 1
"""A query without a result is one read."""


@pytest.fixture(autouse=True)
def services(all_services: None) -> None:
    """Of a deployment that has run for a while: days were rolled up, and accounts compared."""
    auth.delete_users([user.uid for user in auth.list_users(app=firebase_app()).users], app=firebase_app())
    yesterday = (NOW - timedelta(days=1)).date()
    ledger.write_day(DayUse(day=yesterday.isoformat(), plans={}, stored=0), None)
    run()


def run() -> Operations:
    meter = function("meter")
    with counted() as cost:
        answer = inspect.unwrap(meter.meter)("", meter.MeterRequest(), NOW)
    assert (answer.days, answer.ended, answer.checked, answer.workspaces) == (0, 0, 0, 0)
    return cost


def people(count: int) -> None:
    """Firebase Auth knows them, and each has an account."""
    uids = [f"u-{number:05}" for number in range(count)]
    for start in range(0, count, 500):
        some = uids[start : start + 500]
        auth.import_users([auth.ImportUserRecord(uid, email=f"{uid}@example.com") for uid in some], app=firebase_app())
        batch = database().batch()
        for uid in some:
            account = Account(
                uid=uid,
                bid=f"b-{uid}",
                wid=f"w-{uid}",
                state=AccountState.ACTIVE,
                email=None,
                name=None,
                locale="en",
                created=NOW,
            )
            batch.set(account_ref(uid), encode(account))
        batch.commit()


def times(event: Event, count: float) -> tuple[float, float]:
    """What so many of the event read and write in the model, which must be exact."""
    use = USES[event]
    assert (use.reads.low, use.writes.low) == (use.reads.high, use.writes.high)
    return float(use.reads.low) * count, float(use.writes.low) * count


def test_a_run_that_finds_nothing_reads_as_many_documents_as_it_has_queries() -> None:
    assert times(Event.METER_RUN, 1) == (METER_READS, 0)
    assert run() == Operations(reads=METER_READS + NONE_FOUND)
    people(3)
    assert run() == Operations(reads=METER_READS + 3), "few accounts are looked at from the beginning each time"


def test_a_run_reads_as_many_accounts_as_it_may_and_writes_after_each_hundred() -> None:
    people(COMPARED + COMPARED_AT_ONCE)
    reads, writes = times(Event.COMPARISON, COMPARED / COMPARED_AT_ONCE)
    assert (reads, writes) == (COMPARED + 10, 10)
    assert run() == Operations(reads=METER_READS + int(reads), writes=int(writes))


def test_a_run_reads_each_open_session_twice() -> None:
    """Firebase Auth is asked about its member, and its uploads are measured."""
    for number in range(4):
        session = a_session(sid=f"s-{number}", opened=NOW, seen=NOW, due=NOW + timedelta(hours=1))
        Commit().create(session_ref(session.sid), session).run()
    reads, writes = times(Event.SESSION_CHECK, 4)
    two_queries = 2 * NONE_FOUND
    assert run() == Operations(reads=METER_READS + NONE_FOUND - two_queries + int(reads), writes=int(writes))
