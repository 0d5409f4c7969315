"""What a lost plan had kept: for 90 days, with mails 30, 7 and 1 days before the end."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.billing.kept_plan import KEPT_FOR, Kept, due_notice, kept_plan, next_notice
from shared.billing.plans import PLANS

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
KEPT = Kept(plan="pro", since=NOW)


def test_a_larger_plan_is_kept_for_ninety_days() -> None:
    assert KEPT_FOR == 90 * DAY
    assert kept_plan([("pro", NOW)], "free", NOW + 90 * DAY - SECOND) == KEPT
    assert kept_plan([("pro", NOW)], "free", NOW + 90 * DAY) is None


@pytest.mark.parametrize("plan", ["pro", "team"])
def test_of_a_plan_that_is_no_larger_nothing_needs_to_be_kept(plan: str) -> None:
    assert kept_plan([("pro", NOW)], plan, NOW) is None


def test_the_largest_is_kept_and_of_that_the_last() -> None:
    lost = [("starter", NOW), ("team", NOW - 2 * DAY), ("team", NOW - DAY), ("pro", NOW)]
    assert kept_plan(lost, "free", NOW) == Kept(plan="team", since=NOW - DAY)
    assert kept_plan(lost[::-1], "free", NOW) == Kept(plan="team", since=NOW - DAY)


def test_of_a_plan_that_was_removed_from_the_table_everything_is_kept() -> None:
    assert kept_plan([("hobby", NOW)], [*PLANS][-1], NOW) == Kept(plan="hobby", since=NOW)


def test_notices_come_thirty_days_a_week_and_a_day_before_the_end() -> None:
    told, times = None, []
    for hour in range(91 * 24):
        now = NOW + timedelta(hours=hour)
        if notice := due_notice(KEPT, told, now):
            assert notice.until == KEPT.until
            told = notice.at
            times.append(now)
    assert times == [NOW + 60 * DAY, NOW + 83 * DAY, NOW + 89 * DAY]


def test_of_notices_that_are_late_only_the_last_is_sent() -> None:
    late = due_notice(KEPT, None, NOW + 89 * DAY)
    assert late is not None and late.at == NOW + 89 * DAY
    assert due_notice(KEPT, late.at, NOW + 89 * DAY + SECOND) is None


def test_nothing_is_announced_that_is_over() -> None:
    assert due_notice(KEPT, None, KEPT.until) is None
    assert due_notice(KEPT, None, NOW) is None


def test_when_the_next_notice_is_due() -> None:
    assert next_notice(KEPT, NOW) == NOW + 60 * DAY
    assert next_notice(KEPT, NOW + 60 * DAY) == NOW + 83 * DAY
    assert next_notice(KEPT, NOW + 89 * DAY) is None
