"""A hundred who open at once on one billing account with one second left: that second is charged once, and all of them
end at their next heartbeat."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from shared.accounts.account import Account, AccountState
from shared.billing.metering import LedgerLine, close
from shared.billing.periods import period_at
from shared.billing.plans import PLANS
from shared.errors import Refused, TryAgain
from shared.gcp.store.accounts import account_ref, workspace_ref
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.claims import read_standing
from shared.gcp.store.database import Commit, LostRace, database, run
from shared.gcp.store.slots import commit_slot, new_slot_name
from shared.policies import reclaim_policy
from shared.sessions.reclaim_decision import decide_reclaim
from shared.sessions.session import EndReason
from shared.sessions.workspace import Workspace
from tests.adapters.team_sessions import in_browser, member_of
from tests.support.records.factories import a_beat, a_billing, a_slot
from tests.support.stack.environment import SETTINGS, environment

with environment(SETTINGS):  # they read their settings when they are imported
    from functions.allocate import main as allocate
    from functions.heartbeat import main as heartbeat

COUNT = 100
BID = "b-1"
BEAT_SECONDS = 30
R = TypeVar("R")


@pytest.fixture(autouse=True)
def tasks(empty_database: None, tasks_standin: dict[str, str]) -> Iterator[None]:
    with environment(tasks_standin):
        yield


def at_once(work: list[Callable[[], R]]) -> list[R]:
    with ThreadPoolExecutor(max_workers=len(work)) as pool:
        return [future.result() for future in [pool.submit(one) for one in work]]


def patiently(act: Callable[[], R]) -> R:
    """As whoever is asked to try again does."""
    for _ in range(COUNT):
        with suppress(LostRace, TryAgain):
            return act()
    raise AssertionError("it never came to an end")


def new_member(number: int) -> Account:
    """Of the one billing account, with a workspace and a slot that is warm."""
    now = datetime.now(UTC)
    account = Account(
        uid=f"u-{number}", bid=BID, wid=f"w-{number}", state=AccountState.ACTIVE, email=None, name=None, locale=None,
        created=now,
    )  # fmt: skip
    commit = Commit().create(account_ref(account.uid), account)
    commit.create(workspace_ref(account.wid), Workspace(wid=account.wid, owner=account.uid, created=now)).run()
    commit_slot(None, a_slot(new_slot_name()))
    return account


def test_the_last_second_is_charged_once() -> None:
    period = period_at(PLANS["team"].per, "UTC", datetime.now(UTC)).id
    granted = round(1000 * (PLANS["team"].seconds or 0))
    Commit().create(billing_ref(BID), a_billing("team").count({period: granted - 1000})).run()
    people = [new_member(number) for number in range(COUNT)]

    opened = at_once(
        [
            lambda account=account: patiently(  # type: ignore[misc]  # mypy can't infer a default's type
                lambda: allocate.claim(member_of(account), account, read_standing(account), first=False)
            )
            for account in people
        ]
    )
    assert len({session.slot for session in opened}) == COUNT, "each has a slot"
    sessions = [in_browser(session.sid) for session in opened]

    later = max(session.seen for session in sessions) + timedelta(seconds=BEAT_SECONDS)
    after = at_once(
        [
            lambda session=session: patiently(  # type: ignore[misc]
                lambda: heartbeat.apply_beat(a_beat(session=session.sid, epoch=session.epoch), later)[0]
            )
            for session in sessions
        ]
    )
    assert sum(session.meter.ms for session in after) == 1000
    assert read_billing(BID).record.used == {period: granted}
    for session in after:
        decision = decide_reclaim(session, reclaim_policy(session.plan), later)
        assert (decision.reason, session.due) == (EndReason.ALLOWANCE, later)
    lines = [line for session in after for line in close(session.meter, session.ledger_owner, later)[1]]
    assert sum(line.ms for line in lines) == 1000
    assert run(database().collection_group("lines"), LedgerLine) == []

    late = new_member(COUNT)
    with pytest.raises(Refused) as refused:
        allocate.claim(member_of(late), late, read_standing(late), first=True)
    assert refused.value.name == "allowance-exhausted"
