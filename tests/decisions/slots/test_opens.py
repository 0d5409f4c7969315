"""Counting Opens by the hour, what that lets a pool expect, and when an adaptive pool changes its number."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from shared.slots.opens import (
    HourOfOpens,
    OpensCounted,
    burstiness,
    by_hour,
    countable_until,
    expected,
    expected_week,
    uncounted_since,
)
from shared.slots.pool_size import Demand

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
MINUTE, WEEK = timedelta(minutes=1), timedelta(weeks=1)
EMPTY = OpensCounted(until=NOW - 5 * WEEK)


def each(minutes: float, *, of: datetime, count: int, size: int = 1) -> list[datetime]:
    """Opens from a moment on, at equal distances, so many at once."""
    return [of + timedelta(minutes=minutes * n) for n in range(count) for _ in range(size)]


def expect(opens: list[datetime], *, weeks: int = 4, at: datetime = NOW) -> Demand:
    return expected(by_hour(opens), weeks, at)


def test_opens_are_counted_by_the_hour_with_their_squares() -> None:
    in_seoul = [at.astimezone() for at in (NOW, NOW, NOW + timedelta(seconds=29), NOW + timedelta(seconds=30))]
    assert by_hour([*in_seoul, NOW + timedelta(hours=1)]) == [
        HourOfOpens(NOW, 4, 9 + 1),
        HourOfOpens(NOW + timedelta(hours=1), 1, 1),
    ]
    assert by_hour([]) == []


def test_what_is_counted_in_steps_is_what_is_counted_at_once() -> None:
    opens = each(0.7, of=NOW - 2 * WEEK, count=400)
    at_once = EMPTY.counted(opens, NOW, NOW - 4 * WEEK)
    in_steps = EMPTY
    for step in range(300):
        since, until = (NOW - 2 * WEEK + n * MINUTE for n in (step, step + 1))
        in_steps = in_steps.counted([at for at in opens if since <= at < until], until, NOW - 4 * WEEK)
    assert in_steps.hours == at_once.hours
    assert sum(hour.opens for hour in in_steps.hours) == 400
    assert msgspec.json.decode(msgspec.json.encode(at_once), type=OpensCounted) == at_once


def test_hours_that_are_too_old_are_forgotten() -> None:
    counted = EMPTY.counted([NOW - 4 * WEEK - timedelta(hours=2), NOW - 2 * WEEK], NOW, NOW - 4 * WEEK)
    assert [hour.begins for hour in counted.hours] == [NOW - 2 * WEEK]
    assert counted.counted([], NOW, NOW).hours == ()


def test_an_open_is_counted_once_it_must_be_committed() -> None:
    assert countable_until(NOW + timedelta(seconds=59)) == NOW - MINUTE
    assert countable_until(NOW + timedelta(seconds=60)) == NOW
    assert uncounted_since(None, 4, NOW + timedelta(seconds=7)) == NOW - 4 * WEEK
    assert uncounted_since(OpensCounted(until=NOW - MINUTE), 4, NOW) == NOW - MINUTE
    assert uncounted_since(EMPTY, 4, NOW) == NOW - 4 * WEEK, "who was away for long counts no more than the weeks"


def test_the_same_hour_of_the_weeks_before_is_expected_again() -> None:
    """Twelve come on Mondays between nine and ten, and two in the hour before this one."""
    opens = [at for week in (2, 1) for at in each(5, of=NOW - week * WEEK, count=12)]
    opens += each(10, of=NOW - timedelta(minutes=30), count=2)
    assert expect(opens).per_hour == 12, "weeks of which nothing is known do not count"
    assert expect(opens, weeks=1).per_hour == 12
    assert expect(opens, at=NOW - timedelta(minutes=30)).per_hour == 12, "half an hour before"
    assert expect(opens[:-2], at=NOW - timedelta(minutes=31)).per_hour == 0
    assert expect(opens, at=NOW + timedelta(hours=3)).per_hour == 0


def test_a_rush_that_was_never_there_before_counts_at_once() -> None:
    opens = [NOW - 2 * WEEK, *each(1, of=NOW - timedelta(minutes=40), count=40)]
    assert expect(opens).per_hour == 40
    assert expect(opens, at=NOW + timedelta(minutes=45)).per_hour == 10, "of the hour before, a quarter"


def test_a_week_is_expected_as_the_mean_of_the_weeks_that_are_known() -> None:
    """Twelve came on one of two Mondays between nine and ten, and three on Sundays between eleven and midnight."""
    opens = [NOW - 2 * WEEK, *each(5, of=NOW - WEEK, count=11)]
    opens += [at for week in (1, 0) for at in each(2, of=NOW - timedelta(hours=10) - week * WEEK, count=3)]
    week = expected_week(by_hour(sorted(opens)), 4, NOW)
    assert {hour: demand.per_hour for hour, demand in enumerate(week) if demand.per_hour} == {9: 6, 6 * 24 + 23: 3}
    assert {demand.burst for demand in week} == {expect(sorted(opens)).burst}
    assert expected_week([], 4, NOW) == [Demand(per_hour=0)] * 168


def test_what_is_older_than_the_weeks_or_not_yet_is_not_looked_at() -> None:
    assert expect([]) == Demand(per_hour=0)
    assert expect([NOW - 5 * WEEK, NOW + WEEK]) == Demand(per_hour=0)


def test_members_who_come_in_fives_are_bursts_of_five_and_a_wave_of_the_day_is_none() -> None:
    in_fives = [at for week in (4, 3, 2, 1) for at in each(5.8, of=NOW - week * WEEK, count=10, size=5)]
    # 200 members in 480 windows of half a minute, in 40 of them
    assert expect(in_fives).burst == pytest.approx(5 * (1 - 10 / 120) * 480 / 479)
    alone = [at for week in (4, 3, 2, 1) for at in each(5.8, of=NOW - week * WEEK, count=10)]
    assert expect(alone).burst == 1
    assert burstiness([], 4) == 1
