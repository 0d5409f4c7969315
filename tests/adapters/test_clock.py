"""An instance of a function whose clock is hours off charges by Firestore's time, and so do those after it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
import msgspec
import pytest

from shared.gcp.store import clock
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import Commit
from shared.gcp.store.sessions import read_session, session_ref
from shared.session import Session
from tests.environment import SETTINGS, environment
from tests.factories import a_beat, a_billing, a_session

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
def test_a_clock_that_is_hours_off_charges_right_and_later_ones_too(
    seen: datetime, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    token = heartbeat.signer.heartbeat(found(), datetime.now(UTC))
    with monkeypatch.context() as wrong:
        wrong.setattr(clock, "_local", lambda: datetime.now(UTC) + timedelta(hours=hours))
        wrong.setattr(clock, "_offset", timedelta(0))
        told = beat(1, token)
        assert abs(told - datetime.now(UTC)) < SOON
    session = found()
    assert INTERVAL <= timedelta(milliseconds=session.meter.ms) < INTERVAL + SOON
    assert abs(session.seen - datetime.now(UTC)) < SOON
    before = session.meter.ms
    heartbeat._beat(a_beat(2), session.seen + INTERVAL)  # another instance, whose clock is right
    assert found().meter.ms == before + 30_000


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
