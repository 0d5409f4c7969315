"""What heartbeats, runs of the pool and refused Opens cost in Firestore, counted: operations are exact, and
`shared.economics` counts with the same figures. tests/functions/test_limits.py counts an Open's."""

import importlib
import inspect
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from shared.billing import own_prices
from shared.billing.periods import PeriodKind, period_at
from shared.economics.quantities import (
    AUDIT_OF_THE_POOL,
    HEARTBEAT_WITH_A_CHECKPOINT,
    ORDINARY_HEARTBEAT,
    RUN_OF_THE_POOL,
    USES,
    Event,
)
from shared.errors import TryAgain
from shared.flows import warm_slots
from shared.gcp.identity import Member
from shared.gcp.operation_counts import Operations, counted
from shared.gcp.store.accounts import ensure_account, workspace_ref
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.claims import count_refused, read_standing
from shared.gcp.store.database import Commit, database, encode
from shared.gcp.store.sessions import commit_session, read_session, session_ref
from shared.gcp.store.slots import all_slots, commit_rollout, levers_ref, opens_ref, read_counted, read_opens, slot_ref
from shared.gcp.store.snapshots import all_snapshots
from shared.policies import kept_snapshots
from shared.sessions.heartbeats import Declared
from shared.sessions.session import Session, SessionState
from shared.sessions.workspace import REFUSED_AGAIN
from shared.slots.levers import PoolLevers
from shared.slots.rollout import Rollout
from shared.slots.slot import Slot, SlotState
from shared.slots.warm_policies import Adaptive, Announcement, ByHour, Varying
from tests.adapters.costed_sessions import checkpoint
from tests.support.records.factories import (
    IMAGE,
    a_beat,
    a_billing,
    a_session,
    a_slot,
    signals,
)
from tests.support.slot.bucket import Bucket
from tests.support.stack.environment import SETTINGS, environment
from tests.support.standins.cloud_run import cloud_run

with environment(SETTINGS):  # it reads its settings when it is imported
    from functions.allocate import main as allocate
    from functions.heartbeat import main as heartbeat

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
        heartbeat.apply_beat(beat, OPENED + timedelta(seconds=30 * seq))
    found = read_session(session.sid)
    assert found is not None
    assert (found.record.seq, found.record.meter.ms) == (seq, 30_000 * seq), "it was accepted, and charged"
    return operations


def test_thinning_while_the_session_runs_costs_no_heartbeat_more_and_few_snapshots_are_there(bucket: Bucket) -> None:
    session, most = at_work("starter"), kept_snapshots("starter")
    for seq in range(1, most + 10):
        cost = beaten(session, seq, checkpoint(session, bucket, seq))
        assert cost.reads + cost.writes <= HEARTBEAT_WITH_A_CHECKPOINT, cost
    assert len(all_snapshots(session.wid)) <= most + 1
    found = read_session(session.sid)
    assert found is not None
    assert {save.snapshot for save in found.record.saves} == {each.head.snapshot for each in all_snapshots(session.wid)}


def documents(event: Event) -> tuple[int, int]:
    """What the model says that the event reads and writes, which must be exact."""
    use = USES[event]
    assert (use.reads.low, use.writes.low) == (use.reads.high, use.writes.high)
    return int(use.reads.low), int(use.writes.low)


@pytest.mark.parametrize("plan", ["free", "pro", "team", "enterprise"])
def test_an_ordinary_heartbeat_costs_four_operations_and_one_with_a_checkpoint_six(plan: str, bucket: Bucket) -> None:
    session = at_work(plan)
    for seq in (1, 2, 3):
        cost = beaten(session, seq)
        assert cost.reads + cost.writes <= ORDINARY_HEARTBEAT, cost
    assert cost == Operations(*documents(Event.HEARTBEAT)), "once the period is begun"
    cost = beaten(session, 4, checkpoint(session, bucket, 1))
    assert cost.reads + cost.writes <= HEARTBEAT_WITH_A_CHECKPOINT, cost
    reads, writes = documents(Event.HEARTBEAT)
    assert cost == Operations(reads, writes + documents(Event.CHECKPOINT)[1]), "nothing is to be forgotten yet"


@pytest.mark.parametrize("plan", ["free", "enterprise"])
def test_the_line_that_is_due_every_15_minutes_fits_into_what_a_checkpoint_may_cost(plan: str, bucket: Bucket) -> None:
    session = at_work(plan)
    beaten(session, 1)
    found = read_session(session.sid)
    assert found is not None
    commit_session(found, replace(found.record, meter=replace(found.record.meter, line_due=OPENED)))
    cost = beaten(session, 2, checkpoint(session, bucket, 1))
    assert cost.reads + cost.writes == HEARTBEAT_WITH_A_CHECKPOINT, "session, account or shard, snapshot, line"
    written = [documents(event)[1] for event in (Event.HEARTBEAT, Event.CHECKPOINT, Event.LEDGER_LINE)]
    assert cost.writes == sum(written)


@pytest.mark.parametrize(("flaps", "most"), [(False, 4), (True, 24)])
def test_a_flood_of_heartbeats_makes_few_commits(
    bucket: Bucket, tasks_standin: dict[str, str], flaps: bool, most: int
) -> None:
    session = at_work("free")
    heartbeat.apply_beat(a_beat(1, session=session.sid), OPENED + timedelta(seconds=30))
    with environment(tasks_standin), counted() as operations:
        for n in range(200):
            beat = a_beat(2 + n, session=session.sid, connected=not flaps or bool(n % 2), signals=signals(process=-1e6))
            with suppress(TryAgain):
                heartbeat.apply_beat(beat, OPENED + timedelta(seconds=30 + 0.05 * n))
    found = read_session(session.sid)
    assert found is not None
    commits = operations.writes / 2
    assert commits <= most, "in ten seconds"
    assert found.record.meter.ms > 30_000


@pytest.fixture
def pool(empty_database: None, tasks_standin: dict[str, str], tmp_path: Path) -> Iterator[ModuleType]:
    """Of a thousand slots, with an Admin API that has no service yet, and whose quota of writes is spent."""
    with cloud_run(tmp_path / "state") as run:
        admin = {"RUN_EMULATOR_HOST": f"http://127.0.0.1:{run.admin_port}"}
        counts = {"POOL_WARM": "100", "POOL_MAX": "1000", "POOL_WRITES": "0"}
        with environment(tasks_standin | admin | counts):
            yield importlib.import_module("functions.pool.main")


@pytest.mark.usefixtures("empty_database")
def test_asking_a_full_pool_again_and_again_writes_once_and_counts_as_one_member_without_a_slot() -> None:
    ensure_account("u-1", email="a@b", name=None, plan="pro", now=OPENED)
    other = ensure_account("u-2", email="c@d", name=None, plan="pro", now=OPENED)
    costs = [refused("u-1") for _ in range(5)]
    assert [cost.writes for cost in costs] == [1, 0, 0, 0, 0]
    assert len({cost.reads for cost in costs}) == 1, "the note itself is read with the workspace"
    assert count_refused(OPENED) == 1
    refused("u-2")
    assert count_refused(OPENED) == 2
    workspace_ref(other.wid).update({"refused": OPENED - REFUSED_AGAIN})
    assert count_refused(OPENED) == 1, "what was before is not of this hour"
    assert refused("u-2").writes == 1, "who still waits counts again"
    assert count_refused(OPENED) == 2


def refused(uid: str) -> Operations:
    """The cost of an Open of an empty pool, without the account."""
    account = ensure_account(uid, email=None, name=None, now=OPENED)
    with counted() as operations, pytest.raises(TryAgain, match="pool-exhausted"):
        allocate.claim(Member(uid, "a@b", None), account, read_standing(account), first=True)
    return operations


def have(slots: list[Slot]) -> None:
    """In a pool whose image is proven."""
    commit_rollout(None, Rollout(proven=IMAGE))
    for start in range(0, len(slots), 500):
        batch = database().batch()
        for slot in slots[start : start + 500]:
            batch.set(slot_ref(slot.name), encode(slot))
        batch.commit()


def a_thousand(*, warming: int = 0, recycling: int = 0, cold: int = 0, warm: int) -> list[Slot]:
    """The rest is claimed."""
    kinds = {
        SlotState.WARMING: warming,
        SlotState.RECYCLING: recycling,
        SlotState.COLD: cold,
        SlotState.WARM: warm,
        SlotState.CLAIMED: 1000 - warming - recycling - cold - warm,
    }
    states = [state for state, count in kinds.items() for _ in range(count)]
    return [
        a_slot(f"ws-{n:04}", state, changed=OPENED, session=f"s-{n}" if state == SlotState.CLAIMED else None)
        for n, state in enumerate(states)
    ]


def cost_of_a_run(pool: ModuleType, *, audit: bool) -> Operations:
    with counted() as operations:
        inspect.unwrap(pool.pool)("", pool.PoolRequest(audit=audit), OPENED + timedelta(seconds=5))
    return operations


@pytest.mark.parametrize("unsettled", [5, 10, 40])
def test_a_run_of_the_pool_reads_the_slots_that_are_not_settled(pool: ModuleType, unsettled: int) -> None:
    have(a_thousand(warming=unsettled, warm=100 - unsettled))
    assert cost_of_a_run(pool, audit=False) == Operations(reads=RUN_OF_THE_POOL + unsettled)


def test_a_run_of_the_pool_in_which_nothing_is_left_to_do_reads_no_slot(pool: ModuleType) -> None:
    have(a_thousand(warm=100))
    none_found = 1
    assert cost_of_a_run(pool, audit=False) == Operations(reads=RUN_OF_THE_POOL + none_found)


def test_a_run_of_the_pool_reads_as_many_cold_slots_as_are_missing(pool: ModuleType) -> None:
    have(a_thousand(warming=5, warm=92, cold=300))
    assert cost_of_a_run(pool, audit=False) == Operations(reads=RUN_OF_THE_POOL + 5 + 3, writes=3)
    assert sum(slot.record.state == SlotState.WARMING for slot in all_slots()) == 8


def keep(policy: Varying, **chosen: Any) -> None:
    levers_ref().set(encode(PoolLevers(policy=policy, **chosen)))


def test_a_pool_by_the_hour_that_is_told_of_a_class_reads_nothing_more(pool: ModuleType) -> None:
    have(a_thousand(warm=100, cold=300))
    lesson = Announcement(id="class-of-3", starts=OPENED, members=3)
    keep(ByHour(zone="UTC", warm=(100,) * 168), announced=(lesson,))
    none_found, missing = 1, 3
    expected = Operations(reads=RUN_OF_THE_POOL + none_found + missing, writes=missing)
    assert cost_of_a_run(pool, audit=False) == expected
    warming = [slot.record for slot in all_slots() if slot.record.state == SlotState.WARMING]
    reasons = {slot.history[-1].reason for slot in warming}
    assert (len(warming), len(reasons)) == (missing, 1)
    [reason] = reasons
    assert reason.startswith("103 should be warm: 100 on ")
    assert reason.endswith(f"; and 3 who are announced for {OPENED:%H:%M} UTC")


def opened(minutes: list[float]) -> None:
    """Sessions that were opened so many minutes ago, and have ended."""
    for n, ago in enumerate(minutes):
        at = OPENED - timedelta(minutes=ago)
        session = a_session(sid=f"s-{n}", opened=at, due=None, state=SessionState.ENDED)
        Commit().create(session_ref(session.sid), session).run()


def test_an_adaptive_pool_reads_each_open_once_and_its_own_record_in_each_run(pool: ModuleType) -> None:
    have(a_thousand(warm=100))
    opened([3, 4, 5, 6, 7, 8, 9])
    policy = Adaptive(least=100, most=100, weeks=4, miss_cents=10)
    audits = []
    for _ in range(2):
        with counted() as operations:
            warm_slots.count_and_decide(PoolLevers(policy=policy), OPENED)
        audits.append(operations)
    assert audits == [Operations(reads=2 + 7, writes=2), Operations(reads=2 + 1)], "its records, and new Opens"
    counted_opens, kept = read_counted()
    assert counted_opens and kept
    assert (sum(hour.opens for hour in counted_opens.record.hours), kept.record.decision.warm) == (7, 100)
    keep(policy)
    opens_ref().delete()
    run = cost_of_a_run(pool, audit=False)
    assert run == Operations(reads=RUN_OF_THE_POOL + 1 + 1), "the number, none of the counted hours, and no slot"


def test_what_can_not_be_counted_stops_no_audit(
    pool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = Adaptive(least=3, most=9, weeks=4, miss_cents=10)
    levers = PoolLevers(policy=policy)
    kept = warm_slots.count_and_decide(levers, OPENED)
    wrong = tmp_path / "own_prices.toml"
    wrong.write_text('[[price]]\nname = "storag"\namount = 1\nunit = "GiB-month"\n')
    monkeypatch.setattr(own_prices, "OWN_PRICES", wrong)
    own_prices.price_book.cache_clear()
    try:
        assert warm_slots.count_and_decide(levers, OPENED + timedelta(minutes=1)) == kept
    finally:
        monkeypatch.undo()
        own_prices.price_book.cache_clear()
    assert "count-failed" in capsys.readouterr().out


def test_an_adaptive_pool_that_has_much_to_count_does_so_in_several_audits(
    pool: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_slots, "COUNTED_AT_ONCE", 3)
    levers = PoolLevers(policy=Adaptive(least=0, most=10, weeks=4, miss_cents=10))
    opened([120 + n // 2 for n in range(7)])
    seen = []
    for _ in range(5):
        warm_slots.count_and_decide(levers, OPENED)
        found = read_opens()
        seen.append(sum(hour.opens for hour in found.record.hours) if found else 0)
    assert seen == [1, 3, 5, 7, 7]
    assert warm_slots.decide(levers, OPENED) == warm_slots.count_and_decide(levers, OPENED)


def test_an_audit_reads_every_slot_and_the_session_of_each_that_is_claimed(pool: ModuleType) -> None:
    have(a_thousand(warming=5, warm=95))
    cost = cost_of_a_run(pool, audit=True)
    assert cost.reads == AUDIT_OF_THE_POOL + 1000 + 900
    assert cost.writes == 900, "none of these sessions is there"
