"""How many slots are warm by each policy, and why."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from shared.slots.pool_size import Demand, SlotValue
from shared.slots.warm_policies import (
    Adaptive,
    Announcement,
    ByHour,
    Fixed,
    WarmDecision,
    WarmPolicy,
    burstiness,
    decide_warm,
    expected,
    hour_of_week,
    week_of,
)
from tests.decisions.slots.pool_plans import POLICY, plan
from tests.support.records.factories import a_slot

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
VALUE = SlotValue(refill=30, idle_hour=Decimal("0.027"), miss=Decimal("0.10"))
WEEK = timedelta(weeks=1)


def decide(policy: WarmPolicy, *, arrivals: list[datetime] | None = None, at: datetime = NOW) -> WarmDecision:
    return decide_warm(policy, [], arrivals or [], VALUE, at)


def test_a_fixed_number() -> None:
    assert decide(Fixed(3)) == WarmDecision(3, "3 are set")


def test_a_number_for_each_hour_of_the_week_in_the_operators_time_zone() -> None:
    week = [1] * 168
    week[18] = 5  # Monday from 18:00 to 19:00, when it is 9:00 in Greenwich
    policy = ByHour(zone="Asia/Seoul", warm=tuple(week))
    assert decide(policy) == WarmDecision(5, "5 are set for Monday at 18")
    assert decide(policy, at=NOW + timedelta(minutes=59)).warm == 5
    assert decide(policy, at=NOW + timedelta(hours=1)).warm == 1
    assert hour_of_week(NOW - timedelta(hours=10)) == 167, "Sunday's last hour"


def test_policies_are_read_from_what_an_operator_sends() -> None:
    for policy in (Fixed(2), ByHour(zone="UTC", warm=(1,) * 168), Adaptive(least=1, most=9)):
        assert msgspec.json.decode(msgspec.json.encode(policy), type=WarmPolicy) == policy
    wrong = ['{"type": "fixed", "warm": -1}', '{"type": "by-hour", "zone": "UTC", "warm": [1]}']
    wrong.append('{"type": "by-hour", "zone": "Mars", "warm": [' + ",".join("1" * 168) + "]}")
    for text in wrong:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(text, type=WarmPolicy)


def each(minutes: float, *, of: datetime, count: int, size: int = 1) -> list[datetime]:
    """Arrivals from a moment on, at equal distances, so many at once."""
    return [of + timedelta(minutes=minutes * n) for n in range(count) for _ in range(size)]


def test_the_same_hour_of_the_weeks_before_is_expected_again() -> None:
    """Twelve come on Mondays between nine and ten, and two in the hour before."""
    arrivals = [at for week in (1, 2) for at in each(5, of=NOW - week * WEEK, count=12)]
    arrivals += each(10, of=NOW - timedelta(minutes=30), count=2)
    assert expected(arrivals, 4, 30, NOW).per_hour == 12, "weeks of which nothing is known do not count"
    assert expected(arrivals, 1, 30, NOW).per_hour == 12
    assert expected(arrivals, 4, 30, NOW - timedelta(minutes=30)).per_hour == 12, "half an hour before"
    assert expected(arrivals, 4, 30, NOW + timedelta(hours=3)).per_hour == 0


def test_a_rush_that_was_never_there_before_counts_at_once() -> None:
    arrivals = [NOW - 2 * WEEK, *each(1, of=NOW - timedelta(minutes=40), count=40)]
    assert expected(arrivals, 4, 30, NOW).per_hour == 40


def test_what_is_older_than_the_weeks_or_not_yet_is_not_looked_at() -> None:
    assert expected([], 4, 30, NOW) == Demand(per_hour=0)
    assert expected([NOW - 5 * WEEK, NOW, NOW + WEEK], 4, 30, NOW) == Demand(per_hour=0)


def test_members_who_come_in_fives_are_bursts_of_five_and_a_wave_of_the_day_is_none() -> None:
    begins = NOW + timedelta(minutes=1)
    in_fives = [at for week in (1, 2, 3, 4) for at in each(5.8, of=begins - week * WEEK, count=10, size=5)]
    # 200 members in 480 windows of half a minute, in 40 of them
    assert burstiness(in_fives, 4, 30, NOW) == pytest.approx(5 * (1 - 10 / 120) * 480 / 479)
    alone = [at for week in (1, 2, 3, 4) for at in each(5.8, of=begins - week * WEEK, count=10)]
    assert burstiness(alone, 4, 30, NOW) == 1
    assert burstiness([], 4, 30, NOW) == 1


def test_an_adaptive_pool_is_as_large_as_is_worthwhile_between_its_bounds() -> None:
    busy = [at for week in (1, 2, 3, 4) for at in each(1, of=NOW - week * WEEK, count=60)]
    decision = decide(Adaptive(most=9), arrivals=busy)
    assert decision == WarmDecision(
        4,
        "60.0 Opens an hour are expected, in bursts of 1.0: with 4 warm slots 0.2% of them miss, "
        "and one more would save 0.009 dollars an hour and cost 0.027",
    )
    assert decide(Adaptive(most=3), arrivals=busy).warm == 3
    quiet = decide(Adaptive(least=1, most=9))
    assert (quiet.warm, quiet.reason.endswith("; 1 are the least")) == (1, True)
    bursts = [at for week in (1, 2, 3, 4) for at in each(5, of=NOW - week * WEEK, count=12, size=5)]
    assert decide(Adaptive(most=30), arrivals=bursts).warm == 9, "as many members, in fives"


def test_a_class_that_is_announced_finds_a_slot_for_each() -> None:
    """Ten minutes before, and until twenty minutes after its beginning."""
    lesson = Announcement(starts=NOW, members=30, what="the class of Ms Kim")

    def warm(minutes: int) -> WarmDecision:
        return decide_warm(Fixed(2), [lesson], [], VALUE, NOW + timedelta(minutes=minutes))

    assert [warm(minutes).warm for minutes in (-11, -10, 0, 19, 20)] == [2, 32, 32, 32, 2]
    assert warm(0).reason == "2 are set; and 30 for the class of Ms Kim"
    twice = decide_warm(Fixed(2), [lesson, lesson], [], VALUE, NOW)
    assert twice.warm == 62


def test_the_pool_makes_as_many_warm_as_were_decided_and_no_more_than_may_exist() -> None:
    policy = WarmDecision(3, "three").applied(POLICY)
    assert (policy.warm, policy.max, policy.writes) == (3, POLICY.max, POLICY.writes)
    assert WarmDecision(30, "a class").applied(POLICY).warm == POLICY.max
    made = plan([a_slot("ws-1"), a_slot("ws-2")], policy=policy)
    assert [action.verb for action in made if action.slot.kept and action.verb == "create"] == ["create"]


def test_a_week_is_planned_by_what_comes_in_each_of_its_hours() -> None:
    demands = [Demand(per_hour=60 if 9 <= hour % 24 < 18 else 0.2) for hour in range(168)]
    policy = week_of(demands, VALUE, 10, "Asia/Seoul")
    assert policy.warm == tuple(4 if 9 <= hour % 24 < 18 else 0 for hour in range(168))
    with pytest.raises(ValueError, match="a week has 168 hours, and not 1"):
        week_of(demands[:1], VALUE, 10, "Asia/Seoul")
