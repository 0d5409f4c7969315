"""Accounts compared with Firebase Auth: what no event told is finished, and nobody is erased for a wrong answer."""

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cloudevents.http import CloudEvent
from firebase_admin import auth
from msgspec.structs import replace

from functions.auth_events import main
from functions.auth_events.main import DELETED
from shared.accounts.account import AccountState
from shared.flows import comparing
from shared.flows.comparing import MISSING_GRACE, MOST_MISSING, compare
from shared.gcp.identity import _firebase, person
from shared.gcp.store.accounts import close_account, find_account, read_workspace
from shared.gcp.store.claims import commit_claim, read_standing
from shared.gcp.store.sessions import read_session
from shared.gcp.store.slots import all_slots, commit_slot
from shared.sessions.session import EndReason, Session, SessionState
from shared.time_budget import TimeBudget
from tests.adapters.leaving import an_account, come, disable, leave, sign_up
from tests.environment import environment
from tests.factories import a_slot

NOW = datetime.now(UTC) + timedelta(days=1)  # later than whoever a test signs up, however late that runs
AGAIN = NOW + MISSING_GRACE


@pytest.fixture(autouse=True)
def people(empty_database: None, auth_emulator: dict[str, str]) -> Iterator[None]:
    with environment(auth_emulator):
        auth.delete_users([user.uid for user in auth.list_users(app=_firebase()).users], app=_firebase())
        yield


def run(now: datetime) -> int:
    return compare(now, TimeBudget(60)).ended


def state(uid: str) -> AccountState:
    account = find_account(uid)
    assert account
    return account.state


def an_open_session(uid: str) -> str:
    account = come(uid, NOW)
    commit_slot(None, a_slot(f"ws-{uid}"))
    [slot] = [each for each in all_slots() if each.record.name == f"ws-{uid}"]
    standing = read_standing(account)
    return commit_claim(account, standing.billing, standing.workspace, slot, opening=60, now=NOW).sid


def session(sid: str) -> Session:
    found = read_session(sid)
    assert found
    return found.record


def test_who_is_gone_from_firebase_auth_is_erased_though_no_event_told_it() -> None:
    come("u-stays", NOW), come("u-leaves", NOW)
    leave("u-leaves")
    assert run(NOW) == 0, "one answer is not enough to erase somebody"
    assert run(AGAIN - timedelta(seconds=1)) == 0
    assert (state("u-leaves"), run(AGAIN)) == (AccountState.ACTIVE, 1)
    assert (state("u-leaves"), state("u-stays")) == (AccountState.DELETED, AccountState.ACTIVE)
    gone = find_account("u-leaves")
    assert gone and read_workspace(gone.wid).record.erase_due == AGAIN
    assert run(AGAIN + MISSING_GRACE) == 0, "once is enough"


def test_who_was_missing_by_mistake_is_there_again() -> None:
    come("u-1", NOW)
    leave("u-1")
    run(NOW)
    sign_up("u-1")
    assert run(AGAIN) == 0
    assert state("u-1") == AccountState.ACTIVE


def test_a_firebase_auth_that_knows_nobody_is_not_believed(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(MOST_MISSING + 1):
        an_account(f"u-{number}", NOW)
    assert (run(NOW), run(AGAIN), run(AGAIN + MISSING_GRACE)) == (0, 0, 0)
    assert {state(f"u-{number}") for number in range(MOST_MISSING + 1)} == {AccountState.ACTIVE}
    assert "too-many-missing" in capsys.readouterr().out


def test_an_event_closes_nobody_and_counts_as_the_first_look(tasks_standin: dict[str, str]) -> None:
    sid = an_open_session("u-1")
    come("u-2", NOW)
    leave("u-1")
    with environment(tasks_standin):
        tell_deleted("u-1", NOW)
        tell_deleted("u-1", NOW + timedelta(minutes=30))  # it came twice
    account = find_account("u-1")
    assert account and (account.state, account.missing) == (AccountState.ACTIVE, NOW)
    assert (session(sid).state, session(sid).reason) == (SessionState.DRAINING, EndReason.SIGNED_OUT)
    assert (run(AGAIN - timedelta(seconds=1)), run(AGAIN)) == (0, 1)


def tell_deleted(uid: str, now: datetime) -> None:
    event = CloudEvent({"type": DELETED[1], "source": "//identitytoolkit", "subject": f"users/{uid}"}, {"uid": uid})
    handler: Any = inspect.unwrap(main.auth_events)
    handler(event, now)


def test_many_accounts_are_looked_at_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "PEOPLE_AT_ONCE", 2)
    monkeypatch.setattr(comparing, "HUNDREDS", 1)
    for number in range(5):
        come(f"u-{number}", NOW)
    leave("u-4")
    for _ in range(3):  # two, two, and the last
        run(NOW)
    assert [run(AGAIN) for _ in range(3)] == [0, 0, 1]
    assert state("u-4") == AccountState.DELETED


def test_what_was_deleted_here_is_deleted_in_firebase_auth_too_and_nobody_else() -> None:
    come("u-1", NOW)
    close_account("u-1", NOW)  # and before its end the function died
    run(NOW)
    assert person("u-1") is None
    sign_up("u-1")
    tombstone = find_account("u-1")
    assert tombstone and tombstone.deleted
    assert person("u-1"), "somebody else, under an id that an own sign-in may choose again"
    with pytest.MonkeyPatch.context() as patch:
        made_later = replace(person("u-1"), created=tombstone.deleted + timedelta(seconds=1))  # type: ignore[type-var]
        patch.setattr(comparing, "people", lambda _: {"u-1": made_later})
        run(NOW)
    assert person("u-1")


def test_the_session_of_somebody_disabled_drains_and_so_does_that_of_ended_sign_ins() -> None:
    disabled, ended, goes_on = (an_open_session(uid) for uid in ("disabled", "ended", "goes-on"))
    assert run(NOW) == 0
    disable("disabled")
    auth.update_user("ended", valid_since=round(NOW.timestamp()) + 1, app=_firebase())
    assert run(NOW + timedelta(minutes=5)) == 2
    assert (session(disabled).state, session(disabled).reason) == (SessionState.DRAINING, EndReason.SUSPENDED)
    assert (session(ended).state, session(ended).reason) == (SessionState.DRAINING, EndReason.SIGNED_OUT)
    assert session(goes_on).state == SessionState.OPENING
