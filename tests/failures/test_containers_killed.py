"""Containers that are killed, whatever they were at: the last committed checkpoint comes back, on another slot."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from tests.failures.between import READ, WRITE, between
from tests.failures.workspace import Workspace, attach, claim, kill
from tests.functions.person import Person
from tests.inside import Inside
from tests.observe import containers, document, documents, until
from tests.running import Running
from tests.slot.member import ends


def test_killed_in_use(stack: Running) -> None:
    person = Person(stack, "bereft")
    with Workspace(stack, person) as before:
        before.write("kept.txt", "precious")
        slot = slot_record(stack, before.slot)
        until(lambda: [s for s in documents(stack, "slots") if s["state"] == "warm"], "another slot is warm")
        kill(before.container)
        assert ends(before.tab)
    answer = person.post("allocate", {})
    assert answer.status_code == 200, "Open works at once"
    after = Workspace(stack, person)
    assert after.sid == answer.json()["session"]
    check_given_up(before.record, person)
    assert after.slot != before.slot
    assert after.read("kept.txt") == "precious"
    after.close()
    until_fresh(stack, slot)


def test_killed_during_restore(stack: Running) -> None:
    person = Person(stack, "interrupted")
    with Workspace(stack, person) as first:
        first.write("kept.txt", "precious")
    first.close()
    until(lambda: first.record["state"] == "ended", "the first session was saved")
    with between(stack) as relay, ThreadPoolExecutor() as pool:
        session = claim(stack, person)
        slot = slot_record(stack, session.slot)
        relay.hold(READ)
        attaching = pool.submit(attach, stack, session, relay.heartbeat_url)
        relay.until_held(READ)
        kill(Inside(containers(stack)[session.slot]))
        assert attaching.result().status_code == 503
    after = Workspace(stack, person)
    assert after.sid != session.sid
    check_given_up(document(stack, f"sessions/{session.sid}") or {}, person, saved_at=first.head)
    assert after.slot != session.slot
    assert after.read("kept.txt") == "precious"
    after.close()
    until_fresh(stack, slot)


def test_killed_during_the_final_checkpoint(stack: Running) -> None:
    person = Person(stack, "cut short")
    with between(stack) as relay:
        attach(stack, claim(stack, person), relay.heartbeat_url).raise_for_status()
        with Workspace(stack, person) as before:
            before.write("kept.txt", "precious")
            slot = slot_record(stack, before.slot)
            relay.hold(WRITE)
            before.container.run("echo late > unsaved.txt")
            before.close()
            assert ends(before.tab)
        until(lambda: before.get().status_code == 401, "its container gives the session back")
        relay.until_held(WRITE)
        kill(before.container)
        after = Workspace(stack, person)
    check_given_up(before.record, person)
    assert after.slot != before.slot
    assert after.read("kept.txt") == "precious"
    assert after.read("unsaved.txt") == ""
    after.close()
    until_fresh(stack, slot)


def check_given_up(session: dict[str, Any], person: Person, saved_at: dict[str, Any] | None = None) -> None:
    """The session was lost, and the member is told of what time the files are that came back."""
    assert (session["state"], session["reason"], session["final"]) == ("ended", "lost", False)
    head = saved_at or session["head"]
    last = person.me()["last"]
    assert last["reason"] == "lost"
    assert last["saved_at"] == datetime.fromisoformat(head["at"]).timestamp()


def slot_record(stack: Running, name: str) -> dict[str, Any]:
    return document(stack, f"slots/{name}") or {}


def until_fresh(stack: Running, before: dict[str, Any]) -> None:
    """The slot has a new container, and is offered again."""

    def fresh() -> bool:
        slot = slot_record(stack, before["name"])
        return slot["state"] in ("warm", "cold", "claimed") and slot["generation"] > before["generation"]

    until(fresh, "the slot is fresh again")
