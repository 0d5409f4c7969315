"""How many requests a member may make."""

import ast
import importlib.util
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from types import ModuleType

import flask
import pytest
from firebase_admin import auth
from firebase_admin.auth import UserRecord
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from local.functions import load
from shared import machine
from shared.endpoint import endpoint
from shared.errors import Refused
from shared.gcp import buckets, identity
from shared.gcp.identity import Call
from shared.record import Versioned
from shared.request_rates import BUCKETS, MOST_BUCKETS, RATES, USUAL, Buckets, Rate, check_rate, one_at_a_time
from shared.sessions.heartbeats import Declared, Older
from shared.snapshots.checkpoint import CheckpointRefused, Snapshot
from tests.support.checkout import ROOT
from tests.support.held_machine import HeldMachine
from tests.support.records.factories import BOOT, NOW, SID, a_beat, a_session
from tests.support.stack.environment import SETTINGS, environment


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_and_then_what_is_refilled() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    rate = Rate(burst=3, per_second=0.5)
    assert [buckets.take("x", "u", rate) for _ in range(4)] == [0, 0, 0, 2.0]
    assert buckets.take("x", "other", rate) == 0, "nobody else's"
    assert buckets.take("y", "u", rate) == 0, "another endpoint's"
    clock.now += 1
    assert buckets.take("x", "u", rate) == 1.0, "to ask too early costs nothing"
    clock.now += 1
    assert [buckets.take("x", "u", rate) for _ in range(2)] == [0, 2.0]
    clock.now += 1000
    assert [buckets.take("x", "u", rate) for _ in range(4)] == [0, 0, 0, 2.0], "no more than a burst is saved up"


@settings(deadline=None)
@given(st.lists(st.floats(0, 3), max_size=60))
def test_never_more_than_the_burst_and_the_refill(pauses: list[float]) -> None:
    clock, taken = Clock(), 0
    buckets, rate = Buckets(clock), Rate(burst=4, per_second=0.7)
    for pause in pauses:
        clock.now += pause
        taken += buckets.take("x", "u", rate) == 0
    assert taken <= 4 + 0.7 * sum(pauses) + 1e-6


def test_memory_is_bounded_however_many_come() -> None:
    buckets = Buckets(Clock())
    for number in range(MOST_BUCKETS + 10):
        buckets.take("x", str(number), USUAL)
    assert len(buckets) == MOST_BUCKETS


@pytest.fixture
def full_buckets() -> Iterator[None]:
    """Of everybody, in a process whose clock stands still."""
    BUCKETS.clear()
    with machine.replaced_by(HeldMachine()):
        yield
    BUCKETS.clear()


def test_who_asks_too_often_is_told_when_to_come_again(full_buckets: None) -> None:
    with environment(SETTINGS):
        for _ in range(int(RATES["look for a path"].burst)):
            check_rate("look for a path", "u")
        with pytest.raises(Refused) as refused:
            check_rate("look for a path", "u")
    assert (refused.value.name, refused.value.answer_status, refused.value.retry_after) == (
        "too-many-requests",
        429,
        30,
    )
    BUCKETS.clear()
    with environment(SETTINGS | {"REQUEST_RATE_TIMES": "2"}):
        for _ in range(int(2 * RATES["look for a path"].burst)):
            check_rate("look for a path", "u")


class Nothing(Struct, forbid_unknown_fields=True):
    pass


def test_an_endpoint_answers_429_to_a_member_and_to_nobody_else(
    full_buckets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RATES, "asked", Rate(burst=2, per_second=0.1))

    def asked(_caller: object, _body: Nothing, _now: datetime) -> Nothing:
        return Nothing()

    def answers(token: str, authenticate: Callable[[Call], object]) -> list[int]:
        view, seen = endpoint(authenticate, Nothing)(asked), []
        for _ in range(3):
            with flask.Flask("test").test_request_context(method="POST", headers={"Authorization": f"Bearer {token}"}):
                answer = view(flask.request)
            seen.append(answer.status_code)
        if answer.status_code == 429:
            assert answer.headers["Retry-After"] == "10"
            assert answer.content_type == "application/problem+json"
            assert answer.json and answer.json["type"].endswith("/too-many-requests")
            assert "Nothing is lost" in answer.json["detail"]
        return seen

    # Firebase Auth's part: each token is its bearer's uid
    claims = {"iat": NOW.timestamp(), "admin": True}
    monkeypatch.setattr(auth, "verify_id_token", lambda token, **_: {"uid": token, **claims})
    monkeypatch.setattr(auth, "get_user", lambda uid, **_: an_operator(uid))
    with environment(SETTINGS):
        assert answers("u-1", identity.member) == [200, 200, 429]
        assert answers("u-2", identity.member) == [200, 200, 429], "each has their own"
        assert answers("u-3", identity.operator) == [200, 200, 429]
        assert answers("x", lambda _call: "Google's tasks, or a container") == [200, 200, 200]


def an_operator(uid: str) -> UserRecord:
    """As Firebase Auth has them."""
    rights = json.dumps({"admin": True})
    return UserRecord({"localId": uid, "customAttributes": rights, "validSince": str(int(NOW.timestamp()))})


def loaded(function: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"rates_{function}", ROOT / "functions" / function / "main.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_container_asks_for_older_snapshots_a_few_times(full_buckets: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer reads up to 1,000 documents, and the container may be hostile."""
    with environment(SETTINGS):
        heartbeat, asked = loaded("heartbeat"), list[str]()

        def older_snapshots(wid: str, *_: object) -> list[Snapshot]:
            asked.append(wid)
            return []

        monkeypatch.setattr(heartbeat, "older_snapshots", older_snapshots)
        message = Older(SID, 7, BOOT)
        with pytest.raises(Refused) as refused:
            for sid in (SID, SID, SID, "s-other", *[SID] * 10):
                monkeypatch.setattr(
                    heartbeat, "read_open_session", lambda _, sid=sid: Versioned(a_session(sid=sid), NOW)
                )
                heartbeat.answer_older(replace(message, session=sid), NOW)
    assert (len(asked), refused.value.answer_status) == (RATES["older snapshots"].burst + 1, 429)


def test_a_container_has_its_checkpoints_looked_at_no_more_than_so_often(
    full_buckets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that are refused, which write nothing down."""
    with environment(SETTINGS):
        heartbeat, looked_at = loaded("heartbeat"), list[int]()

        def look(checkpoint: Declared, *_: object, **__: object) -> None:
            looked_at.append(checkpoint.seq)
            raise CheckpointRefused("there is no such manifest")

        monkeypatch.setattr(buckets, "verify_checkpoint", look)
        answers = list[int]()
        for seq in range(1, 100):
            brought = Declared(seq=seq, manifest="m", sha256="00", bytes=1, files=1)
            with pytest.raises(Refused) as refused:
                heartbeat.new_head(a_session(seq=0), a_beat(seq, checkpoint=brought), None, NOW)
            answers.append(refused.value.answer_status)
    burst = int(RATES["checkpoints"].burst)
    assert answers == [422] * burst + [429] * (99 - burst)
    assert len(looked_at) == burst


def test_one_at_a_time_is_one_of_each_member() -> None:
    with one_at_a_time("x", "u"):
        with pytest.raises(Refused), one_at_a_time("x", "u"):
            raise AssertionError("it was let in")
        with one_at_a_time("x", "other"), one_at_a_time("y", "u"):
            pass
    with pytest.raises(ZeroDivisionError), one_at_a_time("x", "u"):
        raise ZeroDivisionError
    with one_at_a_time("x", "u"):
        pass


def test_the_processes_of_each_function_are_bounded() -> None:
    for function in load(ROOT):
        assert 1 <= function.max_instances <= 100, function.name
        assert 1 <= function.threads <= 80, function.name


def handlers() -> list[tuple[str, str]]:
    """The handlers of all endpoints, each with its function."""
    found = list[tuple[str, str]]()
    for function in load(ROOT):
        tree = ast.parse((ROOT / "functions" / function.name / "main.py").read_text())
        for each in ast.walk(tree):
            if isinstance(each, ast.FunctionDef) and any(map(declares, each.decorator_list)):
                found.append((each.name, function.name))
    return found


def declares(decorator: ast.expr) -> bool:
    text = ast.unparse(decorator)
    return "endpoint(" in text or text == "mail_link"


def test_no_two_endpoints_have_a_handler_of_the_same_name() -> None:
    """A rate holds for all endpoints of its name, and lines of the log name the endpoint by it."""
    functions = dict[str, list[str]]()
    for handler, function in handlers():
        functions.setdefault(handler, []).append(function)
    assert len(functions) > 40
    assert {handler: those for handler, those in functions.items() if len(those) > 1} == {}


def test_each_rate_is_of_an_endpoint_or_of_something_expensive() -> None:
    others = RATES.keys() - {handler for handler, _ in handlers()}
    assert others == {"look for a path", "older snapshots", "checkpoints"}
