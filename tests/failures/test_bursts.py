"""Everybody at once: no slot is given twice, no member gets two sessions, and who gets none is told so."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest

from tests.failures.concurrent import at_once
from tests.failures.relay import WRITE, Relay
from tests.support.members.open_workspace import Workspace
from tests.support.members.person import Person, problem
from tests.support.stack.observe import containers, document, documents, until
from tests.support.stack.running import QUICK, SESSIONS, Running, running
from tests.support.stack.session_steps import attach, claim

MEMBERS, SLOTS, WARM = 50, 10, 2


@pytest.fixture
def full_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A stack of its own, for nobody else would find a slot: ten of them, two warm."""
    pool = {"POOL_MAX": str(SLOTS), "POOL_WARM": str(WARM)}
    folder = tmp_path_factory.mktemp("burst")
    with running(folder, *SESSIONS, *QUICK, **pool) as stack:
        until(lambda: states(stack) == ["cold"] * (SLOTS - WARM) + ["warm"] * WARM, "there are ten slots")
        for slot in documents(stack, "slots"):
            if slot["state"] == "cold":  # the platform lets the container go sooner or later
                os.kill(containers(stack)[slot["name"]], signal.SIGKILL)
        yield stack


def test_fifty_members_and_ten_slots(full_stack: Running) -> None:
    stack = full_stack
    with looking_in(Person(stack, "bystander")):
        people = at_once([partial(Person, stack, f"member-{number}") for number in range(MEMBERS)])
        entered: dict[str, str] = {}
        outside = people
        while len(entered) < SLOTS:
            answers = at_once([partial(person.post, "allocate", {}) for person in outside])
            entered |= {
                person.uid: answer.json()["session"]
                for person, answer in zip(outside, answers, strict=True)
                if answer.status_code == 200
            }
            outside = [person for person in outside if person.uid not in entered]
            refused = [answer for answer in answers if answer.status_code != 200]
            # who has a slot may be asked to wait for it, everybody else is told that there is none; and a small machine
            # may have too much to do for some
            assert {problem(answer) for answer in refused} <= {"pool-exhausted", "slot-unreachable", "unavailable"}
            time.sleep(min((int(answer.headers["Retry-After"]) for answer in refused), default=0))
        answers = at_once([partial(person.post, "allocate", {}) for person in outside])
        inside = [person for person in people if person.uid in entered]
        again = at_once([partial(Workspace, stack, person) for person in inside])
    assert {(answer.status_code, problem(answer)) for answer in answers} == {(503, "pool-exhausted")}
    assert len(answers) == MEMBERS - SLOTS
    assert all(int(answer.headers["Retry-After"]) for answer in answers)
    sessions = documents(stack, "sessions")
    assert {session["uid"]: session["sid"] for session in sessions} == entered, "nobody had two, and none was lost"
    assert {workspace.person.uid: workspace.sid for workspace in again} == entered, "each is let into their own"
    assert len({session["slot"] for session in sessions}) == SLOTS
    assert len({session["boot"] for session in sessions}) == SLOTS
    assert {slot["name"]: slot["session"] for slot in documents(stack, "slots")} == {
        session["slot"]: session["sid"] for session in sessions
    }
    assert {session["state"] for session in sessions} == {"active"}, "every heartbeat was heard"


def test_a_member_who_opens_twenty_times_from_two_browsers(stack: Running) -> None:
    browsers = [Person(stack, "impatient"), Person(stack, "impatient")]
    entries = at_once([browsers[number % 2].open for number in range(20)])
    assert len({(entry["session"], entry["enter_url"]) for entry in entries}) == 1
    assert len({entry["enter_token"] for entry in entries}) == 20
    assert {browsers[0].enter(entry).status_code for entry in entries} == {303}
    mine = [session for session in documents(stack, "sessions") if session["uid"] == browsers[0].uid]
    assert len(mine) == 1
    held = [slot["name"] for slot in documents(stack, "slots") if slot["session"] == mine[0]["sid"]]
    assert held == [mine[0]["slot"]]
    assert (document(stack, f"workspaces/{mine[0]['wid']}") or {})["epoch"] == 1
    browsers[0].post("release", {"session": mine[0]["sid"]})


def test_opening_while_the_last_session_is_being_saved(stack: Running) -> None:
    person = Person(stack, "hasty")
    with Relay(stack) as relay:
        attach(stack, claim(stack, person), relay.heartbeat_url).raise_for_status()
        with Workspace(stack, person) as before:
            relay.hold(WRITE)
            before.container.run("echo precious > kept.txt")
            before.close()
            relay.until_held(WRITE)
        waiting = person.post("allocate", {})
        assert (waiting.status_code, problem(waiting)) == (503, "session-draining")
        assert int(waiting.headers["Retry-After"])
        assert before.record["state"] == "draining"
        relay.let_through()
        after = Workspace(stack, person)
    assert (before.record["reason"], before.record["final"]) == ("member", True)
    assert after.sid != before.sid
    assert after.read("kept.txt") == "precious"
    after.close()


@contextmanager
def looking_in(person: Person) -> Iterator[None]:
    """Somebody who is not in the crowd, and asks who they are again and again: they are always answered."""
    over = threading.Event()

    def look() -> int:
        count = 0
        while not over.is_set():
            person.me()
            count += 1
        return count

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        try:
            yield
        finally:
            over.set()
            assert looking.result()


def states(stack: Running) -> list[str]:
    return sorted(slot["state"] for slot in documents(stack, "slots"))
