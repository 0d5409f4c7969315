"""The whole life of a workspace, while nobody hears that what they committed was made: nothing happens twice."""

import pytest

from tests.failures.conftest import Shaky
from tests.support.checkout import SOAK
from tests.support.members.charges import check_ledger
from tests.support.members.open_workspace import Workspace, working
from tests.support.members.person import Person
from tests.support.stack.commit_proxy import Loss, writing
from tests.support.stack.observe import charged, document, documents, objects, until
from tests.support.stack.running import Running


def test_a_life_in_which_every_commit_is_made_and_an_error_comes_back(shaky: Shaky) -> None:
    with shaky.commits.losing() as lost:
        person = Person(shaky.stack, "unheard")
        me = person.post("login", {"time_zone": "Asia/Seoul", "locale": "ko"})
        assert (me.status_code, me.json()["account"]["locale"]) == (200, "ko")
        work_and_stop(shaky.stack, person)
        with Workspace(shaky.stack, person) as again:
            assert again.read("note") == "kept"
            check_account(shaky.stack, person, sessions=2)
            person.delete_account()
            until(lambda: again.record["state"] == "ended", "the account's session ends")
        until(lambda: not objects(shaky.stack, f"workspaces/{again.record['wid']}/"), "the state is erased")
    assert len(lost.seen) > 12, "accounts, slots, sessions, heartbeats"
    check_account(shaky.stack, person, sessions=2)


@pytest.mark.soak
def test_a_life_in_which_commits_of_the_session_are_made_and_nothing_comes_back(shaky: Shaky) -> None:
    """Each costs its maker five seconds of waiting. In the soak all of them are met by silence."""
    person = Person(shaky.stack, "met by silence")
    person.me()
    claim = writing("sessions", uid=person.uid, seq=0, boot=None)
    end = writing("sessions", uid=person.uid, state="ended")
    rule = writing("sessions", uid=person.uid) if SOAK else lambda writes: claim(writes) or end(writes)
    with shaky.commits.losing(rule, Loss.SILENCE) as lost:
        work_and_stop(shaky.stack, person)
    assert len(lost.seen) >= (5 if SOAK else 2)
    check_account(shaky.stack, person, sessions=1)


def work_and_stop(stack: Running, person: Person) -> None:
    with Workspace(stack, person) as workspace, working(workspace):
        workspace.write("note", "kept")
        until(lambda: workspace.record["meter"]["ms"] > 0, "it is charged")
        until(lambda: person.post("release", {"session": workspace.sid}).status_code == 202, "the member stops")
        until(lambda: workspace.record["state"] == "ended", "the session ends")
    assert workspace.record["reason"] == "member"


def check_account(stack: Running, person: Person, sessions: int) -> None:
    """Each session once: in the epochs, in the ledger, in what is charged; and each slot has what its record says."""
    account = document(stack, f"accounts/{person.uid}") or {}
    mine = [session for session in documents(stack, "sessions") if session["bid"] == account["bid"]]
    assert sorted(session["epoch"] for session in mine) == list(range(1, sessions + 1))
    for session in mine:
        if session["state"] == "ended":
            check_ledger(stack, session)
    bid = account["bid"]
    until(lambda: charged(stack, bid) == metered(stack, bid), "counters agree, between two heartbeats")
    [owned] = [workspace for workspace in documents(stack, "workspaces") if workspace["owner"] == person.uid]
    assert (owned["wid"], owned["epoch"]) == (account["wid"], sessions)


def metered(stack: Running, bid: str) -> int:
    """Milliseconds that all sessions of a billing account were charged."""
    return sum(session["meter"]["ms"] for session in documents(stack, "sessions") if session["bid"] == bid)
