"""What is charged, on a real database: session, counter and ledger move in one commit or not at all."""

from datetime import UTC, datetime, timedelta
from zlib import crc32

import pytest
from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.metering import LINE_SECONDS, Interval, LedgerLine, close
from shared.billing.periods import over_everywhere
from shared.billing.time_allowance import allowance
from shared.errors import TryAgain
from shared.gcp.store.billing import SHARDS, billing_ref, line_ref, read_billing
from shared.gcp.store.database import Commit, LostRace, read, run
from shared.gcp.store.sessions import commit_beat, commit_session, end_session, read_session, session_ref
from shared.record import Versioned
from shared.sessions.heartbeats import AcceptedHeartbeat, accept_beat
from shared.sessions.session import EndReason, Session
from tests.support.records.factories import POLICY, a_beat, a_billing, a_session

pytestmark = pytest.mark.usefixtures("empty_database")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY, MONTH = "2026-11-23", "2026-11"
BID = "b-1"
LATER = NOW + timedelta(seconds=30)


def paid_by(plan: str, **fields: dict[str, int]) -> Versioned[Billing]:
    """The billing account, in periods in which somebody has worked before."""
    used = fields.get("used", dict.fromkeys(("2026-11", "2026-12") if plan == "enterprise" else (TODAY,), 0))
    Commit().create(billing_ref(BID), a_billing(plan).count(used)).run()
    return read_billing(BID)


def working(number: int = 1) -> Versioned[Session]:
    """A session of the billing account, with a browser since NOW."""
    session = a_session(sid=f"s-{number}", uid=f"u-{number}", wid=f"w-{number}", connected=True, opened=NOW, seen=NOW)
    Commit().create(session_ref(session.sid), session).run()
    return again(session)


def again(session: Session) -> Versioned[Session]:
    found = read_session(session.sid)
    assert found is not None
    return found


def accepted(before: Versioned[Session], payer: Versioned[Billing], now: datetime = LATER) -> AcceptedHeartbeat:
    session = before.record
    beat = a_beat(session.seq + 1, session=session.sid)
    found = accept_beat(session, beat, None, billing=payer.record, policy=POLICY, now=now)
    assert found is not None
    return found


def beaten(before: Versioned[Session], seconds: float = 30) -> Versioned[Session]:
    """The session after one more beat, committed."""
    payer = read_billing(BID)
    commit_beat(before, payer, accepted(before, payer, NOW + timedelta(seconds=seconds)))
    return again(before.record)


def shards() -> dict[str, int]:
    """What each shard counts."""
    found = billing_ref(BID).collection("shards").stream()
    return {shard.id: (shard.to_dict() or {})["ms"] for shard in found}


def lines() -> list[LedgerLine]:
    found = run(billing_ref(BID).collection("lines"), LedgerLine)
    return sorted((line.record for line in found), key=lambda line: (line.sid, line.n))


def test_a_limited_plan_is_counted_in_its_own_document_with_the_session() -> None:
    payer = paid_by("free", used={TODAY: 1_000})
    after = beaten(working())
    assert (after.record.seq, after.record.meter.ms) == (1, 30_000)
    assert read_billing(BID).record == replace(payer.record, used={TODAY: 31_000}, by_month={TODAY[:7]: 30_000})
    assert (shards(), lines()) == ({}, [])


def test_the_first_to_be_charged_without_a_limit_has_the_period_closed_one_day() -> None:
    Commit().create(billing_ref(BID), a_billing("enterprise")).run()
    payer, first, second = read_billing(BID), working(1), working(2)
    commit_beat(first, payer, accepted(first, payer))
    with pytest.raises(LostRace):
        commit_beat(second, payer, accepted(second, payer))
    assert read_billing(BID).record.close_due == over_everywhere(MONTH)
    beaten(second)
    assert sum(shards().values()) == 60_000


def test_of_two_beats_that_read_the_same_allowance_one_is_charged_and_the_other_reads_again() -> None:
    payer, first, second = paid_by("free"), working(1), working(2)
    late = accepted(second, payer)
    commit_beat(first, payer, accepted(first, payer))
    with pytest.raises(LostRace):
        commit_beat(second, payer, late)
    assert again(second.record).record == second.record
    assert read_billing(BID).record.used == {TODAY: 30_000}
    assert beaten(second).record.meter.ms == 30_000
    assert read_billing(BID).record.used == {TODAY: 60_000}


def test_two_beats_of_one_session_are_one_charge() -> None:
    payer, before = paid_by("free"), working()
    same = accepted(before, payer)
    commit_beat(before, payer, same)
    for known in (payer, read_billing(BID)):
        with pytest.raises(LostRace):
            commit_beat(before, known, same)
    assert again(before.record).record.meter.ms == 30_000
    assert read_billing(BID).record.used == {TODAY: 30_000}


def test_a_beat_that_lost_the_session_leaves_the_allowance_alone() -> None:
    for plan in ("free", "enterprise"):
        Commit().drop(billing_ref(BID)).drop(session_ref("s-1")).run()
        payer, before = paid_by(plan), working()
        commit_session(before, before.record.drain(EndReason.MEMBER, NOW))
        with pytest.raises(LostRace):
            commit_beat(before, payer, accepted(before, payer))
        assert (read_billing(BID), shards()) == (payer, {})


def test_two_members_use_up_the_last_of_a_shared_allowance_and_no_more() -> None:
    payer = paid_by("free", used={TODAY: 30 * 60_000 - 40_000})
    first, second = beaten(working(1)).record, beaten(working(2)).record
    assert (first.meter.ms, second.meter.ms) == (30_000, 10_000)
    assert allowance(read_billing(payer.record.bid).record, LATER).left == 0
    assert second.deadline is not None and second.deadline <= LATER


def test_without_a_limit_sessions_count_into_shards_and_the_sums_agree() -> None:
    payer = paid_by("enterprise")
    sessions = [working(number) for number in (1, 2)]
    assert len({crc32(session.record.sid.encode()) % SHARDS for session in sessions}) == 2, "a shard each"
    for seconds in (30, 50):
        for n, session in enumerate(sessions):
            sessions[n] = beaten(session, seconds)
    assert read_billing(BID) == payer, "nobody waits for the account's own document"
    assert [session.record.meter.ms for session in sessions] == [50_000, 50_000]
    assert [*shards().values()] == [50_000, 50_000]


def test_sessions_of_one_shard_do_not_lose_each_others_counts() -> None:
    payer, shard = paid_by("enterprise"), crc32(b"s-1") % SHARDS
    other = next(number for number in range(2, 1_000) if crc32(f"s-{number}".encode()) % SHARDS == shard)
    first, second = working(1), working(other)
    beats = [(session, accepted(session, payer)) for session in (first, second)]
    for session, beat in beats:  # neither has seen the other's
        commit_beat(session, payer, beat)
    assert shards() == {f"{MONTH}-{shard}": 60_000}


def test_the_shards_count_by_period() -> None:
    paid_by("enterprise")
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    before = working()
    night = replace(before.record, seen=midnight - timedelta(seconds=10))
    commit_session(before, night)
    payer = read_billing(BID)
    commit_beat(again(night), payer, accepted(again(night), payer, midnight + timedelta(seconds=20)))
    assert sorted(shards().values()) == [10_000, 20_000]
    assert [(line.period, line.ms) for line in lines()] == [(MONTH, 10_000)]


@pytest.mark.parametrize("plan", ["free", "enterprise"])
def test_a_line_is_created_once_and_a_second_of_its_number_changes_nothing(plan: str) -> None:
    payer, before = paid_by(plan), working()
    due = replace(before.record, meter=replace(before.record.meter, line_due=LATER))
    commit_session(before, due)
    before = again(due)
    beat = accepted(before, payer)
    [line] = beat.lines
    foreign = replace(line, uid="u-somebody")
    Commit().create(line_ref(BID, foreign), foreign).run()
    with pytest.raises(LostRace):
        commit_beat(before, payer, beat)
    assert again(due) == before
    assert (read_billing(BID), shards(), lines()) == (payer, {}, [foreign])


def test_a_line_joins_the_beat_that_completes_it() -> None:
    paid_by("enterprise")
    session = working()
    for seconds in range(30, int(LINE_SECONDS) + 31, 30):
        session = beaten(session, seconds)
    [line] = lines()
    assert (line.sid, line.n, line.wid, line.plan, line.period) == ("s-1", 0, "w-1", "enterprise", MONTH)
    assert line.intervals == [Interval(NOW, NOW + timedelta(seconds=LINE_SECONDS))]
    meter = session.record.meter
    assert (meter.lines, meter.ms - line.ms, sum(interval.ms for interval in meter.open)) == (1, 30_000, 30_000)


def test_the_end_writes_the_last_line_once() -> None:
    paid_by("free")
    session = beaten(working()).record
    ended = end_session(session.sid, LATER, EndReason.MEMBER)
    assert end_session(session.sid, LATER + timedelta(seconds=1), EndReason.MEMBER) == ended
    [line] = lines()
    assert (line.n, line.ms, line.period, line.at) == (0, 30_000, TODAY, LATER)
    assert (ended.meter.lines, ended.meter.open, ended.meter.ms) == (1, [], 30_000)
    assert read_billing(BID).record.used == {TODAY: 30_000}, "the end itself costs nothing"
    assert read(line_ref(BID, line), LedgerLine) is not None


def test_the_end_of_a_session_that_was_charged_nothing_writes_no_line() -> None:
    paid_by("free")
    ended = end_session(working().record.sid, LATER, EndReason.LOST)
    assert (ended.meter.lines, lines()) == (0, [])


def test_an_end_that_never_succeeds_is_given_up() -> None:
    paid_by("free")
    session = beaten(working()).record
    line = close(session.meter, session.ledger_owner, LATER)[1][0]
    Commit().create(line_ref(BID, line), replace(line, uid="u-somebody")).run()
    with pytest.raises(TryAgain):
        end_session(session.sid, LATER, EndReason.MEMBER)
    assert again(session).record == session
