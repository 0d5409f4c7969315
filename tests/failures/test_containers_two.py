"""Two containers behind one slot's URL: only the boot that said hello first serves the session or writes for it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.gcp.emulators import reachable
from shared.sessions.session import Session
from shared.sessions.tokens import Signer
from tests.support.members.open_workspace import Workspace, kill
from tests.support.members.person import PATIENCE, Person
from tests.support.slot import container
from tests.support.slot.container import Container
from tests.support.slot.member import ends
from tests.support.stack.observe import containers, document, documents, objects, until
from tests.support.stack.running import Running
from tests.support.stack.session_steps import attach, claim, release, session_of


@pytest.fixture
def person(stack: Running, request: pytest.FixtureRequest) -> Person:
    """A new member."""
    return Person(stack, request.node.name)


@pytest.fixture
def session(stack: Running, person: Person) -> Session:
    """Claimed by the member; no container has heard of it."""
    return claim(stack, person)


@pytest.fixture
def double(stack: Running, session: Session, tmp_path: Path) -> Iterator[Container]:
    """A second container of the slot, with the very environment of the first, that the platform knows nothing of."""
    key = Signer(stack.env["SIGNING_KEY"]).public_pem
    settings = {"K_SERVICE": session.slot, "CHECKPOINT_SECONDS": stack.env["CHECKPOINT_SECONDS"]}
    with container.running(tmp_path / "double.log", key, stack.url, **settings) as double:
        yield double


def test_of_two_that_say_hello_at_the_same_moment_one_serves(
    stack: Running, session: Session, double: Container
) -> None:
    urls = (session.url, double.url)
    with ThreadPoolExecutor() as pool:
        said = pool.map(lambda url: attach(stack, session, heartbeat(stack), url), urls)
        answers = dict(zip(urls, said, strict=True))
    assert sorted(answer.status_code for answer in answers.values()) == [200, 409]
    [owner] = [url for url, answer in answers.items() if answer.status_code == 200]
    [other] = set(urls) - {owner}
    assert record(stack, session)["boot"] == answers[owner].json()["boot"]
    check_shut_out(stack, session, other)
    # the owner goes on undisturbed, and all that was written is its own
    assert attach(stack, session, heartbeat(stack), owner).status_code == 200
    assert release(stack, session_of(stack, session.sid), owner).status_code == 200
    mark = f"workspaces/{session.wid}/{session.epoch}-"
    written = objects(stack, mark)
    assert written
    assert all(name.startswith(f"{mark}{answers[owner].json()['boot']}/") for name in written)


def test_one_that_was_given_up_neither_serves_nor_moves_the_head(
    stack: Running, person: Person, session: Session, double: Container
) -> None:
    """The double was first; the slot's URL leads to the other, so Open gives the session up."""
    attach(stack, session, heartbeat(stack), double.url).raise_for_status()
    until(lambda: double.events("session-serving"), "the double has emptied its home")
    double.run("echo precious > kept.txt")
    until(lambda: (record(stack, session)["head"] or {}).get("files", 0) > 2, "the double saved")
    token = Signer(stack.env["SIGNING_KEY"]).enter(session_of(stack, session.sid), datetime.now(UTC))
    after = Workspace(stack, person)
    until(lambda: record(stack, session)["check_due"] is None, "the books were checked")
    given_up = record(stack, session)
    assert (given_up["state"], given_up["reason"]) == ("ended", "lost")
    assert after.slot != session.slot
    assert after.read("kept.txt") == "precious"
    # it lives on; its next heartbeat tells it
    double.run_as_root("echo late > /home/member/late.txt")
    until(lambda: double.events("session-stale"), "it learns that the session is not its own any more")
    assert enter(stack, double.url, token) == 401
    assert release(stack, session_of(stack, session.sid), double.url).status_code == 409
    assert record(stack, session) == given_up
    workspace = document(stack, f"workspaces/{session.wid}") or {}
    assert (workspace["session"], workspace["head"]) == (after.sid, given_up["head"])
    after.close()


def test_of_two_epochs_that_save_at_the_same_time_only_the_newer_ones_head_is_seen(
    stack: Running, person: Person, session: Session, double: Container
) -> None:
    attach(stack, session, heartbeat(stack), double.url).raise_for_status()
    until(lambda: double.events("session-serving"), "the older one has emptied its home")
    # as root: nobody is at the double, so programs of the member's stand still in it
    double.run_as_root(f"({WRITE_ON}) >/dev/null 2>&1 &")
    snapshots = f"workspaces/{session.wid}/snapshots"
    until(lambda: len(documents(stack, snapshots)) > 1, "the older one saves")
    with Workspace(stack, person) as after:
        after.container.run(f"({WRITE_ON}) >/dev/null 2>&1 &")
        until(lambda: epochs(stack, snapshots).count(session.epoch + 1) > 2, "the newer one saves")
        until(lambda: double.events("session-stale"), "the older one is told")
        head = after.record["head"]["snapshot"]
        after.close()
    assert int(head.split("-")[0]) == session.epoch + 1
    assert epochs(stack, snapshots) == sorted(epochs(stack, snapshots)), "none of the older one's came afterwards"


WRITE_ON = "while :; do date +%N > written; sleep 0.05; done"


def epochs(stack: Running, snapshots: str) -> list[int]:
    """Of every head that there was, in the order of time."""
    heads = [snapshot["head"] for snapshot in documents(stack, snapshots)]
    return [int(head["snapshot"].split("-")[0]) for head in sorted(heads, key=lambda head: str(head["at"]))]


def test_one_that_replaces_it_while_the_session_is_open_lets_nobody_in(stack: Running, person: Person) -> None:
    with Workspace(stack, person) as before:
        session = session_of(stack, before.sid)
        unused = person.open()
        dead = before.container.pid
        kill(before.container)
        assert ends(before.tab)
    until(lambda: containers(stack).get(before.slot) not in (None, dead), "another container stands in its place")
    shut = before.get("/?folder=/home/member")
    assert (shut.status_code, "workbench" in shut.text) == (401, False)
    assert person.enter(unused).status_code == 401
    check_shut_out(stack, session, session.url)
    after = Workspace(stack, person)
    assert after.sid != before.sid
    after.close()


def check_shut_out(stack: Running, session: Session, url: str) -> None:
    """A container that is not the session's: it takes neither attach, browser nor release, and shows no file."""
    assert attach(stack, session, heartbeat(stack), url).status_code == 409
    token = Signer(stack.env["SIGNING_KEY"]).enter(session_of(stack, session.sid), datetime.now(UTC))
    assert enter(stack, url, token) == 401
    assert release(stack, session_of(stack, session.sid), url).status_code == 409
    address, host = reachable(f"{url}/")
    assert httpx.get(address, headers=host, timeout=PATIENCE).status_code == 401


def enter(stack: Running, url: str, token: str) -> int:
    """What a browser is answered that brings this token from the page."""
    address, host = reachable(f"{url}/_slot/enter")
    form = {"token": token, "folder": "/home/member"}
    return httpx.post(address, data=form, headers={**host, "Origin": stack.url}, timeout=PATIENCE).status_code


def record(stack: Running, session: Session) -> dict[str, Any]:
    return document(stack, f"sessions/{session.sid}") or {}


def heartbeat(stack: Running) -> str:
    return stack.called_at("heartbeat")
