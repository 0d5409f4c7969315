"""An instance of a function whose clock is hours off charges by Firestore's time, and so do those after it; to that
time it holds tokens too."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import flask
import jwt
import msgspec
import pytest
from firebase_admin import auth

from local.oidc import Issuer
from shared import machine
from shared.endpoint import endpoint
from shared.gcp import identity
from shared.gcp.identity import invoker
from shared.gcp.store import clock
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import Commit
from shared.gcp.store.sessions import read_session, session_ref
from shared.sessions.session import Session
from tests.support.records.factories import a_beat, a_billing, a_session
from tests.support.stack.environment import SETTINGS, called_at, environment

with environment(SETTINGS):  # it reads its settings when it is imported
    from functions.heartbeat import main as heartbeat

INTERVAL = timedelta(seconds=30)
SOON = timedelta(seconds=25)
"""Within which a test's own steps are over."""


@pytest.fixture
def seen(empty_database: None, storage_emulator: dict[str, str]) -> Iterator[datetime]:
    """When the session's last heartbeat was: an interval ago, by the right time."""
    seen = datetime.now(UTC) - INTERVAL
    Commit().create(billing_ref("b-1"), a_billing("free")).run()
    Commit().create(session_ref(a_session().sid), a_session(connected=True, opened=seen, seen=seen, due=seen)).run()
    with environment(storage_emulator):
        yield seen


@pytest.mark.parametrize("hours", [2, -2])
def test_a_clock_that_is_hours_off_charges_right_and_later_ones_too(seen: datetime, hours: int) -> None:
    token = heartbeat.signer.heartbeat(found(), datetime.now(UTC))
    with wrong_clock(hours):
        told = beat(1, token)
        assert abs(told - datetime.now(UTC)) < SOON
    session = found()
    assert INTERVAL <= timedelta(milliseconds=session.meter.ms) < INTERVAL + SOON
    assert abs(session.seen - datetime.now(UTC)) < SOON
    before = session.meter.ms
    heartbeat.apply_beat(a_beat(2), session.seen + INTERVAL)  # another instance, whose clock is right
    assert found().meter.ms == before + 30_000


class Wrong(machine.RealMachine):
    """Its clock is so many hours off."""

    def __init__(self, hours: int) -> None:
        self._off = timedelta(hours=hours)

    def now(self) -> datetime:
        return super().now() + self._off


@contextmanager
def wrong_clock(hours: int) -> Iterator[None]:
    """Of this machine, and nothing has told it yet."""
    clock.forget()
    try:
        with machine.replaced_by(Wrong(hours)):
            yield
    finally:
        clock.forget()


def beat(seq: int, token: str) -> datetime:
    """The instance's answer to it: what time it is."""
    body, bearer = msgspec.json.encode(a_beat(seq)), {"Authorization": f"Bearer {token}"}
    with flask.Flask("test").test_request_context(method="POST", data=body, headers=bearer):
        answer: Any = heartbeat.heartbeat(flask.request)
    assert answer.status_code == 200, answer.get_data()
    return datetime.fromtimestamp(answer.get_json()["now"], UTC)


def found() -> Session:
    session = read_session(a_session().sid)
    assert session is not None
    return session.record


@pytest.fixture
def wrong_by(empty_database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """This machine's clock is so many hours off, and nothing has told it yet. Nobody emulates Firebase Auth."""

    def wrong(hours: int) -> None:
        class WrongDatetime(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz) + timedelta(hours=hours)

        monkeypatch.setattr("jwt.api_jwt.datetime", WrongDatetime)
        monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
        stack.enter_context(wrong_clock(hours))

    with ExitStack() as stack:
        yield wrong
    monkeypatch.undo()


@pytest.mark.parametrize("hours", [-2, 0, 2])
def test_tasks_tokens_are_held_to_the_right_time_whatever_this_machine_says(
    wrong_by: Callable[[int], None], hours: int, tmp_path: Path
) -> None:
    issuer, wanted = Issuer.load(tmp_path / "oidc.pem"), called_at("meter")
    with monkeypatched_keys(issuer):
        for good, minutes in ((True, 30), (True, 59), (False, 61), (False, 179), (False, -5), (False, -119)):
            wrong_by(hours)
            token = issuer.token(SETTINGS["INVOKER_SERVICE_ACCOUNT"], wanted, at=time.time() - 60 * minutes)
            assert (status(partial(invoker, function="meter"), token) == 200) is good, minutes


@pytest.mark.parametrize("hours", [-2, 0, 2])
def test_an_expired_sign_in_is_refused_though_this_machine_takes_it_for_good(
    wrong_by: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    wrong_by(hours)
    monkeypatch.setattr(auth, "verify_id_token", lambda *_, **__: claims(issued=-timedelta(minutes=90)))
    assert status(identity.member, "any") == 401
    monkeypatch.setattr(auth, "verify_id_token", lambda *_, **__: claims(issued=-timedelta(minutes=30)))
    assert status(identity.member, "any") == 200


@pytest.mark.parametrize(("hours", "answered"), [(-2, 503), (0, 401), (2, 503)])
def test_nobody_is_signed_out_for_a_sign_in_that_only_this_machine_takes_for_bad(
    wrong_by: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, hours: int, answered: int
) -> None:
    for error in (auth.ExpiredIdTokenError("Token expired", None), auth.InvalidIdTokenError("Token used too early, 1")):
        wrong_by(hours)
        monkeypatch.setattr(auth, "verify_id_token", Mock(side_effect=error))
        assert status(identity.member, "any") == answered
    monkeypatch.setattr(auth, "verify_id_token", Mock(side_effect=auth.InvalidIdTokenError("Wrong signature")))
    assert status(identity.member, "any") == 401, "whatever time it is"


def claims(issued: timedelta) -> dict[str, Any]:
    at = datetime.now(UTC) + issued
    return {"uid": "u-1", "iat": at.timestamp(), "exp": (at + timedelta(hours=1)).timestamp()}


def status(authenticate: Callable[[identity.Call], Any], token: str) -> int:
    """Of the answer of a function that reads something."""

    @endpoint(authenticate, msgspec.Struct, task=True)
    def view(_caller: Any, _body: Any, _now: datetime) -> dict[str, str]:
        read_session("s-1")
        return {}

    with flask.Flask("test").test_request_context(method="POST", headers={"Authorization": f"Bearer {token}"}):
        return view(flask.request).status_code


@contextmanager
def monkeypatched_keys(issuer: Issuer) -> Iterator[None]:
    keys = {each["kid"]: jwt.PyJWK(each) for each in issuer.certs()["keys"]}
    found = Mock(get_signing_key_from_jwt=lambda token: keys[jwt.get_unverified_header(token)["kid"]])
    with patch.object(identity, "google_keys", lambda: found):
        yield
