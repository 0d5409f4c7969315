"""Accounts compared with Firebase Auth: who is gone is closed, and nobody is erased for a wrong answer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from firebase_admin import auth
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState
from shared.errors import Refused
from shared.flows import comparing
from shared.flows.comparing import MISSING_GRACE, MOST_MISSING, compare
from shared.flows.sign_ins import account_of
from shared.gcp.identity import firebase_app, person
from shared.gcp.store.accounts import close_account, find_account, read_workspace
from shared.gcp.store.claims import commit_claim, read_standing
from shared.gcp.store.races import TooBusy
from shared.gcp.store.sessions import begin_end, note_entry, read_session
from shared.gcp.store.slots import all_slots, commit_slot
from shared.sessions.session import EndReason, Session, SessionState
from shared.time_budget import TimeBudget
from tests.adapters.people import an_account, come, disable, leave, member, sign_up
from tests.support.records.factories import a_slot
from tests.support.stack.environment import environment

NOW = datetime.now(UTC) + timedelta(days=1)  # later than whoever a test signs up, however late that runs
AGAIN = NOW + MISSING_GRACE


@pytest.fixture(autouse=True)
def people(empty_database: None, auth_emulator: dict[str, str]) -> Iterator[None]:
    with environment(auth_emulator):
        auth.delete_users([user.uid for user in auth.list_users(app=firebase_app()).users], app=firebase_app())
        yield


def run(now: datetime) -> int:
    return compare(now, TimeBudget(60)).ended


def state(uid: str) -> AccountState:
    account = find_account(uid)
    assert account
    return account.state


def an_open_session(uid: str) -> str:
    return claimed(come(uid, NOW), NOW, issued=NOW)


def claimed(account: Account, now: datetime, *, issued: datetime) -> str:
    """A session of theirs, opened by a token that was issued then."""
    commit_slot(None, a_slot(f"ws-{account.uid}"))
    [slot] = [each for each in all_slots() if each.record.name == f"ws-{account.uid}"]
    standing = read_standing(account)
    return commit_claim(account, standing.billing, standing.workspace, slot, opening=60, issued=issued, now=now).sid


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
    auth.update_user("ended", valid_since=round(NOW.timestamp()) + 1, app=firebase_app())
    assert run(NOW + timedelta(minutes=5)) == 2
    assert (session(disabled).state, session(disabled).reason) == (SessionState.DRAINING, EndReason.SUSPENDED)
    assert (session(ended).state, session(ended).reason) == (SessionState.DRAINING, EndReason.SIGNED_OUT)
    assert session(goes_on).state == SessionState.OPENING


def test_a_session_that_changes_too_fast_keeps_no_other_from_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    fast, other = (an_open_session(uid) for uid in ("fast", "other"))
    for uid in ("fast", "other"):
        disable(uid)

    def begin(sid: str, reason: EndReason, now: datetime) -> Session | None:
        if sid == fast:
            raise TooBusy("too-busy", "Too many changes at once. Try again.")
        return begin_end(sid, reason, now)

    monkeypatch.setattr(comparing, "begin_end", begin)
    assert run(NOW + timedelta(minutes=5)) == 1
    assert (session(fast).state, session(other).state) == (SessionState.OPENING, SessionState.DRAINING)


def test_who_was_disabled_opens_nothing_anew_with_the_token_of_before() -> None:
    sid = an_open_session("u-1")
    disable("u-1")
    assert run(NOW) == 1
    with pytest.raises(Refused) as refused:
        account_of(member("u-1", NOW), NOW + timedelta(seconds=1))  # Firebase Auth was asked a second ago
    assert (refused.value.name, session(sid).reason) == ("account-suspended", EndReason.SUSPENDED)


def test_a_session_ends_that_was_opened_or_entered_after_the_end_of_its_sign_in() -> None:
    """Firebase Auth was asked about them shortly before: the token passes until it is asked again."""
    late = NOW + timedelta(minutes=5)
    ended = NOW + timedelta(minutes=4)
    opened, entered, renewed = (come(uid, NOW) for uid in ("opened", "entered", "renewed"))
    for account in (opened, entered, renewed):
        auth.update_user(account.uid, valid_since=round(ended.timestamp()), app=firebase_app())
    by_old = claimed(opened, late, issued=NOW)
    by_new, goes_on = claimed(entered, late, issued=late), claimed(renewed, late, issued=late)
    assert note_entry(session(by_new), NOW)
    assert note_entry(session(goes_on), late)
    assert run(late + timedelta(minutes=5)) == 2
    assert {session(sid).reason for sid in (by_old, by_new)} == {EndReason.SIGNED_OUT}
    assert session(goes_on).state == SessionState.OPENING
    assert not note_entry(session(by_new), NOW - timedelta(minutes=1)), "nobody is led into a session that ends"
