"""`meter` on a real database: a difference is told with its figures; a second run, or a late one, changes nothing."""

import inspect
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from functions.meter import main
from shared.billing.account import Billing
from shared.billing.metering import LINE_SECONDS, LedgerLine
from shared.billing.periods import over_everywhere
from shared.billing.reconciliation import ClosedPeriod, DayUse, Figures, PlanUse
from shared.gcp.store import ledger
from shared.gcp.store.billing import billing_ref, line_ref, read_billing
from shared.gcp.store.database import Commit, LostRace, database, document, read, run
from shared.gcp.store.sessions import commit_beat, end_session, read_session, session_ref
from shared.record import Versioned
from shared.sessions.heartbeats import accept_beat
from shared.sessions.session import EndReason, Session
from tests.support.records.factories import POLICY, a_beat, a_billing, a_session
from tests.support.stack.environment import environment

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY, MONTH = "2026-11-23", "2026-11"
BID = "b-1"


@pytest.fixture(autouse=True)
def storage(empty_database: None, storage_emulator: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """And few ledger lines are many."""
    monkeypatch.setattr("shared.gcp.store.database.PAGE", 2)
    monkeypatch.setattr("shared.flows.comparing.people", lambda _: {})  # tests/adapters/test_comparing.py has it
    with environment(storage_emulator):
        yield


def metered(at: datetime) -> main.MeterAnswer:
    done: main.MeterAnswer = inspect.unwrap(main.meter)("", main.MeterRequest(), at)
    return done


def everything() -> dict[str, Any]:
    groups = ("billing", "lines", "shards", "periods", "sessions", "usage", "meter")
    found = [document for group in groups for document in database().collection_group(group).stream()]
    return {document.reference.path: (document.to_dict(), document.update_time) for document in found}


def worked(plan: str, seconds: int, since: datetime = NOW, number: int = 1, bid: str = BID) -> Session:
    """A session that was open and connected for so long, with a heartbeat every 30 s."""
    if not billing_ref(bid).get().exists:
        Commit().create(billing_ref(bid), a_billing(plan, bid=bid)).run()
    session = a_session(
        sid=f"s-{number}",
        uid=f"u-{number}",
        bid=bid,
        connected=True,
        opened=since,
        seen=since,
        signals={"editor": since},
    )
    Commit().create(session_ref(session.sid), session).run()
    for passed in range(30, seconds + 1, 30):
        before, payer = read_session(session.sid), read_billing(bid)
        assert before is not None
        beat = a_beat(before.record.seq + 1, session=session.sid)
        now = since + timedelta(seconds=passed)
        after = accept_beat(before.record, beat, None, billing=payer.record, policy=POLICY, now=now)
        assert after is not None
        commit_beat(before, payer, after)
    found = read_session(session.sid)
    assert found is not None
    return found.record


def ended(session: Session) -> Session:
    return end_session(session.sid, session.seen + timedelta(seconds=5), EndReason.MEMBER)


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The differences that were reported."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line["message"] == "ledger-differs"]


@pytest.mark.parametrize("plan", ["free", "enterprise"])
def test_an_ended_session_that_agrees_is_checked_once(plan: str, capsys: pytest.CaptureFixture[str]) -> None:
    session = ended(worked(plan, 1200))
    assert session.meter.lines == 2
    assert metered(session.seen + timedelta(minutes=1)).checked == 1
    before = everything()
    assert metered(session.seen + timedelta(minutes=2)).checked == 0
    assert (everything(), told(capsys)) == (before, [])


def lost(line: LedgerLine) -> None:
    Commit().drop(line_ref(BID, line)).run()


def twice(line: LedgerLine) -> None:
    Commit().create(line_ref(BID, replace(line, n=line.n + 9)), replace(line, n=line.n + 9)).run()


def padded(line: LedgerLine) -> None:
    document(f"billing/{BID}/lines", f"{line.sid}-{line.n}").update({"ms": line.ms + 1})


@pytest.mark.parametrize(
    ("spoil", "lines", "intervals"), [(lost, 300, 300), (twice, 2100, 1200), (padded, 1200.001, 1200)]
)
def test_a_difference_is_told_with_all_three_figures_each_day(
    spoil: Any, lines: float, intervals: float, capsys: pytest.CaptureFixture[str]
) -> None:
    session = ended(worked("free", 1200))
    spoil(ledger.lines_of_session(session)[0])
    metered(session.seen + timedelta(minutes=1))
    figures = {"lines_ms": 1000 * lines, "counter_ms": 1_200_000, "intervals_ms": 1000 * intervals}
    [difference] = told(capsys)
    assert difference["severity"] == "ERROR"
    assert difference | figures | {"session": session.sid, "billing": BID} == difference
    metered(session.seen + timedelta(hours=23))
    assert told(capsys) == [], "it was told today"
    metered(session.seen + timedelta(hours=25))
    assert len(told(capsys)) == 1


def test_one_odd_record_stops_nobody_elses(capsys: pytest.CaptureFixture[str]) -> None:
    odd, other = ended(worked("free", 600)), ended(worked("free", 60, number=2, bid="b-2"))
    line_ref(BID, ledger.lines_of_session(odd)[0]).update({"ms": "much"})
    over = over_everywhere(TODAY)
    found = metered(over)
    assert (found.checked, found.periods, found.days) == (1, 1, 1)
    assert read_session(other.sid).record.check_due is None  # type: ignore[union-attr]
    assert read_billing("b-2").record.used == {}
    failures = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len([line for line in failures if line["message"] == "meter-failed"]) == 2, "its session and its period"
    assert len([line for line in failures if line["message"] == "record-unreadable"]) >= 1, (
        "and its day goes on without it"
    )


def test_time_that_no_heartbeat_wrote_a_line_for_gets_one() -> None:
    session = worked("free", 600)
    due = session.opened + timedelta(seconds=LINE_SECONDS)
    assert metered(due).lines == 0, "a heartbeat may still do it"
    late = due + main.LINE_GRACE
    assert metered(late).lines == 1
    [line] = ledger.lines_of_session(session)
    assert (line.ms, line.n, line.at, line.period) == (600_000, 0, due, TODAY)
    before = everything()
    assert metered(late).lines == 0
    assert everything() == before
    assert ended(session).meter.lines == 1, "the end has nothing left to write"


def test_a_period_is_closed_when_it_is_over_everywhere() -> None:
    ended(worked("free", 1200))
    over = over_everywhere(TODAY)
    assert metered(over - timedelta(seconds=1)).periods == 0
    assert metered(over).periods == 1
    closed = read(document(f"billing/{BID}/periods", TODAY), ClosedPeriod)
    figures = Figures(lines=1_200_000, counter=1_200_000, intervals=1_200_000)
    assert closed is not None
    assert closed.record == ClosedPeriod(id=TODAY, plan="free", granted=0, figures=figures, closed=over)
    assert (read_billing(BID).record.used, read_billing(BID).record.close_due) == ({}, None)
    before = everything()
    assert metered(over + timedelta(minutes=50)).periods == 0
    assert everything() == before


def test_the_days_of_an_account_are_closed_though_the_month_of_its_next_plan_goes_on() -> None:
    ended(worked("free", 600))
    account = read_billing(BID)
    Commit().change(billing_ref(BID), account, replace(account.record, plan="starter")).run()
    ended(worked("starter", 300, since=NOW + timedelta(hours=1), number=2))
    assert metered(over_everywhere(TODAY)).periods == 1
    assert read_billing(BID).record.used == {MONTH: 300_000}
    assert read_billing(BID).record.close_due == over_everywhere(MONTH), "it stands in nobody's way until then"


def test_a_period_is_closed_beside_heartbeats_that_write_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    ended(worked("free", 600))
    over = over_everywhere(TODAY)
    to_close = ledger.to_close

    def and_a_heartbeat(now: datetime) -> list[Versioned[Billing]]:
        found = list(to_close(now))
        ended(worked("free", 60, since=over - timedelta(minutes=5), number=2))
        return found

    monkeypatch.setattr(ledger, "to_close", and_a_heartbeat)
    assert metered(over).periods == 1
    assert list(read_billing(BID).record.used) == ["2026-11-24"]


def test_what_was_counted_in_shards_is_closed_as_one_figure() -> None:
    for number in range(1, 7):
        ended(worked("enterprise", 60, number=number))
    december = worked("enterprise", 90, since=datetime(2026, 12, 1, 12, tzinfo=UTC), number=9)
    assert metered(over_everywhere(MONTH)).periods == 1
    closed = read(document(f"billing/{BID}/periods", MONTH), ClosedPeriod)
    assert closed is not None and closed.record.figures == Figures(lines=360_000, counter=360_000, intervals=360_000)
    assert [shard.id[:7] for shard in billing_ref(BID).collection("shards").stream()] == ["2026-12"]
    assert read_billing(BID).record.used == {"2026-12": 0}
    ended(december)
    assert metered(over_everywhere("2026-12")).periods == 1


def test_a_count_that_differs_is_told_and_kept_with_the_period(capsys: pytest.CaptureFixture[str]) -> None:
    ended(worked("free", 600))
    billing = read_billing(BID)
    Commit().change(billing_ref(BID), billing, billing.record.count({TODAY: 599_999})).run()
    metered(over_everywhere(TODAY))
    [difference] = told(capsys)
    figures = {"lines_ms": 600_000, "counter_ms": 599_999, "intervals_ms": 600_000}
    assert difference | figures | {"period": TODAY, "billing": BID} == difference
    closed = read(document(f"billing/{BID}/periods", TODAY), ClosedPeriod)
    assert closed is not None and not closed.record.figures.agree


def test_each_day_that_is_over_is_rolled_up_by_plan_however_late() -> None:
    ended(worked("free", 600))
    ended(worked("free", 60, number=2))
    ended(worked("enterprise", 120, number=3, bid="b-3"))
    ended(worked("free", 90, since=NOW + timedelta(days=2), number=4))
    assert metered(datetime(2026, 11, 24, 0, 59, tzinfo=UTC)).days == 0, "its last lines may be on their way"
    assert metered(datetime(2026, 11, 26, 1, tzinfo=UTC)).days == 3
    days = [found.record for found in run(database().collection("usage"), DayUse)]
    free = PlanUse(ms=660_000, background_ms=0, members=2, sessions=2, lines=2)
    company = PlanUse(ms=120_000, background_ms=0, members=1, sessions=1, lines=1)
    assert days == [
        DayUse(day=TODAY, plans={"enterprise": company, "free": free}, stored=0),
        DayUse(day="2026-11-24", plans={}, stored=0),
        DayUse(
            day="2026-11-25",
            plans={"free": PlanUse(ms=90_000, background_ms=0, members=1, sessions=1, lines=1)},
            stored=0,
        ),
    ]
    before = everything()
    assert metered(datetime(2026, 11, 26, 2, tzinfo=UTC)).days == 0
    assert everything() == before


def test_a_line_that_is_written_days_late_belongs_to_the_day_on_which_it_was_due() -> None:
    for number in range(1, 6):  # more than one page of them
        worked("free", 600, number=number, bid=f"b-{number}")
    done = metered(NOW + timedelta(days=3))
    assert (done.lines, done.periods, done.days) == (5, 5, 3)
    [today] = [found.record for found in run(database().collection("usage"), DayUse) if found.record.plans]
    assert (today.day, today.plans["free"].ms) == (TODAY, 3_000_000)
    closed = read(document(f"billing/{BID}/periods", TODAY), ClosedPeriod)
    assert closed is not None and closed.record.figures.agree


def test_a_line_that_is_later_than_its_days_roll_up_is_of_the_day_on_which_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = worked("free", 600)
    ended(worked("free", 60, number=2, bid="b-2"))
    write_line, lost = ledger.write_line, iter([True])

    def after_somebody_else(late: Versioned[Session], at: datetime) -> None:
        if next(lost, False):
            raise LostRace("a heartbeat was first")
        write_line(late, at)

    monkeypatch.setattr(ledger, "write_line", after_somebody_else)
    over = over_everywhere(TODAY)
    first, second = metered(over), metered(over + timedelta(minutes=15))
    assert (first.lines, first.periods, first.days) == (0, 1, 1), "its account waits, the other one does not"
    assert (second.lines, second.periods, second.days) == (1, 1, 0)
    [line] = ledger.lines_of_session(session)
    assert line.at == over + timedelta(minutes=15)
    closed = read(document(f"billing/{BID}/periods", TODAY), ClosedPeriod)
    assert closed is not None and closed.record.figures.agree


def test_nothing_is_closed_before_all_its_lines_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    worked("free", 600)
    late = over_everywhere(TODAY) + timedelta(days=1)
    with monkeypatch.context() as stopped:
        stopped.setattr(main, "RUN_SECONDS", 0.0)
        assert metered(late) == main.MeterAnswer(*[0] * len(main.MeterAnswer.__struct_fields__))
    done = metered(late)
    assert (done.lines, done.periods, done.days) == (1, 1, 2)


def test_a_session_that_can_not_be_read_keeps_only_its_own_account_waiting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    odd, other = worked("free", 600), ended(worked("free", 60, number=2, bid="b-2"))
    silent = worked("free", 600, number=3, bid="b-3")
    session_ref(odd.sid).update({"meter.ms": "much"})
    over = over_everywhere(TODAY)
    found = metered(over)
    assert (found.lines, found.checked, found.periods, found.days) == (1, 1, 2, 1)
    assert len(ledger.lines_of_session(silent)) == 1
    assert read_session(other.sid).record.check_due is None  # type: ignore[union-attr]
    assert TODAY in read_billing(odd.bid).record.used, "its line is still to be written"
    assert f'"sessions/{odd.sid}: ' in capsys.readouterr().out
    session_ref(odd.sid).update({"meter.ms": 600_000})
    found = metered(over + timedelta(minutes=15))
    assert (found.lines, found.periods, found.days) == (1, 1, 0)
    [line] = ledger.lines_of_session(odd)
    assert line.at == over + timedelta(minutes=15), "its day is told already"


def test_two_runs_at_once_write_a_day_once() -> None:
    ended(worked("free", 60))
    first, second = ledger.read_reached(), ledger.read_reached()
    use = DayUse(day=TODAY, plans={})
    ledger.write_day(use, first)
    with pytest.raises(LostRace):
        ledger.write_day(use, second)
