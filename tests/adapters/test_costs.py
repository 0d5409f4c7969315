"""What heartbeats cost in Firestore, counted: operations are exact. tests/functions/test_limits.py counts an Open's."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
import pytest
from msgspec.structs import replace

from shared.billing.periods import PeriodKind, period_at
from shared.errors import TryAgain
from shared.gcp.operation_counts import Operations, counted
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import Commit
from shared.gcp.store.sessions import commit_session, read_session, session_ref
from shared.gcp.store.snapshots import all_snapshots
from shared.policies import kept_snapshots
from shared.sessions.heartbeats import Declared
from shared.sessions.session import Session
from shared.snapshots.checkpoint import boot_prefix, manifest_name
from tests.environment import SETTINGS, environment
from tests.factories import BOOT, a_beat, a_billing, a_layer, a_manifest, a_session, signals
from tests.slot.bucket import Bucket

with environment(SETTINGS):  # it reads its settings when it is imported
    from functions.heartbeat import main as heartbeat

ORDINARY, WITH_A_CHECKPOINT = 4, 6
OPENED = datetime.now(UTC)


@pytest.fixture
def bucket(empty_database: None, storage_emulator: dict[str, str]) -> Iterator[Bucket]:
    with environment(storage_emulator):
        yield Bucket(storage_emulator["STORAGE_EMULATOR_HOST"], SETTINGS["STATE_BUCKET"])


def at_work(plan: str) -> Session:
    """A member's, who has worked before in this period."""
    periods = {period_at(per, "UTC", OPENED).id: 0 for per in PeriodKind}
    Commit().create(billing_ref("b-1"), a_billing(plan).count(periods)).run()
    session = a_session(plan=plan, connected=True, opened=OPENED, seen=OPENED, due=OPENED)
    Commit().create(session_ref(session.sid), session).run()
    return session


def beaten(session: Session, seq: int, checkpoint: Declared | None = None) -> Operations:
    """The cost of the session's next beat, 30 s after the one before."""
    beat = a_beat(seq, session=session.sid, checkpoint=checkpoint, signals=signals(process=-1e6))
    with counted() as operations:
        heartbeat._beat(beat, OPENED + timedelta(seconds=30 * seq))
    found = read_session(session.sid)
    assert found is not None
    assert (found.record.seq, found.record.meter.ms) == (seq, 30_000 * seq), "it was accepted, and charged"
    return operations


def test_thinning_while_the_session_runs_costs_no_heartbeat_more_and_few_snapshots_are_there(bucket: Bucket) -> None:
    session, most = at_work("starter"), kept_snapshots("starter")
    for seq in range(1, most + 10):
        cost = beaten(session, seq, checkpoint(session, bucket, seq))
        assert cost.reads + cost.writes <= WITH_A_CHECKPOINT, cost
    assert len(all_snapshots(session.wid)) <= most + 1
    found = read_session(session.sid)
    assert found is not None
    assert {save.snapshot for save in found.record.saves} == {each.head.snapshot for each in all_snapshots(session.wid)}


def checkpoint(session: Session, bucket: Bucket, seq: int) -> Declared:
    """Of one small layer; its objects are there."""
    layer = a_layer(name=f"{boot_prefix(session.wid, session.epoch, BOOT)}{seq}-boot.tar.zst")
    content = msgspec.json.encode(a_manifest(layer, seq=seq, workspace=session.wid, epoch=session.epoch))
    name = manifest_name(session.wid, session.epoch, BOOT, seq)
    bucket.overwrite(layer.name, b"layer")
    bucket.overwrite(name, content)
    return Declared(seq=seq, manifest=name, sha256=sha256(content).hexdigest(), bytes=100, files=3)


@pytest.mark.parametrize("plan", ["free", "pro", "team", "enterprise"])
def test_an_ordinary_heartbeat_costs_four_operations_and_one_with_a_checkpoint_six(plan: str, bucket: Bucket) -> None:
    session = at_work(plan)
    for seq in (1, 2, 3):
        cost = beaten(session, seq)
        assert cost.reads + cost.writes <= ORDINARY, cost
    cost = beaten(session, 4, checkpoint(session, bucket, 1))
    assert cost.reads + cost.writes <= WITH_A_CHECKPOINT, cost


@pytest.mark.parametrize("plan", ["free", "enterprise"])
def test_the_line_that_is_due_every_15_minutes_fits_into_what_a_checkpoint_may_cost(plan: str, bucket: Bucket) -> None:
    session = at_work(plan)
    beaten(session, 1)
    found = read_session(session.sid)
    assert found is not None
    commit_session(found, replace(found.record, meter=replace(found.record.meter, line_due=OPENED)))
    cost = beaten(session, 2, checkpoint(session, bucket, 1))
    assert cost.reads + cost.writes == WITH_A_CHECKPOINT, "session, account or shard, snapshot, line"


@pytest.mark.parametrize(("flaps", "most"), [(False, 4), (True, 24)])
def test_a_flood_of_heartbeats_makes_few_commits(
    bucket: Bucket, tasks_standin: dict[str, str], flaps: bool, most: int
) -> None:
    session = at_work("free")
    heartbeat._beat(a_beat(1, session=session.sid), OPENED + timedelta(seconds=30))
    with environment(tasks_standin), counted() as operations:
        for n in range(200):
            beat = a_beat(2 + n, session=session.sid, connected=not flaps or bool(n % 2), signals=signals(process=-1e6))
            with suppress(TryAgain):
                heartbeat._beat(beat, OPENED + timedelta(seconds=30 + 0.05 * n))
    found = read_session(session.sid)
    assert found is not None
    commits = operations.writes / 2
    assert commits <= most, "in ten seconds"
    assert found.record.meter.ms > 30_000
