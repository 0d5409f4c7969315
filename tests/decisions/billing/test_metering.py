"""What a stretch of time costs, and when it becomes a line of the ledger."""

from datetime import datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.metering import (
    LINE_SECONDS,
    MOST_INTERVALS,
    Charged,
    Interval,
    LedgerLine,
    LedgerOwner,
    Meter,
    charge,
    chargeable,
    close,
)
from shared.billing.periods import PeriodKind, period_at
from tests.support.records.factories import LEASE, NOW, after

SPENDER = LedgerOwner(sid="s-1", wid="w-1", uid="u-1")
MIDNIGHT = 15 * 3600.0
"""Seconds from NOW, which is 9:00."""


def charged(
    meter: Meter, since: float, until: float, *, plan: str = "free", left: int | None = None, background: bool = False
) -> Charged:
    return charge(
        meter,
        Interval(after(since), after(until)),
        owner=SPENDER,
        plan=plan,
        background=background,
        period_at=partial(period_at, PeriodKind.DAY, "UTC"),
        left=lambda _: left,
        now=after(until),
    )


@pytest.mark.parametrize(
    ("seconds", "counts"), [(30, True), (LEASE, True), (LEASE + 1, False), (0, False), (-5, False)]
)
def test_a_gap_longer_than_the_lease_charges_nothing(seconds: float, counts: bool) -> None:
    assert chargeable(NOW, after(seconds), LEASE) == (Interval(NOW, after(seconds)) if counts else None)


def test_intervals_that_touch_are_one() -> None:
    meter = charged(charged(Meter(), 0, 30).meter, 30, 60).meter
    apart = charged(meter, 90, 100).meter
    assert apart.open == [Interval(NOW, after(60)), Interval(after(90), after(100))]
    assert (apart.ms, apart.lines) == (70_000, 0)


def test_a_line_is_complete_after_a_quarter_of_an_hour() -> None:
    before = charged(Meter(), 0, LINE_SECONDS - 30)
    assert not before.lines
    full = charged(before.meter, LINE_SECONDS - 30, LINE_SECONDS)
    [line] = full.lines
    assert (line.n, line.ms, line.intervals) == (0, 900_000, [Interval(NOW, after(LINE_SECONDS))])
    assert (full.meter.lines, full.meter.open) == (1, [])


def test_a_line_does_not_grow_without_end_however_often_a_browser_comes_and_goes() -> None:
    meter, lines = Meter(), list[LedgerLine]()
    for number in range(1000):
        made = charged(meter, 0.02 * number, 0.02 * number + 0.01)
        meter, lines = made.meter, lines + made.lines
        assert len(meter.open) < MOST_INTERVALS
    lines += close(meter, SPENDER, after(30))[1]
    assert max(len(line.intervals) for line in lines) == MOST_INTERVALS
    assert [line.n for line in lines] == list(range(len(lines)))
    assert sum(line.ms for line in lines) == meter.ms == 10_000


def test_time_over_midnight_is_split_and_each_day_has_its_line() -> None:
    turned = charged(charged(Meter(), MIDNIGHT - 60, MIDNIGHT - 10).meter, MIDNIGHT - 10, MIDNIGHT + 20)
    assert turned.added == {"2026-11-23": 10_000, "2026-11-24": 20_000}
    [line] = turned.lines
    assert (line.period, line.ms) == ("2026-11-23", 60_000)
    _, [last] = close(turned.meter, SPENDER, after(MIDNIGHT + 21))
    assert (last.n, last.period, last.ms) == (1, "2026-11-24", 20_000)


def test_a_day_that_ends_between_two_beats_has_its_line_though_nothing_is_charged() -> None:
    open_line = charged(Meter(), MIDNIGHT - 60, MIDNIGHT - 30).meter
    turned = charge(
        open_line,
        None,
        owner=SPENDER,
        plan="free",
        background=False,
        period_at=partial(period_at, PeriodKind.DAY, "UTC"),
        left=lambda _: None,
        now=after(MIDNIGHT + 30),
    )
    assert [(line.period, line.ms) for line in turned.lines] == [("2026-11-23", 30_000)]


@pytest.mark.parametrize("change", [{"plan": "pro"}, {"background": True}])
def test_another_plan_or_kind_of_work_begins_a_line(change: dict[str, str | bool]) -> None:
    changed = charged(charged(Meter(), 0, 30).meter, 30, 60, **change)  # type: ignore[arg-type]
    assert [(line.plan, line.background, line.ms) for line in changed.lines] == [("free", False, 30_000)]
    assert changed.meter.open == [Interval(after(30), after(60))]


def test_nothing_is_charged_beyond_what_is_left() -> None:
    last = charged(Meter(), 0, 30, left=12_500)
    assert (last.added, last.beyond_ms) == ({"2026-11-23": 12_500}, 17_500)
    assert charged(last.meter, 30, 60, left=0).added == {}


def test_nothing_open_leaves_no_line() -> None:
    assert close(Meter(), SPENDER, NOW) == (Meter(), [])


stretches = st.lists(
    st.tuples(
        st.integers(1, 120_000),
        st.booleans(),
        st.sampled_from(["free", "pro"]),
        st.booleans(),
        st.none() | st.integers(0, 60_000),
    ),
    max_size=60,
)


@given(stretches, st.integers(0, round(MIDNIGHT * 1000)))
def test_lines_intervals_and_counters_agree_whatever_happens(
    stretches: list[tuple[int, bool, str, bool, int | None]], start: int
) -> None:
    """Times are whole milliseconds, as `chargeable` makes them."""
    meter, at_ms, lines = Meter(), start, list[LedgerLine]()
    counted: dict[str, int] = {}
    for ms, is_used, plan, background, left in stretches:
        since, at = at_ms / 1000, (at_ms + ms) / 1000
        at_ms += ms
        if is_used:
            one = charged(meter, since, at, plan=plan, background=background, left=left)
            assert sum(one.added.values()) + one.beyond_ms == Interval(after(since), after(at)).ms
            meter = one.meter
            lines += one.lines
            for period, more in one.added.items():
                counted[period] = counted.get(period, 0) + more
    meter, last = close(meter, SPENDER, after(at_ms / 1000))
    lines += last
    by_period: dict[str, int] = {}
    for line in lines:
        assert line.ms == sum(interval.ms for interval in line.intervals) > 0
        by_period[line.period] = by_period.get(line.period, 0) + line.ms
    assert [line.n for line in lines] == list(range(len(lines)))
    assert by_period == {period: ms for period, ms in counted.items() if ms}
    assert sum(by_period.values()) == meter.ms
    edges: list[datetime] = [moment for line in lines for each in line.intervals for moment in (each.since, each.until)]
    assert edges == sorted(edges), "no time is charged twice"
