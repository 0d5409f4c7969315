"""What a plan still grants, until when, and what lifts it."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from shared.billing.plans import PLANS
from shared.billing.time_allowance import (
    allowance,
    check_allowance,
    deadline,
    grant,
    left_in,
    lifting_plan,
    nearly_used,
    pay,
)
from shared.errors import Refused
from tests.support.records.factories import NOW, a_billing, after

MINUTE = 60_000
TODAY, MONTH = "2026-11-23", "2026-11"
MIDNIGHT = 15 * 3600.0
"""Seconds from NOW, which is 9:00."""


def test_who_is_on_a_plan_that_is_gone_goes_on_and_loses_nothing() -> None:
    left_behind = a_billing("sold-no-more")
    assert allowance(left_behind, NOW).left == 30 * MINUTE
    with pytest.raises(Refused, match="The Starter plan has more"):
        check_allowance(replace(left_behind, used={TODAY: 30 * MINUTE}), NOW)
    assert (PLANS["sold-no-more"].bytes, PLANS["sold-no-more"].snapshots) == (None, PLANS["enterprise"].snapshots)
    assert "sold-no-more" not in PLANS


@pytest.mark.parametrize(
    ("plan", "used", "left"),
    [
        ("free", {}, 30 * MINUTE),
        ("free", {TODAY: 10 * MINUTE}, 20 * MINUTE),
        ("free", {"2026-11-22": 30 * MINUTE}, 30 * MINUTE),
        ("free", {TODAY: 31 * MINUTE}, 0),
        ("starter", {TODAY: 30 * MINUTE, MONTH: 60 * MINUTE}, 240 * MINUTE),
        ("pro", {MONTH: 60 * MINUTE}, 19 * 60 * MINUTE),
        ("enterprise", {MONTH: 10**12}, None),
    ],
)
def test_what_is_left(plan: str, used: dict[str, int], left: int | None) -> None:
    assert allowance(a_billing(plan, used=used), NOW).left == left


def test_what_an_operator_grants_is_of_one_period() -> None:
    billing = a_billing("free", used={TODAY: 30 * MINUTE}, granted={TODAY: 5 * MINUTE})
    assert allowance(billing, NOW).left == 5 * MINUTE
    assert allowance(billing, after(86400)).left == 30 * MINUTE


@pytest.mark.parametrize(("plan", "period"), [("free", TODAY), ("starter", MONTH), ("team", MONTH)])
def test_a_grant_adds_to_the_present_period_of_the_plan(plan: str, period: str) -> None:
    before = a_billing(plan, granted={period: MINUTE, "another": MINUTE}).count({period: 10**10})
    granted = grant(grant(before, 60, NOW), 30, NOW)
    assert granted == replace(before, granted={period: 2.5 * MINUTE, "another": MINUTE})


def test_there_is_nothing_to_grant_without_a_limit() -> None:
    with pytest.raises(Refused) as refusal:
        grant(a_billing("enterprise"), 60, NOW)
    assert (refusal.value.name, refusal.value.answer_status) == ("no-limit", 422)


@pytest.mark.parametrize(
    ("plan", "used", "at", "ends"),
    [
        ("free", {}, 0, 1800),
        ("free", {TODAY: 29 * MINUTE}, 0, 60),
        ("free", {TODAY: 30 * MINUTE}, 0, 0),
        # the next day begins before today's time is used up
        ("free", {TODAY: 10 * MINUTE}, MIDNIGHT - 60, MIDNIGHT + 1800),
        ("free", {}, MIDNIGHT - 1800, MIDNIGHT + 1800),
        ("free", {}, MIDNIGHT - 1801, MIDNIGHT - 1),
        ("enterprise", {}, 0, None),
    ],
)
def test_when_it_ends_if_it_is_used_without_a_break(
    plan: str, used: dict[str, int], at: float, ends: float | None
) -> None:
    assert deadline(a_billing(plan, used=used), after(at)) == (None if ends is None else after(ends))


def test_it_is_paid_once_and_exactly() -> None:
    billing = pay(a_billing("free", used={TODAY: 7}), {TODAY: 3, "2026-11-24": 5})
    assert billing.used == {TODAY: 10, "2026-11-24": 5}
    assert left_in(billing, TODAY) == 30 * MINUTE - 10
    assert billing.close_due == datetime(2026, 11, 25, tzinfo=UTC)
    assert pay(billing, {"2026-11-25": 1}).close_due == billing.close_due, "the oldest period is closed first"
    once = pay(a_billing("enterprise"), {MONTH: 3})
    assert (once.used, once.close_due) == ({MONTH: 0}, datetime(2026, 12, 2, tzinfo=UTC))
    assert pay(once, {MONTH: 3}) == once, "what many share is counted elsewhere"


def test_who_has_nothing_left_hears_when_it_renews_and_what_lifts_it() -> None:
    check_allowance(a_billing("free", used={TODAY: 30 * MINUTE - 1}), NOW)
    used_up = a_billing("free", used={TODAY: 30 * MINUTE}, time_zone="Asia/Seoul")
    with pytest.raises(Refused) as refused:
        check_allowance(used_up, NOW)
    assert refused.value.name == "allowance-exhausted"
    assert "renews at 2026-11-23 15:00 UTC" in refused.value.detail
    assert "The Starter plan has more" in refused.value.detail
    assert refused.value.retry_after == 6 * 3600


def test_the_plan_that_lifts_it_has_more_than_was_used() -> None:
    hour = 60 * MINUTE
    assert [lifting_plan("free", used) for used in (0, 5 * hour, 20 * hour, 100 * hour)] == [
        "starter",
        "pro",
        "team",
        "enterprise",
    ]
    assert lifting_plan("enterprise", 0) is None


def test_moving_does_not_grant_a_date_again() -> None:
    """Who used up the 24th in Seoul and moves west meets the 23rd again, and what they used of it."""
    seoul = a_billing("free", time_zone="Asia/Seoul", used={TODAY: 30 * MINUTE, "2026-11-24": 30 * MINUTE})
    evening = after(8 * 3600)  # 17:00 UTC: the 24th in Seoul
    assert allowance(seoul, evening).left == 0
    assert allowance(replace(seoul, time_zone="America/New_York"), evening).left == 0


@pytest.mark.parametrize(
    ("plan", "used", "is_told"),
    [
        ("starter", {MONTH: 240 * MINUTE - 1}, False),
        ("starter", {MONTH: 240 * MINUTE}, True),
        ("starter", {MONTH: 300 * MINUTE}, False),
        ("starter", {"2026-10": 300 * MINUTE}, False),
        ("free", {TODAY: 29 * MINUTE}, False),
        ("enterprise", {MONTH: 10**12}, False),
    ],
    ids=["before", "at 80 %", "all is used", "last month", "of a day", "without limit"],
)
def test_a_months_time_is_nearly_used_from_80_percent_on(plan: str, used: dict[str, int], is_told: bool) -> None:
    after_it = nearly_used(a_billing(plan, used=used), NOW)
    assert (after_it.told_nearly_used if after_it else None) == (MONTH if is_told else None)


def test_that_it_is_nearly_used_is_told_once_a_month_and_of_no_month_before() -> None:
    billing = a_billing("starter", used={MONTH: 250 * MINUTE, "2026-10": 250 * MINUTE})
    once = nearly_used(billing, NOW)
    assert once is not None
    assert nearly_used(once, NOW) is None
    more = grant(once, 3600, NOW)
    assert nearly_used(pay(more, {MONTH: 60 * MINUTE}), NOW) is None, "also of time that was added"
    assert nearly_used(replace(billing, told_nearly_used="2026-12"), NOW) is None, "after a move to another time zone"
    assert nearly_used(replace(billing, told_nearly_used="2026-10"), NOW) == once
