"""What an operator asks of slots and of sessions, by the real functions: work is saved, and members are told."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.accounts.operator_limits import Limits
from shared.slots.levers import PoolLevers
from tests.support.members.operator import operator
from tests.support.members.operator_limits import limit, set_levers
from tests.support.members.operator_requests import asked, done, ended
from tests.support.members.person import Person, problem
from tests.support.stack.observe import document, documents, objects, until
from tests.support.stack.running import Running

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def ada(stack: Running) -> Person:
    return operator(stack, "ada-levers")


@pytest.fixture(autouse=True)
def as_before(stack: Running) -> Iterator[None]:
    until(lambda: len(slots(stack, "warm")) >= 2, "the pool is warm")
    yield
    limit(stack, Limits())
    set_levers(stack, PoolLevers())


def slots(stack: Running, state: str) -> list[str]:
    return [slot["name"] for slot in documents(stack, "slots") if slot["state"] == state]


def pull(ada: Person, lever: str, **fields: Any) -> dict[str, Any]:
    """The line of the audit log that it wrote."""
    return done(ada.post(f"admin/{lever}", asked(**fields)))


def at_work(stack: Running, name: str) -> tuple[Person, str, str]:
    """A member in the editor, with their session and its slot."""
    person = Person(stack, f"{name}-{next(_numbers)}")
    entry = person.open()
    assert person.enter(entry).status_code == 303
    session = document(stack, f"sessions/{entry['session']}") or {}
    return person, entry["session"], session["slot"]


@pytest.mark.parametrize("lever", ["recycle", "quarantine"])
def test_a_slot_drained_under_a_working_member_is_saved_and_they_are_told_why(
    stack: Running, ada: Person, lever: str
) -> None:
    person, sid, slot = at_work(stack, lever)
    line = pull(ada, lever, slot=slot)
    assert line["after"] == {"slot": slot, "state": "claimed", "session": sid}
    session = until(lambda: ended(stack, sid), "the session ended")
    assert (session["reason"], session["final"]) == ("operator", True)
    assert session["head"] and objects(stack, f"workspaces/{session['wid']}/"), "what they had is kept"
    assert person.me()["last"]["reason"] == "operator"
    if lever == "quarantine":
        until(lambda: slot in slots(stack, "quarantined"), "it is out of use")
        again = person.open()["session"]
        assert (document(stack, f"sessions/{again}") or {})["slot"] != slot
        person.post("release", {"session": again})
        pull(ada, "recycle", slot=slot)
    until(lambda: slot in [*slots(stack, "warm"), *slots(stack, "cold")], "it has a fresh container")


def test_everybody_is_drained_for_an_upgrade_and_nobody_comes_in_meanwhile(stack: Running, ada: Person) -> None:
    sessions = [at_work(stack, "drained")[1] for _ in range(2)]
    assert pull(ada, "drain")["after"] == {"new_sessions": False}
    until(lambda: all(ended(stack, sid) for sid in sessions), "they ended")
    assert [(document(stack, f"sessions/{sid}") or {})["reason"] for sid in sessions] == ["operator"] * 2
    late = Person(stack, "comes-late")
    assert problem(late.post("allocate", {})) == "sessions-closed"
    pull(ada, "limits", new_sessions=True)
    late.post("release", {"session": late.open()["session"]})


def test_more_slots_are_warm_once_the_operator_says_so(stack: Running, ada: Person) -> None:
    before = len(slots(stack, "warm"))
    pull(ada, "pool", warm=before + 1)
    until(lambda: len(slots(stack, "warm")) == before + 1, "one more is warm")
    refused = ada.post("admin/pool", asked(max=before))
    assert (refused.status_code, problem(refused)) == (400, "bad-request")
    pull(ada, "pool", warm=before)
    until(lambda: len(slots(stack, "warm")) <= before, "it was cooled")


def test_a_members_session_is_ended_and_they_may_open_again(stack: Running, ada: Person) -> None:
    person, sid, _ = at_work(stack, "sent-out")
    assert pull(ada, "end", uid=person.uid)["after"] == {"session": sid, "state": "draining"}
    assert until(lambda: ended(stack, sid), "it ended")["reason"] == "operator"
    assert ada.post("admin/end", asked(uid=person.uid)).status_code == 404
    person.post("release", {"session": person.open()["session"]})


def test_a_home_is_downloaded_on_its_members_behalf_and_that_is_written_down(stack: Running, ada: Person) -> None:
    person, sid, _ = at_work(stack, "asks-for-files")
    person.post("release", {"session": sid})
    saved = until(lambda: ended(stack, sid), "it is saved")["head"]
    body = asked(uid=person.uid)
    ready = until(lambda: packed(ada.post("admin/download", body)), "it is packed")
    assert ready["snapshot"] == saved["snapshot"]
    archive = httpx.get(ready["url"])
    assert (archive.status_code, archive.content[:4]) == (200, b"\x28\xb5\x2f\xfd"), "zstd"
    lines = ada.get(f"admin/audit?target={person.uid}").json()["lines"]
    assert [(line["action"], line["after"]["snapshot"]) for line in lines] == [("download", saved["snapshot"])]
    assert ada.post("admin/download", asked(uid=person.uid, snapshot="1-boot000000000000-9")).status_code in (400, 404)


def packed(answer: httpx.Response) -> dict[str, Any] | None:
    assert answer.status_code in (200, 202), answer.text
    return answer.json() if answer.status_code == 200 else None
