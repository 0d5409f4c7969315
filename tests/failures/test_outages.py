"""Firestore, Auth, the storage, the Admin API, gone for a while: clear answers meanwhile, recovery by itself after.

An outage lasts until everything was asked and, where browsers must be cut, until they are. With SOAK a minute at least.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from shared.sessions.tokens import Signer
from tests.failures.conftest import Shaky
from tests.support.checkout import SOAK
from tests.support.members.open_workspace import Workspace, working
from tests.support.members.person import Person, problem
from tests.support.records.factories import a_beat, a_session
from tests.support.slot.member import ends
from tests.support.stack.google_clients import deliver
from tests.support.stack.log_lines import lines
from tests.support.stack.observe import document, forget_field, until
from tests.support.stack.running import Running

SECONDS = 60.0 if SOAK else 0.0
TRY_AGAIN = 503

SAYS_TRY_AGAIN: dict[str, set[str]] = {
    "firestore": {"login", "allocate", "release", "heartbeat", "reclaim", "pool"},
    "storage": set(),
    "auth": set(),
    "run_admin": {"pool"},
}
"""By what is gone: the functions that cannot do without it just now. Every other one answers as ever, and asks Auth
nothing within the hour after a sign-in; the test of newcomers has Auth asked."""
WAYS = ("shut", "silence") if SOAK else ("shut",)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", SAYS_TRY_AGAIN)
@pytest.mark.parametrize("way", WAYS)
def test_a_part_is_gone_for_a_while(shaky: Shaky, part: str, way: str) -> None:
    stack = shaky.stack
    stopper = Workspace(stack, Person(stack, f"stopper-{part}-{way}"))
    stopper.container.run("echo kept > note")
    with Workspace(stack, Person(stack, f"typist-{part}-{way}")) as typist, working(typist):
        typist.container.run("echo kept > note")
        beats = typist.record["seq"]
        with gone(shaky, part, way):
            for function, answer in ask_all(stack, typist, stopper).items():
                check_answer(function, answer, part)
            if part == "firestore":
                assert ends(typist.tab), "nobody types into the void"
                until(lambda: typist.get().status_code == TRY_AGAIN, "the door says that it is a pause")
            else:
                until(lambda: typist.record["seq"] > beats + 2, "heartbeats go on")
                assert typist.get("/healthz").status_code == 200
        after_outage(stack, part, typist, stopper)


@pytest.mark.soak
def test_opening_while_the_storage_is_gone_is_answered_and_goes_on_afterwards(shaky: Shaky) -> None:
    stack, person = shaky.stack, Person(shaky.stack, "returner")
    with Workspace(stack, person) as before:
        before.write("note", "kept")
    before.close()
    until(lambda: before.record["state"] == "ended", "the work is saved")
    with gone(shaky, "storage", "shut", seconds=0):  # in a minute the claim would be given up, and made anew
        answer = person.post("allocate", {})
        assert (answer.status_code, problem(answer)) == (TRY_AGAIN, "slot-unreachable")
    again = Workspace(stack, person)
    assert again.read("note") == "kept"
    assert again.record["epoch"] == 2, "the claim was made once"
    again.close()


@pytest.mark.soak
@pytest.mark.parametrize("way", WAYS)
def test_while_auth_is_gone_members_come_in_unchecked_and_nobody_new_does(shaky: Shaky, way: str) -> None:
    """Auth is asked about a member once an hour, and about a new person at once: here both are due."""
    stack = shaky.stack
    member, newcomer = Person(stack, f"checked-{way}"), Person(stack, f"newcomer-{way}")
    member.me()
    assert checked(stack, member)
    forget_field(stack, f"accounts/{member.uid}", "sign_in_checked")
    with gone(shaky, "auth", way):
        answer = newcomer.post("login", {})
        assert (answer.status_code, problem(answer)) == (TRY_AGAIN, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert document(stack, f"accounts/{newcomer.uid}") is None, "nobody is let in unseen"
        member.me()
        assert lines(stack, "login", "sign-in-unchecked", uid=member.uid)
        assert not checked(stack, member)
    until(lambda: newcomer.post("login", {}).status_code == 200, "login answers")
    until(lambda: member.me() and checked(stack, member), "the member is looked up again")


def checked(stack: Running, person: Person) -> str | None:
    """When Firebase Auth was asked about the person last."""
    at: str | None = (document(stack, f"accounts/{person.uid}") or {}).get("sign_in_checked")
    return at


def after_outage(stack: Running, part: str, typist: Workspace, stopper: Workspace) -> None:
    """Nothing was lost, and nobody has to be asked to go on."""
    until(lambda: typist.person.post("login", {}).status_code == 200, "login answers")
    again = Workspace(stack, typist.person)
    assert part == "firestore" or again.sid == typist.sid
    assert again.read("note") == "kept"
    assert typist.record["reason"] in (None, "idle"), "it was idle while nobody could type, or is open"
    until(lambda: stopper.record["state"] == "ended", "the session that nobody works in ends")
    # a call that a silent network held back may arrive when it speaks again
    reasons = {"firestore": ("idle", "member")}.get(part, ("member",))
    assert stopper.record["reason"] in reasons
    assert stopper.record["final"]
    back = Workspace(stack, stopper.person)
    assert back.read("note") == "kept"
    back.close()
    until(lambda: is_offered_again(stack, stopper.slot), "its slot is offered again")
    again.close()


def is_offered_again(stack: Running, slot: str) -> bool:
    """It is ready for the next member, or one has claimed it since; or the pool has another in its place."""
    found = document(stack, f"slots/{slot}")
    return found is None or found["state"] in ("warm", "cold", "claimed")


@contextmanager
def gone(shaky: Shaky, part: str, way: str, seconds: float = SECONDS) -> Iterator[None]:
    """The part is shut or silent while the block runs, and for so long at least."""
    over = time.monotonic() + seconds
    gate = shaky.gates[part]
    getattr(gate, way)()
    try:
        yield
        time.sleep(max(0.0, over - time.monotonic()))
    finally:
        gate.open()


def ask_all(stack: Running, typist: Workspace, stopper: Workspace) -> dict[str, httpx.Response]:
    """The answer of every function, all asked at once."""
    calls: dict[str, Callable[[], httpx.Response]] = {
        "login": lambda: typist.person.post("login", {}),
        "allocate": lambda: typist.person.post("allocate", {}),
        "release": lambda: stopper.person.post("release", {"session": stopper.sid}),
        "heartbeat": lambda: beat(stack, typist.record),
        "reclaim": lambda: deliver(stack, "reclaim", {"session": typist.sid}),
        "pool": lambda: deliver(stack, "pool", {}),
    }
    with ThreadPoolExecutor(len(calls)) as pool:
        asked = {function: pool.submit(call) for function, call in calls.items()}
    return {function: answer.result() for function, answer in asked.items()}


def check_answer(function: str, answer: httpx.Response, part: str) -> None:
    if function not in SAYS_TRY_AGAIN[part]:
        assert answer.status_code in (200, 202), f"{function}: {answer.text}"
        return
    assert answer.status_code == TRY_AGAIN, f"{function}: {answer.text}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert problem(answer) == "unavailable"


def beat(stack: Running, session: dict[str, Any]) -> httpx.Response:
    """An old heartbeat once more, which changes nothing."""
    sid, epoch, boot = session["sid"], session["epoch"], session["boot"]
    token = Signer(stack.env["SIGNING_KEY"]).heartbeat(a_session(sid=sid, epoch=epoch, boot=boot), datetime.now(UTC))
    old = msgspec.json.encode(a_beat(0, session=sid, epoch=epoch, boot=boot))
    return httpx.post(stack.at("heartbeat"), content=old, headers={"Authorization": f"Bearer {token}"}, timeout=100)
