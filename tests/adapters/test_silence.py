"""What the platform answers in a container's place loses no session that lives; and what lasts has an end."""

import importlib
import inspect
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from shared.errors import PROBLEM_BASE, TryAgain
from shared.flows.sign_ins import SignedIn
from shared.gcp.identity import Member
from shared.gcp.store.accounts import account_ref, ensure_account, find_account, read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.sessions import commit_session, end_session, read_session
from shared.gcp.store.slots import all_slots, commit_slot
from shared.sessions.session import EndReason, Session, SessionState
from tests.support.http_server import Handler, serving
from tests.support.records.factories import BOOT, a_slot
from tests.support.stack.environment import environment

PLATFORM = [(404, b"<html>"), (409, b"Conflict"), (503, b""), (200, b"<html>")]
PATIENCE = 300.0
"""DRAINING_SECONDS."""


class Slot:
    """What answers at a slot's address: the platform, as often as `platform` says, and then the agent."""

    def __init__(self) -> None:
        self.platform: list[tuple[int, bytes]] = []
        self.lasts = False
        self.agent: dict[str, tuple[int, dict[str, Any]]] = {}
        self.asked: list[str] = []

    def platform_answers_for_good(self, status: int, body: bytes) -> None:
        self.platform, self.lasts = [(status, body)], True

    def answer(self, path: str) -> tuple[int, str, bytes]:
        self.asked.append(path)
        if self.platform:
            status, body = self.platform[0] if self.lasts else self.platform.pop(0)
            return status, "text/html", body
        status, fields = self.agent.get(path, (200, {"boot": BOOT, "why": "quiet"}))
        kind = "application/json" if status == 200 else "application/problem+json"
        return status, kind, json.dumps(fields).encode()


@pytest.fixture
def slot() -> Slot:
    return Slot()


@pytest.fixture
def url(
    slot: Slot, empty_database: None, tasks_standin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    class Requests(Handler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, kind, content = slot.answer(self.path.removeprefix("/_slot/"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    monkeypatch.setattr("shared.gcp.store.sessions.LAST_WORD_SECONDS", 0)
    with environment(tasks_standin), serving(Requests) as url:
        yield url


def function(name: str) -> ModuleType:
    """Imported where its settings are in the environment."""
    return importlib.import_module(f"functions.{name}.main")


def call(name: str, body: str, *given: Any) -> Any:
    module = function(name)
    return inspect.unwrap(getattr(module, name))(*given[:1], getattr(module, body)(*given[1:]), datetime.now(UTC))


def look(session: Session) -> str:
    """What comes of the task that looks at the session, or finishes its end."""
    outcome: str = call("reclaim", "Reclaim", "", session.sid).outcome
    return outcome


def hold(session: Session) -> str:
    """What comes of the task that holds a request open to it."""
    outcome: str = call("background_hold", "HoldRequest", "", session.sid).outcome
    return outcome


def drain(session: Session, since: datetime) -> None:
    amend(session, state=SessionState.DRAINING, reason=EndReason.MEMBER, draining=since)


def be_silent(session: Session, seconds: float, **fields: Any) -> None:
    """Its container has not answered for so long, nor been heard of since before."""
    since = datetime.now(UTC) - timedelta(seconds=seconds)
    amend(session, unanswered=since, seen=since - timedelta(seconds=9), **fields)


def a_live_session(url: str, **fields: Any) -> Session:
    """Served by a container that was heard of a moment ago."""
    now = datetime.now(UTC)
    account = ensure_account("u-1", email="a@b", name=None, plan="enterprise", now=now)
    account_ref(account.uid).update({"sign_in_checked": now})  # nobody has to ask Firebase Auth
    commit_slot(None, replace(a_slot("ws-1"), url=url))
    [slot] = all_slots()
    billing, workspace = read_billing(account.bid).record, read_workspace(account.wid)
    session = commit_claim(account, billing, workspace, slot, opening=60, issued=None, now=now)
    active = {
        "state": SessionState.ACTIVE,
        "served": True,
        "boot": BOOT,
        "seq": 3,
        "due": now,
        "signals": {"editor": now},
        **fields,
    }
    return amend(session, **active)


def amend(session: Session, **fields: Any) -> Session:
    found = read_session(session.sid)
    assert found
    commit_session(found, replace(found.record, **fields))
    return record(session)


def record(session: Session) -> Session:
    found = read_session(session.sid)
    assert found
    return found.record


@pytest.mark.parametrize("answer", PLATFORM)
def test_one_answer_of_the_platforms_to_a_look_loses_nothing(url: str, slot: Slot, answer: tuple[int, bytes]) -> None:
    session = a_live_session(url)
    slot.platform = [answer]
    assert look(session) == "keep"
    after = record(session)
    assert (after.state, after.reason, slot.asked) == (SessionState.ACTIVE, None, ["attach"])
    assert after.silent_since is not None
    assert after.due == after.decisions[-1].at + timedelta(seconds=30), "it is asked again soon"
    amend(session, due=datetime.now(UTC))
    assert look(session) == "keep"
    assert record(session).silent_since is None, "its container has answered"


def test_silence_that_lasts_ends_the_session(url: str, slot: Slot) -> None:
    session = a_live_session(url)
    slot.platform_answers_for_good(404, b"<html>")
    assert look(session) == "keep"
    for seconds, outcome in ((PATIENCE - 5, "keep"), (PATIENCE, "lost")):
        be_silent(session, seconds, due=datetime.now(UTC))
        assert look(session) == outcome
    assert record(session).reason == EndReason.LOST
    assert read_workspace(session.wid).record.session is None


def test_whoever_is_heard_of_is_not_silent(url: str, slot: Slot) -> None:
    """Its heartbeats come, though nobody reaches it."""
    session = a_live_session(url, unanswered=datetime.now(UTC) - timedelta(seconds=PATIENCE))
    slot.platform_answers_for_good(404, b"<html>")
    assert look(session) == "keep"
    assert record(session).state == SessionState.ACTIVE


@pytest.mark.parametrize("answer", PLATFORM)
def test_one_answer_of_the_platforms_to_a_release_loses_nothing(
    url: str, slot: Slot, answer: tuple[int, bytes]
) -> None:
    session = a_live_session(url)
    drain(session, datetime.now(UTC))
    slot.platform = [answer]
    with pytest.raises(TryAgain):
        look(session)
    assert record(session).state == SessionState.DRAINING
    amend(session, final=True)  # its last heartbeat, while the release is asked for again
    assert look(session) == "ended: member"


def test_a_release_that_is_never_answered_has_an_end(url: str, slot: Slot) -> None:
    session = a_live_session(url)
    drain(session, datetime.now(UTC) - timedelta(seconds=PATIENCE))
    slot.platform_answers_for_good(409, b"Conflict")
    assert look(session) == "ended: lost"


@pytest.mark.parametrize("answer", PLATFORM)
def test_one_answer_of_the_platforms_to_work_loses_nothing(url: str, slot: Slot, answer: tuple[int, bytes]) -> None:
    now = datetime.now(UTC)
    session = a_live_session(url, signals={"editor": now, "process": now}, seen=now)
    slot.platform = [answer]
    with pytest.raises(TryAgain):
        hold(session)
    assert record(session).background_hold is None
    assert hold(session) == "quiet"
    assert record(session).state == SessionState.ACTIVE


@pytest.mark.parametrize("answer", PLATFORM)
def test_one_answer_of_the_platforms_while_a_member_opens_is_asked_again(
    url: str, slot: Slot, answer: tuple[int, bytes]
) -> None:
    session = a_live_session(url)
    slot.platform = [answer]
    assert open_again().session == session.sid
    assert (slot.asked, record(session).state) == (["attach", "attach"], SessionState.ACTIVE)


def test_a_member_whose_container_answers_no_more_has_another_slot_at_the_bound(
    url: str, slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function("allocate"), "REPLACED_SECONDS", 0)
    session = a_live_session(url)
    slot.platform_answers_for_good(404, b"<html>")
    with pytest.raises(TryAgain, match="slot-unreachable"):
        open_again()
    assert record(session).state == SessionState.ACTIVE
    be_silent(session, PATIENCE)
    with pytest.raises(TryAgain, match="pool-exhausted"):
        open_again()
    assert record(session).reason == EndReason.LOST


def test_a_slot_that_the_platform_does_not_know_keeps_nobody_waiting(
    url: str, slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No container ever heard of the session: there is nothing of the member's in it."""
    monkeypatch.setattr(function("allocate"), "REPLACED_SECONDS", 0)
    session = a_live_session(url, boot=None, state=SessionState.OPENING)
    slot.platform_answers_for_good(404, b"<html>")
    with pytest.raises(TryAgain, match="pool-exhausted"):
        open_again()
    assert not record(session).open, "another slot is looked for, and there is none"


def test_the_agents_own_word_ends_the_session_at_once(url: str, slot: Slot) -> None:
    session = a_live_session(url)
    fields = {"type": f"{PROBLEM_BASE}stale-epoch", "detail": "no", "boot": "another000000000"}
    slot.agent["attach"] = 409, fields
    assert look(session) == "lost"
    assert record(session).reason == EndReason.LOST


def open_again() -> Any:
    caller, account = Member("u-1", "a@b", None), find_account("u-1")
    assert account
    return call("allocate", "Allocate", SignedIn(caller, account, lambda *_: account))


def test_an_ended_session_is_nobodys_silence(url: str) -> None:
    session = a_live_session(url)
    end_session(session.sid, datetime.now(UTC), EndReason.MEMBER)
    assert look(session) == "ended before"
