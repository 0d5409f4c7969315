"""What a look of the page, a hello and an early check cost in Firestore, counted: `shared.economics` counts with the
same figures. tests/adapters/test_costs.py has heartbeats and the pool, test_costs_of_ends.py what comes after them."""

import inspect
from datetime import UTC, datetime, timedelta

import pytest

from shared.accounts.account import SIGN_IN_CHECK
from shared.economics.quantities import USES, Event
from shared.gcp.operation_counts import Operations, counted
from shared.gcp.store.database import Commit
from shared.gcp.store.sessions import session_ref
from shared.sessions.heartbeats import Hello
from shared.sessions.session import SessionState
from tests.adapters.costed_sessions import function, highest, is_within, lowest
from tests.adapters.people import member
from tests.adapters.team_calls import Caller
from tests.adapters.team_sessions import ended, opened
from tests.support.records.factories import BOOT, a_session

NOW = datetime.now(UTC)
pytestmark = pytest.mark.usefixtures("all_services")


def test_a_container_says_hello() -> None:
    heartbeat = function("heartbeat")
    session = a_session(state=SessionState.OPENING, boot=None, opened=NOW, seen=NOW, due=NOW)
    Commit().create(session_ref(session.sid), session).run()
    hello = Hello(session=session.sid, epoch=session.epoch, boot=BOOT)
    bearer = heartbeat.Bearer(sid=session.sid, epoch=session.epoch, boot=None, slot=session.slot)
    with counted() as cost:
        inspect.unwrap(heartbeat.heartbeat)(bearer, hello, NOW + timedelta(seconds=3))
    assert is_within(cost, USES[Event.HELLO]), cost


def test_a_task_looks_at_a_session_that_is_not_due() -> None:
    reclaim = function("reclaim")
    session = a_session(connected=True, opened=NOW, seen=NOW, due=NOW + timedelta(minutes=9))
    Commit().create(session_ref(session.sid), session).run()
    with counted() as cost:
        answer = inspect.unwrap(reclaim.reclaim)("", reclaim.Reclaim(session.sid), NOW)
    assert answer.outcome == "not due yet"
    assert is_within(cost, USES[Event.EARLY_CHECK]), cost


def page(caller: Caller, after: timedelta = timedelta()) -> Operations:
    """The cost of one look of the page, so long after now."""
    login = function("login")
    now = datetime.now(UTC)
    with counted() as cost:
        inspect.unwrap(login.login)(member(caller.uid, now), login.Login(), now + after)
    return cost


def test_the_page_asks_who_a_member_is_who_has_been_here_before() -> None:
    caller = Caller("alone")
    page(caller)  # the first visit keeps the language
    ended(opened(caller))
    assert page(caller) == lowest(USES[Event.PAGE]), "account, billing account, workspace, last session"
    opened(caller)
    assert page(caller) == Operations(reads=5), "and the open one"


def test_the_page_of_a_teams_member_reads_the_team_and_what_the_others_store() -> None:
    caller = Caller("owner")
    caller.make()
    page(caller)
    ended(opened(caller))
    opened(caller)
    assert page(caller) == highest(USES[Event.PAGE])


def test_firebase_auth_is_asked_about_a_member_again_once_an_hour() -> None:
    caller = Caller("back-again")
    page(caller)
    ended(opened(caller))
    first, second = page(caller, SIGN_IN_CHECK), page(caller, SIGN_IN_CHECK)
    more = Operations(first.reads - second.reads, first.writes - second.writes)
    assert more == highest(USES[Event.AUTH_CHECK]) == Operations(1, 1)
    assert second == lowest(USES[Event.PAGE])
