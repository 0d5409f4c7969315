"""Reading what was used from a real ledger, and moving while it is written."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from shared.billing.metering import Interval, LedgerLine
from shared.gcp.operation_counts import counted
from shared.gcp.store import database, sessions
from shared.gcp.store.billing import billing_ref, commit_move, line_ref, read_billing
from shared.gcp.store.database import Commit, LostRace
from shared.gcp.store.usage import read_lines
from tests.support.records.factories import NOW, a_billing, a_session, after

pytestmark = pytest.mark.usefixtures("empty_database")
BID = "b-1"
MONTH = "2026-11"


def written(number: int, period: str = MONTH, uid: str = "u-1", bid: str = BID) -> LedgerLine:
    """The line that was written `number` minutes after NOW."""
    since = after(60 * number)
    line = LedgerLine(
        sid=f"s-{uid}",
        n=number,
        wid="w-1",
        uid=uid,
        plan="free",
        period=period,
        ms=60_000,
        background=False,
        intervals=[Interval(since, since + timedelta(minutes=1))],
        at=since + timedelta(minutes=1),
    )
    Commit().create(line_ref(bid, line), line).run()
    return line


def test_a_month_is_read_newest_first_with_its_days_and_without_its_neighbours() -> None:
    kept = [written(1, "2026-11-01"), written(2, "2026-11-30"), written(4), written(3)]
    for number, neighbour in enumerate(("2026-10-31", "2026-10", "2026-12", "2026-12-01", "2026-1", "2025-11"), 5):
        written(number, neighbour)
    assert read_lines(BID, "u-1", MONTH, 100) == [kept[1], kept[0], kept[2], kept[3]]
    assert read_lines(BID, "u-1", MONTH, 2) == kept[1::-1]
    assert read_lines(BID, "u-1", "2026-09", 100) == []


def test_lines_that_were_written_at_once_are_each_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PAGE", 2)
    line = written(1)
    for number in range(2, 6):
        same = replace(line, n=number)
        Commit().create(line_ref(BID, same), same).run()
    assert sorted(each.n for each in read_lines(BID, "u-1", MONTH, 100)) == [1, 2, 3, 4, 5]
    assert [len(read_lines(BID, "u-1", MONTH, most)) for most in (1, 2, 3, 4, 5, 6)] == [1, 2, 3, 4, 5, 5]


def test_many_sessions_are_read_a_part_at_a_time_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "READ_AT_ONCE", 2)
    for number in range(5):
        Commit().create(sessions.session_ref(f"s-{number}"), a_session(sid=f"s-{number}")).run()
    with counted() as operations:
        found = sessions.read_sessions([f"s-{number}" for number in range(7)])
    assert [session.sid for session in found.values()] == [*found] == [f"s-{number}" for number in range(5)]
    assert operations.reads == 7
    assert sessions.read_sessions([]) == {}


def test_nobody_reads_anothers_lines_not_even_on_a_shared_account() -> None:
    own = written(1)
    written(2, uid="u-2")
    written(3, uid="u-1", bid="b-2")
    assert read_lines(BID, "u-1", MONTH, 100) == [own]
    assert read_lines(BID, "u-", MONTH, 100) == read_lines("b-3", "u-1", MONTH, 100) == []


def test_no_more_is_read_than_is_asked_for() -> None:
    for number in range(5):
        written(number)
    with counted() as operations:
        assert len(read_lines(BID, "u-1", MONTH, 3)) == 3
    assert (operations.reads, operations.writes) == (3, 0)


def test_a_move_is_lost_to_whatever_was_written_meanwhile() -> None:
    Commit().create(billing_ref(BID), a_billing("free")).run()
    before = read_billing(BID)
    moved = replace(before.record, time_zone="Asia/Seoul", zone_changed=NOW)
    charged = replace(before.record, used={MONTH: 5})
    Commit().change(billing_ref(BID), before, charged).run()
    with pytest.raises(LostRace):
        commit_move(before, moved)
    assert read_billing(BID).record == charged, "no time that was used is forgotten by moving"
    commit_move(read_billing(BID), replace(charged, time_zone="Asia/Seoul", zone_changed=NOW))
    assert (read_billing(BID).record.used, read_billing(BID).record.time_zone) == ({MONTH: 5}, "Asia/Seoul")
