"""An operator's bounds of storage: a session whose container uploads beyond one is seen and ended, and a container is
told how much may be kept apart."""

import inspect
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without types
from msgspec.structs import replace

from shared.billing.plans import PLANS
from shared.flows import uploads
from shared.gcp import buckets
from shared.gcp.store.database import Commit
from shared.gcp.store.sessions import read_session, session_ref
from shared.sessions.heartbeats import Hello
from shared.sessions.session import EndReason, Session, SessionState
from shared.sessions.tokens import Bearer
from shared.snapshots.checkpoint import Writer
from shared.time_budget import TimeBudget
from tests.support.records.factories import BOOT, NOW, a_session
from tests.support.stack.environment import SETTINGS, environment
from tests.support.stack.google_clients import state_bucket

with environment(SETTINGS):  # it reads its settings when it is imported
    from functions.heartbeat import main as heartbeat

MB = 10**6
SMALL = {"free": replace(PLANS["free"], bytes=MB)}


@pytest.fixture(autouse=True)
def bucket(
    empty_database: None, storage_emulator: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[storage.Bucket]:
    """A session may upload once what its plan stores: 1 MB."""
    monkeypatch.setattr(uploads, "PLANS", SMALL)
    with (
        environment(SETTINGS | storage_emulator | {"UPLOADS_TIMES": "1", "LEFT_OUT_TIMES": "1"}),
        state_bucket() as bucket,
    ):
        yield bucket


def opened(number: int) -> Session:
    session = a_session(sid=f"s-{number}", wid=f"w-uploads-{number}", plan="free")
    Commit().create(session_ref(session.sid), session).run()
    return session


def upload(bucket: storage.Bucket, session: Session, name: str, kilobytes: int, epoch: int | None = None) -> None:
    prefix = Writer(session.wid, session.epoch if epoch is None else epoch, BOOT).prefix
    bucket.blob(prefix + name).upload_from_string(bytes(kilobytes * 1000))


def now_of(session: Session) -> tuple[SessionState, EndReason | None]:
    found = read_session(session.sid)
    assert found is not None
    return found.record.state, found.record.reason


def test_what_exceeds_the_bound_is_seen_and_the_session_ends(
    bucket: storage.Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    hoarder, honest = opened(1), opened(2)
    for number in range(3):
        upload(bucket, hoarder, f"{number}-work.tar.zst", 340)
    upload(bucket, honest, "1-work.tar.zst", 600)
    upload(bucket, honest, "1-work.tar.zst", 600, epoch=honest.epoch - 1)  # an earlier session's
    assert uploads.end_excessive(NOW + timedelta(minutes=1), TimeBudget(60)) == 1
    assert now_of(hoarder) == (SessionState.DRAINING, EndReason.STOPPED)
    assert now_of(honest) == (SessionState.ACTIVE, None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "uploads-over-bound" in line]
    told = [(line["severity"], line["session"], line["workspace"], line["reason"]) for line in lines]
    assert told == [("ERROR", "s-1", hoarder.wid, "its objects take 1020000 bytes, and may take 1000000")]
    assert uploads.end_excessive(NOW + timedelta(minutes=16), TimeBudget(60)) == 0, "once"


def test_an_operators_bound_of_what_is_kept_apart_is_told_to_the_container() -> None:
    earlier = replace(opened(4), apart_before=30 * MB)
    Commit().create(session_ref("s-5"), replace(earlier, sid="s-5")).run()
    answered: dict[str, Any] = {}
    for sid in ("s-4", "s-5"):
        bearer, hello = Bearer(sid, earlier.epoch, None, earlier.slot), Hello(sid, earlier.epoch, BOOT)
        answered[sid] = inspect.unwrap(heartbeat.heartbeat)(bearer, hello, NOW).storage_use.apart
    assert answered == {"s-4": 100 * MB, "s-5": 70 * MB}


def test_objects_are_counted_up_to_the_bound(bucket: storage.Bucket) -> None:
    session = opened(3)
    for number in range(4):
        upload(bucket, session, f"{number}", 0)
    upload(bucket, session, "sized", 500)
    prefix = Writer(session.wid, session.epoch, BOOT).prefix
    assert buckets.measure(prefix, 9) == (5, 500_000)
    assert buckets.measure(prefix, 3)[0] == 3
