"""What a hello and an early check cost in Firestore, counted: `shared.economics` counts with the same figures.
tests/adapters/test_costs.py has heartbeats and the pool."""

import importlib
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from shared.economics.quantities import USES, Event, Use
from shared.gcp.operation_counts import Operations, counted
from shared.gcp.store.database import Commit
from shared.gcp.store.sessions import session_ref
from shared.sessions.heartbeats import Hello
from shared.sessions.session import SessionState
from tests.support.records.factories import BOOT, a_session
from tests.support.stack.environment import SETTINGS, environment

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def services(
    empty_database: None,
    storage_emulator: dict[str, str],
    tasks_standin: dict[str, str],
) -> Iterator[None]:
    with environment(SETTINGS | storage_emulator | tasks_standin):
        yield


def function(name: str) -> ModuleType:
    return importlib.import_module(f"functions.{name}.main")


def is_within(cost: Operations, use: Use) -> bool:
    """Whether the model allows for it."""
    return use.reads.low <= cost.reads <= use.reads.high and use.writes.low <= cost.writes <= use.writes.high


def test_a_container_says_hello() -> None:
    heartbeat = function("heartbeat")
    session = a_session(state=SessionState.OPENING, boot=None, opened=NOW, seen=NOW, due=NOW)
    Commit().create(session_ref(session.sid), session).run()
    hello = Hello(session=session.sid, epoch=session.epoch, boot=BOOT)
    bearer = heartbeat.Bearer(sid=session.sid, epoch=session.epoch, boot=None, slot=session.slot)
    with counted() as cost:
        inspect.unwrap(heartbeat.heartbeat)(bearer, hello, NOW + timedelta(seconds=3))
    assert is_within(cost, USES[Event.HELLO]), cost


def test_a_task_looks_at_a_session_that_is_not_due() -> None:
    reclaim = function("reclaim")
    session = a_session(connected=True, opened=NOW, seen=NOW, due=NOW + timedelta(minutes=9))
    Commit().create(session_ref(session.sid), session).run()
    with counted() as cost:
        answer = inspect.unwrap(reclaim.reclaim)("", reclaim.Reclaim(session.sid), NOW)
    assert answer.outcome == "not due yet"
    assert is_within(cost, USES[Event.EARLY_CHECK]), cost
