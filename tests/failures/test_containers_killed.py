"""Containers that are killed, whatever they were at: the last committed checkpoint comes back, on another slot."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from tests.failures.relay import READ, WRITE, Relay
from tests.support.members.open_workspace import Workspace, kill
from tests.support.members.person import Person
from tests.support.slot.container_processes import Inside
from tests.support.slot.member import ends
from tests.support.stack.observe import containers, document, documents, until
from tests.support.stack.running import Running
from tests.support.stack.session_steps import attach, claim


def test_killed_in_use(stack: Running) -> None:
    person = Person(stack, "bereft")
    with Workspace(stack, person) as before:
        before.write("kept.txt", "precious")
        slot = slot_record(stack, before.slot)
        until_another_is_warm(stack)
        kill(before.container)
        assert ends(before.tab)
    after = open_at_once(stack, person)
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
    with Relay(stack) as relay, ThreadPoolExecutor() as pool:
        session = claim(stack, person, opening=120)
        slot = slot_record(stack, session.slot)
        until_another_is_warm(stack)
        relay.hold(READ)
        attaching = pool.submit(attach, stack, session, relay.heartbeat_url)
        relay.until_held(READ)
        kill(Inside(containers(stack)[session.slot]))
        assert attaching.result().status_code == 503
    after = open_at_once(stack, person)
    assert after.sid != session.sid
    check_given_up(document(stack, f"sessions/{session.sid}") or {}, person, saved_at=first.head)
    assert after.slot != session.slot
    assert after.read("kept.txt") == "precious"
    after.close()
    until_fresh(stack, slot)


def test_killed_during_the_final_checkpoint(stack: Running) -> None:
    person = Person(stack, "cut short")
    with Relay(stack) as relay:
        attach(stack, claim(stack, person), relay.heartbeat_url).raise_for_status()
        with Workspace(stack, person) as before:
            before.write("kept.txt", "precious")
            slot = slot_record(stack, before.slot)
            until_another_is_warm(stack)
            relay.hold(WRITE)
            before.container.run("echo late > unsaved.txt")
            before.close()
            assert ends(before.tab)
        until(lambda: before.get().status_code == 401, "its container gives the session back")
        relay.until_held(WRITE)
        dead = before.container.pid
        kill(before.container)
        # Open waits for a session that drains, but not for longer than a cold start may take
        until(lambda: containers(stack).get(before.slot) not in (None, dead), "another container says that it is gone")
        after = open_at_once(stack, person)
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


def until_another_is_warm(stack: Running) -> None:
    until(lambda: [slot for slot in documents(stack, "slots") if slot["state"] == "warm"], "another slot is warm")


def open_at_once(stack: Running, person: Person) -> Workspace:
    """The first click on Open leads into a session, without *come again*."""
    answer = person.post("allocate", {})
    assert answer.status_code == 200, answer.text
    opened = Workspace(stack, person)
    assert opened.sid == answer.json()["session"]
    return opened


def slot_record(stack: Running, name: str) -> dict[str, Any]:
    return document(stack, f"slots/{name}") or {}


def until_fresh(stack: Running, before: dict[str, Any]) -> None:
    """The slot has a new container, and is offered again."""

    def fresh() -> bool:
        slot = slot_record(stack, before["name"])
        return slot["state"] in ("warm", "cold", "claimed") and slot["incarnation"] > before["incarnation"]

    until(fresh, "the slot is fresh again")
