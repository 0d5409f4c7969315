"""What the end of a session costs in Firestore, and what follows it: tidying, and the slot's fresh container.
`shared.economics` counts with the same figures."""

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from shared.economics.quantities import USES, Event
from shared.flows import tidying
from shared.flows.sign_ins import InAnyStanding
from shared.gcp.identity import Member
from shared.gcp.operation_counts import Operations, counted
from shared.gcp.store import ledger
from shared.gcp.store.accounts import ensure_account, find_account
from shared.gcp.store.claims import commit_claim, read_standing
from shared.gcp.store.sessions import end_session
from shared.gcp.store.slots import all_slots
from shared.gcp.store.snapshots import all_snapshots
from shared.policies import kept_snapshots
from shared.record import Versioned
from shared.sessions.session import EndReason, Session
from shared.slots.slot import Slot, SlotState
from shared.time_budget import TimeBudget
from tests.adapters.costed_sessions import BEAT, beat, function, highest, in_use, is_within, lowest, next_beat, record
from tests.adapters.team_calls import Caller
from tests.support.http_server import Handler, serving
from tests.support.records.factories import BOOT
from tests.support.slot.bucket import Bucket
from tests.support.stack.environment import SETTINGS, environment
from tests.support.stack.observe import until
from tests.support.standins.cloud_run import cloud_run


@pytest.fixture(autouse=True)
def bucket(
    empty_database: None,
    storage_emulator: dict[str, str],
    tasks_standin: dict[str, str],
    auth_emulator: dict[str, str],
) -> Iterator[Bucket]:
    often = {"REQUEST_RATE_TIMES": "1000"}
    with environment(SETTINGS | storage_emulator | tasks_standin | auth_emulator | often):
        yield Bucket(storage_emulator["STORAGE_EMULATOR_HOST"], SETTINGS["STATE_BUCKET"])


class Agent:
    """A slot's agent: each request makes it send a heartbeat, and a release the last one with its checkpoint. `beats`
    are the costs of these heartbeats, which the functions count in other threads."""

    def __init__(self, bucket: Bucket) -> None:
        self.session: Session | None = None
        self.beats: list[Operations] = []
        self._bucket = bucket

    def asked(self, what: str) -> None:
        assert self.session is not None
        is_last = what == "release"
        connected = record(self.session.sid).connected
        saves = self._bucket if is_last else None
        sent = next_beat(self.session.sid, saves, connected=connected, final=is_last)
        with counted() as cost:
            function("heartbeat").apply_beat(sent, datetime.now(UTC))
        self.beats.append(cost)


@pytest.fixture
def agent(bucket: Bucket) -> Agent:
    return Agent(bucket)


@pytest.fixture
def url(agent: Agent) -> Iterator[str]:
    class Requests(Handler):
        def do_POST(self) -> None:
            self.take_body()
            agent.asked(self.path.removeprefix("/_slot/"))
            self.answer_json({"boot": BOOT})

    with serving(Requests) as url:
        yield url


def looked_at(agent: Agent, session: Session, reason: EndReason) -> Operations:
    """The cost of the task that ends the session, and of the heartbeats that it causes."""
    reclaim = function("reclaim")
    with counted() as cost:
        inspect.unwrap(reclaim.reclaim)("", reclaim.Reclaim(session.sid), datetime.now(UTC))
    after = record(session.sid)
    assert (after.open, after.final, after.reason) == (False, True, reason)
    return added(cost, *agent.beats)


def added(*costs: Operations) -> Operations:
    return Operations(sum(each.reads for each in costs), sum(each.writes for each in costs))


def stopped(session: Session, uid: str) -> Operations:
    """The cost of the member's Stop."""
    release = function("release")
    with counted() as cost:
        found = find_account(uid)  # as the authenticator does
        caller = InAnyStanding(Member(uid, f"{uid}@example.com", None), found)
        inspect.unwrap(release.release)(caller, release.Release(session.sid), datetime.now(UTC))
    return cost


@pytest.mark.parametrize("plan", ["free", "pro", "enterprise"])
def test_a_session_that_is_found_idle_ends(plan: str, url: str, agent: Agent, bucket: Bucket) -> None:
    since = datetime.now(UTC) - timedelta(hours=3)
    session = agent.session = in_use("u-1", plan, since, url)
    beat(session, since + BEAT, saves=bucket)
    beat(session, since + 2 * BEAT, connected=False)
    assert looked_at(agent, session, EndReason.IDLE) == lowest(USES[Event.END])


@pytest.mark.parametrize("plan", ["free", "pro", "enterprise"])
def test_a_member_stops(plan: str, url: str, agent: Agent, bucket: Bucket) -> None:
    since = datetime.now(UTC) - 3 * BEAT
    session = agent.session = in_use("u-1", plan, since, url)
    beat(session, since + BEAT, saves=bucket)
    assert added(stopped(session, "u-1"), looked_at(agent, session, EndReason.MEMBER)) == lowest(USES[Event.END])


@pytest.mark.parametrize("connected", [False, True])
def test_a_teams_member_whose_browser_may_be_open_is_found_idle(
    connected: bool, url: str, agent: Agent, bucket: Bucket
) -> None:
    """What the others store is read, and what this one stores is written; with the browser, the time is charged."""
    Caller("owner").make()
    since = datetime.now(UTC) - timedelta(hours=3)
    session = agent.session = in_use("owner", "free", since, url)
    beat(session, since + BEAT, saves=bucket)
    beat(session, since + 2 * BEAT, connected=connected)
    cost = looked_at(agent, session, EndReason.IDLE)
    assert is_within(cost, USES[Event.END]), cost
    assert not connected or cost == highest(USES[Event.END])


def saved(uid: str, plan: str, saves: int, since: datetime, bucket: Bucket) -> datetime:
    """When a session ended in which this member's home was saved so often."""
    session = in_use(uid, plan, since)
    for number in range(1, saves + 1):
        beat(session, since + number * BEAT, saves=bucket)
    over = since + (saves + 1) * BEAT
    end_session(session.sid, over, EndReason.MEMBER)
    return over


def checked(now: datetime) -> Operations:
    """The cost of the check of ended sessions' ledger lines."""
    with counted() as cost:
        for session in ledger.unchecked(now):
            function("meter").check_session(session, now)
    return cost


def tidied(now: datetime) -> Operations:
    """The cost of tidying. Deletions of snapshots are not in it: the model has them with the checkpoint that made the
    snapshot."""
    with counted() as cost:
        _, snapshots, _ = tidying.tidy(now, TimeBudget(60))
    return Operations(cost.reads, cost.writes - snapshots)


def test_a_first_session_that_saved_once_is_tidied_up_after(bucket: Bucket) -> None:
    soon = saved("u-1", "free", 1, datetime.now(UTC), bucket) + timedelta(minutes=15)
    assert added(checked(soon), tidied(soon)) == lowest(USES[Event.TIDYING])
    a_day_later = soon + timedelta(days=1)
    none_found = Operations(reads=1)
    assert (checked(a_day_later), tidied(a_day_later)) == (none_found, none_found)


@pytest.mark.parametrize("plan", ["free", "pro", "enterprise"])
def test_a_session_after_others_is_tidied_up_after_and_its_objects_a_day_later(plan: str, bucket: Bucket) -> None:
    kept, now = kept_snapshots(plan), datetime.now(UTC)
    before = saved("u-1", plan, 60, now - timedelta(hours=2), bucket)
    checked(before), tidied(before)
    over = saved("u-1", plan, 60, now - timedelta(hours=1), bucket)
    wid = workspace_of("u-1")
    assert len(all_snapshots(wid)) >= 2 * kept, "those from before, and the session's own"
    cost = added(checked(over), tidied(over))
    assert len(all_snapshots(wid)) == kept
    cost = added(cost, tidied(datetime.now(UTC) + timedelta(days=1, minutes=1)))
    assert is_within(cost, USES[Event.TIDYING]), cost
    if plan == "enterprise":
        assert cost == highest(USES[Event.TIDYING])


def workspace_of(uid: str) -> str:
    account = find_account(uid)
    assert account is not None
    return account.wid


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[ModuleType]:
    """Of two slots, one of which is to be warm. Their containers are real ones, and answer as the agent does."""
    with cloud_run(tmp_path / "state") as run:
        admin = {"RUN_EMULATOR_HOST": f"http://127.0.0.1:{run.admin_port}"}
        with environment(admin | {"POOL_WARM": "1", "POOL_MAX": "2", "POOL_WRITES": "10"}):
            yield function("pool")


def settled(pool: ModuleType) -> int:
    """Writes of the pool's runs until nothing is left to do."""
    writes = 0

    def is_settled() -> bool:
        nonlocal writes
        with counted() as cost:
            inspect.unwrap(pool.pool)("", pool.PoolRequest(audit=False), datetime.now(UTC))
        writes += cost.writes
        slots = [slot.record for slot in all_slots()]
        return len(slots) == 2 and all(slot.settled for slot in slots) and len(in_state(SlotState.WARM)) == 1

    until(is_settled, "the pool is as it should be")
    return writes


def in_state(state: SlotState) -> list[Versioned[Slot]]:
    return [slot for slot in all_slots() if slot.record.state == state]


@pytest.mark.parametrize(("state", "written"), [(SlotState.WARM, 4), (SlotState.COLD, 3)])
def test_a_slot_that_a_member_had_gets_a_fresh_container(pool: ModuleType, state: SlotState, written: int) -> None:
    """Where the slot was warm, another one is warmed in its place. Either way the model allows for one write more than
    that, of a container that does not become ready and is started again."""
    settled(pool)
    account = ensure_account("u-1", email="a@b", name=None, plan="pro", now=datetime.now(UTC))
    standing = read_standing(account)
    [slot] = in_state(state)
    now = datetime.now(UTC)
    session = commit_claim(account, standing.billing, standing.workspace, slot, opening=60, issued=None, now=now)
    writes = settled(pool)
    end_session(session.sid, datetime.now(UTC), EndReason.MEMBER)
    assert writes + settled(pool) == written
    renewal = USES[Event.RENEWAL].writes
    assert (int(renewal.low), int(renewal.high)) == (3, 4 + 1)
