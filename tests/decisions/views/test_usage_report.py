"""A month of the ledger by period, by day and by session; and as a table that a spreadsheet may open."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.billing.metering import Interval, LedgerLine, Meter
from shared.sessions.session import Decision, EndReason, Session, SessionState, Verdict
from shared.views.usage_report import (
    ENDS,
    LinesPage,
    SessionUse,
    Usage,
    Used,
    as_csv,
    first_and_last,
    page,
    parse_cursor,
    usage,
)
from tests.support.records.factories import NOW, a_session, after, unwritten

MONTH = "2026-11"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def a_line(since: str, until: str, sid: str = "s-1", n: int = 0, period: str = MONTH, **fields: Any) -> LedgerLine:
    interval = Interval(at(since), at(until))
    defaults = {"wid": "w-1", "uid": "u-1", "plan": "pro", "background": False, "at": interval.until}
    return LedgerLine(sid=sid, n=n, period=period, ms=interval.ms, intervals=[interval], **{**defaults, **fields})


def told(*lines: LedgerLine, sessions: list[Session] | None = None, zone: str = "UTC", month: str = MONTH) -> Usage:
    return usage(lines, {session.sid: session for session in sessions or []}, month=month, zone=zone)


def minutes(used: list[Used]) -> dict[str, float]:
    return {each.id: each.ms / 60_000 for each in used}


@pytest.mark.parametrize(
    ("zone", "since", "until", "days"),
    [
        ("UTC", "2026-11-23T23:50Z", "2026-11-24T00:10Z", {"2026-11-24": 10, "2026-11-23": 10}),
        ("UTC", "2026-11-23T23:50Z", "2026-11-24T00:00Z", {"2026-11-23": 10}),
        ("UTC", "2026-11-24T00:00Z", "2026-11-24T00:10Z", {"2026-11-24": 10}),
        ("Asia/Seoul", "2026-11-23T14:50Z", "2026-11-23T15:10Z", {"2026-11-24": 10, "2026-11-23": 10}),
        # midnight at half past, and at a quarter to
        ("Asia/Kolkata", "2026-11-23T18:00Z", "2026-11-23T19:00Z", {"2026-11-24": 30, "2026-11-23": 30}),
        ("Asia/Kathmandu", "2026-11-23T18:00Z", "2026-11-23T19:00Z", {"2026-11-24": 45, "2026-11-23": 15}),
        # a day of 23 hours, one of 25, and one that the calendar leaves out
        ("Europe/Berlin", "2026-03-28T23:00Z", "2026-03-29T23:00Z", {"2026-03-30": 60, "2026-03-29": 23 * 60}),
        ("Europe/Berlin", "2026-10-24T22:00Z", "2026-10-25T23:30Z", {"2026-10-26": 30, "2026-10-25": 25 * 60}),
        ("Pacific/Apia", "2011-12-30T09:00Z", "2011-12-30T11:00Z", {"2011-12-31": 60, "2011-12-29": 60}),
        # the clocks skip midnight
        ("America/Asuncion", "2023-10-01T03:50Z", "2023-10-01T04:10Z", {"2023-10-01": 10, "2023-09-30": 10}),
        # more than one midnight, over the end of a month
        ("UTC", "2026-11-29T23:00Z", "2026-12-01T01:00Z", {"2026-12-01": 60, "2026-11-30": 1440, "2026-11-29": 60}),
    ],
)
def test_days_turn_over_at_the_time_zones_midnights(zone: str, since: str, until: str, days: dict[str, float]) -> None:
    found = told(a_line(since, until), zone=zone)
    assert minutes(found.days) == days and [each.id for each in found.days] == list(days), "newest first"
    assert minutes(found.periods) == {MONTH: sum(days.values())}


def test_a_month_has_its_days_and_itself_and_no_neighbour() -> None:
    first, last = first_and_last(MONTH)
    ids = ["2026-1", "2026-10", "2026-10-31", "2026-11", "2026-11-01", "2026-11-30", "2026-12", "2026-12-01", "2027-11"]
    assert [each for each in ids if first <= each <= last] == ["2026-11", "2026-11-01", "2026-11-30"]


def test_a_session_over_a_months_end_is_in_each_month_with_what_it_used_there() -> None:
    """The lines of each month are asked for; what is in no line yet is of one of them."""
    session = a_session(sid="s-1", meter=replace(unwritten(60, period="2026-12"), lines=1))
    november = a_line("2026-11-30T23:00Z", "2026-12-01T00:00Z")
    [before] = told(november, sessions=[session]).sessions
    [then] = told(sessions=[session], month="2026-12").sessions
    assert (before.ms, before.pending) == (3_600_000, False)
    assert (then.ms, then.pending) == (60_000, True)


def test_time_without_a_browser_is_told_apart_everywhere() -> None:
    by_hand = a_line("2026-11-23T09:00Z", "2026-11-23T09:10Z")
    alone = a_line("2026-11-23T09:10Z", "2026-11-23T09:15Z", n=1, background=True)
    found = told(by_hand, alone)
    counted = [(used.ms, used.background_ms) for used in (*found.periods, *found.days)]
    counted += [(session.ms, session.background_ms) for session in found.sessions]
    assert counted == [(900_000, 300_000)] * 3


def test_sessions_are_counted_where_they_used_something() -> None:
    found = told(
        a_line("2026-11-22T23:00Z", "2026-11-23T01:00Z"),
        a_line("2026-11-23T02:00Z", "2026-11-23T03:00Z", "s-2", period="2026-11-23"),
        a_line("2026-11-23T03:00Z", "2026-11-23T04:00Z", "s-2", 1, period="2026-11-23"),
    )
    assert [(each.id, each.sessions) for each in found.days] == [("2026-11-23", 2), ("2026-11-22", 1)]
    assert [(each.id, each.sessions) for each in found.periods] == [("2026-11-23", 1), (MONTH, 1)]


def test_what_is_in_no_line_yet_is_pending_and_is_counted_once() -> None:
    session = a_session(meter=replace(unwritten(60), lines=3))
    [pending] = told(sessions=[session]).sessions
    assert (pending.ms, pending.pending, pending.ended, pending.decision) == (60_000, True, None, None)
    its_line = a_line("2026-11-23T09:00Z", "2026-11-23T09:02Z", session.sid, 3)
    [written] = told(its_line, sessions=[session]).sessions
    assert (written.ms, written.pending) == (120_000, False), "the line was written after the session was read"
    older = a_line("2026-11-23T08:00Z", "2026-11-23T08:02Z", session.sid, 2)
    [both] = told(older, sessions=[session]).sessions
    assert (both.ms, both.pending) == (180_000, True)


def test_a_session_that_was_charged_nothing_is_not_told_of() -> None:
    assert told(sessions=[a_session()]) == Usage(periods=[], days=[], sessions=[])


def test_the_plan_is_the_newest_that_it_was_charged_on() -> None:
    lines = [
        a_line("2026-11-23T09:10Z", "2026-11-23T09:20Z", n=10, plan="team"),
        a_line("2026-11-23T09:00Z", "2026-11-23T09:10Z", n=9, plan="pro"),
    ]
    assert told(*lines).sessions[0].plan == "team"
    session = a_session(sid="s-1", meter=replace(unwritten(60, plan="starter"), lines=11))
    assert told(*lines, sessions=[session]).sessions[0].plan == "starter"


def a_decision(verdict: Verdict, rule: str, reason: EndReason | None = None) -> Decision:
    return Decision(verdict=verdict, rule=rule, at=after(900), active=NOW, idle_at=NOW, look=NOW, reason=reason)


IDLE = a_decision(Verdict.RECLAIM, "idle for 15 min: no typing, no busy process", EndReason.IDLE)
WARNED = a_decision(Verdict.WARN, "no activity since 09:00:00 (editor): warned")


@pytest.mark.parametrize(
    ("decisions", "reason", "words", "idle"),
    [
        ([WARNED, IDLE], EndReason.IDLE, IDLE.rule, 900),
        ([WARNED], EndReason.MEMBER, "stopped by the member", None),
        # it was lost while it was being put away, so that decision is not what ended it
        ([WARNED, IDLE], EndReason.LOST, ENDS[EndReason.LOST], None),
        ([a_decision(Verdict.RECLAIM, "used up", EndReason.ALLOWANCE)], EndReason.ALLOWANCE, "used up", None),
        ([], EndReason.ALLOWANCE, "the plan's time was used up", None),
        ([WARNED], None, None, None),
    ],
)
def test_the_decision_that_ended_it_is_told_in_words(
    decisions: list[Decision], reason: EndReason | None, words: str | None, idle: float | None
) -> None:
    session = a_session(SessionState.ENDED, sid="s-1", decisions=decisions, reason=reason, ended=after(1000))
    [found] = told(a_line("2026-11-23T09:00Z", "2026-11-23T09:10Z"), sessions=[session]).sessions
    assert (found.reason, found.decision, found.idle) == (reason, words, idle)
    assert (found.opened, found.ended) == (NOW, after(1000))


def test_every_end_has_words() -> None:
    assert ENDS.keys() == set(EndReason)


def test_of_a_session_whose_record_is_gone_the_ledger_is_told() -> None:
    [found] = told(a_line("2026-11-23T09:00Z", "2026-11-23T09:10Z")).sessions
    assert (found.opened, found.ended, found.ms) == (NOW, after(600), 600_000)
    assert (found.reason, found.decision) == (None, None)


intervals = st.lists(st.tuples(st.integers(0, 90_000_000), st.integers(1, 90_000_000)), min_size=1, max_size=4)
drawn_lines = st.lists(
    st.tuples(
        st.sampled_from(["s-1", "s-2", "s-3"]),
        st.sampled_from([MONTH, "2026-11-01", "2026-11-23", "2026-11-30"]),
        st.booleans(),
        intervals,
    ),
    max_size=20,
)
some_zones = st.sampled_from(
    ["UTC", "Asia/Seoul", "Asia/Kolkata", "Europe/Berlin", "America/Havana", "Pacific/Chatham", "Australia/Lord_Howe"]
)


@given(drawn_lines, some_zones, st.none() | st.integers(1, 10**8), st.sampled_from([NOW, at("2026-10-24T20:00Z")]))
def test_the_three_sums_agree_exactly_whatever_was_used(
    drawn: list[tuple[str, str, bool, list[tuple[int, int]]]], zone: str, pending: int | None, start: datetime
) -> None:
    lines, begin = [], start
    for n, (sid, period, background, pieces) in enumerate(drawn):
        parts = []
        for gap, ms in pieces:
            parts.append(Interval(begin + timedelta(milliseconds=gap), begin + timedelta(milliseconds=gap + ms)))
            begin = parts[-1].until
        lines.append(
            LedgerLine(
                sid=sid,
                n=n,
                wid="w-1",
                uid="u-1",
                plan="pro",
                period=period,
                ms=sum(part.ms for part in parts),
                background=background,
                intervals=parts,
                at=begin,
            )
        )
    meter = Meter(period=MONTH, plan="pro", lines=99)
    if pending:
        meter = replace(meter, open=[Interval(begin, begin + timedelta(milliseconds=pending))])
    found = told(*lines, sessions=[a_session(sid="s-1", meter=meter)], zone=zone)
    whole = sum(line.ms for line in lines) + (pending or 0)
    alone = sum(line.ms for line in lines if line.background)
    for used in (found.periods, found.days, found.sessions):
        assert (sum(each.ms for each in used), sum(each.background_ms for each in used)) == (whole, alone)
    assert any(each.pending for each in found.sessions) == (pending is not None)


def a_use(**fields: Any) -> SessionUse:
    defaults = {
        "sid": "s-1", "opened": NOW, "ended": after(90.5), "ms": 90_500, "background_ms": 0, "pending": False,
        "plan": "pro", "reason": EndReason.IDLE, "decision": IDLE.rule, "idle": 900.0,
    }  # fmt: skip
    return SessionUse(**{**defaults, **fields})


def test_the_table_has_a_row_for_each_session_with_the_zones_own_times() -> None:
    text = as_csv([a_use(), a_use(sid="s-2", ended=None, reason=None, decision=None, pending=True)], "Asia/Seoul")
    assert text.count("\r\n") == text.count("\n") == 3
    first, second = csv.DictReader(io.StringIO(text))
    assert first == {
        "session": "s-1", "opened": "2026-11-23T18:00:00+09:00", "ended": "2026-11-23T18:01:30+09:00",
        "seconds": "90.500", "background_seconds": "0.000", "plan": "pro", "reason": "idle",
        "decision": IDLE.rule, "pending": "no",
    }  # fmt: skip
    assert (second["ended"], second["reason"], second["decision"], second["pending"]) == ("", "", "", "yes")


@given(st.text(alphabet="=+-@\t\r\n\",'x|!A1( ", max_size=12), st.sampled_from(["sid", "plan", "decision"]))
def test_no_cell_begins_a_formula_and_every_one_can_be_read_again(text: str, field: str) -> None:
    [_, row] = list(csv.reader(io.StringIO(as_csv([a_use(**{field: text})], "UTC"), newline="")))
    assert len(row) == 9
    for cell in row:
        assert not cell or cell[0] not in "=+-@\t\r\n"
    assert any(cell.removeprefix("'") == text.removeprefix("'") for cell in row)


def lined(*sids: str) -> list[LedgerLine]:
    """Newest first, a minute apart."""
    return [
        LedgerLine(
            sid=sid, n=0, wid="w", uid="u", plan="free", period="2026-11-23", ms=1, background=False, intervals=[],
            at=NOW - timedelta(minutes=number),
        )
        for number, sid in enumerate(sids)
    ]  # fmt: skip


def test_a_page_ends_between_two_sessions() -> None:
    lines = lined("a", "a", "b", "b", "c")
    assert page(lines, 5) == LinesPage(lines, None)
    told = page(lines, 3)
    assert [line.sid for line in told.lines] == ["a", "a"]
    assert told.next and parse_cursor(told.next) == ("2026-11-23", lines[1].at)
    assert [line.sid for line in page(lines, 1).lines] == ["a"], "a session longer than a page is on several"


def test_lines_of_one_moment_stand_on_one_page() -> None:
    first, second, third, last = lined("a", "b", "c", "d")
    told = page([first, second, replace(third, at=second.at), last], 2)
    assert told.lines == [first], "a cursor would pass over the third"


@settings(deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(1, 9))
def test_pages_together_are_all_lines(sids: list[str], most: int) -> None:
    lines, told, begin = lined(*sids), list[LedgerLine](), None
    while True:
        left = [line for line in lines if begin is None or line.at < begin]
        found = page(left[: most + 1], most)
        told += found.lines
        if found.next is None:
            break
        assert found.lines
        parsed = parse_cursor(found.next)
        assert parsed
        begin = parsed[1]
    assert told == lines


@pytest.mark.parametrize("odd", ["", "x", "2026-11", "2026-11.", ".5", "2026-11.5x", "2026-11." + "1" * 17, "../.5"])
def test_what_is_no_cursor_is_none(odd: str) -> None:
    assert parse_cursor(odd) is None
