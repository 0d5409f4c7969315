"""How many slots are warm by each policy, and why."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from shared.slots.opens import HourOfOpens, WarmDecision
from shared.slots.pool_size import Demand, SlotValue
from shared.slots.warm_policies import (
    HELD,
    Adaptive,
    Announcement,
    ByHour,
    Fixed,
    WarmKept,
    WarmPolicy,
    adaptive_week,
    decide_adaptive,
    decide_set,
    hold,
    hour_of_week,
    kept_now,
    most_warm,
    week_of,
    with_announced,
)
from tests.decisions.slots.pool_plans import POLICY, plan
from tests.support.records.factories import a_slot

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
VALUE = SlotValue(refill=30, idle_hour=Decimal("0.027"), miss=Decimal("0.10"))
MINUTE, WEEK = timedelta(minutes=1), timedelta(weeks=1)


def adaptive(*, least: int = 0, most: int) -> Adaptive:
    return Adaptive(least=least, most=most, weeks=4, miss_cents=10)


def test_a_fixed_number() -> None:
    assert decide_set(Fixed(3), NOW) == WarmDecision(3, "3 at all times")


def test_a_number_for_each_hour_of_the_week_in_the_operators_time_zone() -> None:
    week = [1] * 168
    week[18] = 5  # Monday from 18:00 to 19:00, when it is 9:00 in Greenwich
    policy = ByHour(zone="Asia/Seoul", warm=tuple(week))
    assert decide_set(policy, NOW) == WarmDecision(5, "5 on Monday from 18:00 in Asia/Seoul")
    assert decide_set(policy, NOW + timedelta(minutes=59)).warm == 5
    assert decide_set(policy, NOW + timedelta(hours=1)).warm == 1
    assert hour_of_week(NOW - timedelta(hours=10)) == 167, "Sunday's last hour"


def test_policies_are_read_from_what_an_operator_sends() -> None:
    for policy in (Fixed(2), ByHour(zone="UTC", warm=(1,) * 168), adaptive(least=1, most=9)):
        assert msgspec.json.decode(msgspec.json.encode(policy), type=WarmPolicy) == policy
    wrong = [
        '{"type": "fixed", "warm": -1}',
        '{"type": "adaptive", "least": 3, "most": 2, "weeks": 4, "miss_cents": 10}',
    ]
    wrong += [
        '{"type": "adaptive", "least": 0, "most": 1001, "weeks": 4, "miss_cents": 10}',
        '{"type": "by-hour", "zone": "UTC", "warm": [1]}',
    ]
    wrong.append('{"type": "by-hour", "zone": "Mars", "warm": [' + ",".join("1" * 168) + "]}")
    for text in wrong:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(text, type=WarmPolicy)


def weekly(opens: int, squares: int) -> list[HourOfOpens]:
    """The same Opens in this hour of each of the last four weeks."""
    return [HourOfOpens(NOW - week * WEEK, opens, squares) for week in (4, 3, 2, 1)]


def decide(policy: Adaptive, opens: list[HourOfOpens]) -> WarmDecision:
    return decide_adaptive(policy, opens, VALUE, NOW)


def test_an_adaptive_pool_is_as_large_as_is_worthwhile_between_its_bounds() -> None:
    busy = weekly(60, squares=60)
    decision = decide(adaptive(most=9), busy)
    assert (decision.warm, decision.demand) == (4, Demand(per_hour=60))
    assert decision.reason == (
        "60.0 Opens an hour are expected, in bursts of 1.0: with 4 warm slots 0.2% of them miss, "
        "and one more would save 0.009 dollars an hour and cost 0.027"
    )
    assert decide(adaptive(most=3), busy).warm == 3
    quiet = decide(adaptive(least=1, most=9), [])
    assert (quiet.warm, quiet.reason.endswith("; 1 are the least")) == (1, True)
    assert decide(adaptive(most=30), weekly(60, squares=300)).warm == 9, "as many members, in fives"


def test_what_a_member_who_need_not_wait_is_worth_decides_how_large() -> None:
    """Each slot that is kept saves misses worth more than it costs, and the next one does not."""
    value = replace(VALUE, miss=Decimal("0.50"))
    assert decide_adaptive(adaptive(most=30), weekly(60, squares=60), value, NOW).warm > 4
    assert decide_adaptive(adaptive(most=30), weekly(60, squares=60), replace(value, miss=Decimal(0)), NOW).warm == 0


def test_the_most_that_a_policy_keeps() -> None:
    week = (1,) * 167 + (4,)
    assert [most_warm(each) for each in (Fixed(2), ByHour(zone="UTC", warm=week), adaptive(most=9))] == [2, 4, 9]


def test_a_class_that_is_announced_finds_a_slot_for_each() -> None:
    """Ten minutes before, and until twenty minutes after its beginning."""
    lesson = Announcement(id="class-of-30", starts=NOW, members=30)

    def warm(minutes: int, *lessons: Announcement) -> WarmDecision:
        at = NOW + timedelta(minutes=minutes)
        return with_announced(decide_set(Fixed(2), at), lessons, at)

    assert [warm(minutes, lesson).warm for minutes in (-11, -10, 0, 19, 20)] == [2, 32, 32, 32, 2]
    assert warm(0, lesson).reason == "2 at all times; and 30 who are announced for 09:00 UTC"
    assert warm(0, lesson, lesson).warm == 62
    assert [lesson.is_over(NOW + timedelta(minutes=minutes)) for minutes in (19, 20)] == [False, True]


def test_the_pool_makes_as_many_warm_as_were_decided_and_no_more_than_may_exist() -> None:
    policy = WarmDecision(3, "three").applied(POLICY)
    assert (policy.warm, policy.max, policy.writes) == (3, POLICY.max, POLICY.writes)
    [warmed] = [action for action in plan([a_slot("ws-1"), a_slot("ws-2")], policy=policy) if action.slot.kept]
    assert warmed.reason == "3 should be warm: three"
    [cooled] = plan([a_slot("ws-1")], policy=WarmDecision(0, "nobody comes").applied(replace(POLICY, max=1)))
    assert (cooled.verb, cooled.reason) == ("cool", "0 should be warm: nobody comes")
    assert WarmDecision(30, "a class").applied(POLICY).warm == POLICY.max
    made = plan([a_slot("ws-1"), a_slot("ws-2")], policy=policy)
    assert [action.verb for action in made if action.slot.kept and action.verb == "create"] == ["create"]


def test_a_week_is_planned_by_what_comes_in_each_of_its_hours() -> None:
    demands = [Demand(per_hour=60 if 9 <= hour % 24 < 18 else 0.2) for hour in range(168)]
    policy = week_of(demands, VALUE, 10, "Asia/Seoul")
    assert policy.warm == tuple(4 if 9 <= hour % 24 < 18 else 0 for hour in range(168))
    with pytest.raises(ValueError, match="a week has 168 hours, and not 1"):
        week_of(demands[:1], VALUE, 10, "Asia/Seoul")


def a_decision(warm: int) -> WarmDecision:
    return WarmDecision(warm, f"{warm} are worth it")


def test_more_slots_are_kept_at_once_and_fewer_after_a_quarter_of_an_hour() -> None:
    policy = adaptive(most=30)
    kept = hold(policy, hold(policy, None, a_decision(2), NOW), a_decision(5), NOW + MINUTE)
    assert kept == WarmKept(decision=a_decision(5))
    fewer = hold(policy, kept, a_decision(3), NOW + 2 * MINUTE)
    assert fewer == WarmKept(decision=a_decision(5), fewer_since=NOW + 2 * MINUTE)
    assert hold(policy, fewer, a_decision(4), NOW + HELD).decision == a_decision(5)
    again = hold(policy, fewer, a_decision(5), NOW + HELD)
    assert again == WarmKept(decision=a_decision(5)), "it was not too many all the time"
    assert hold(policy, fewer, a_decision(4), NOW + 2 * MINUTE + HELD).decision == a_decision(4)


def test_bounds_that_an_operator_changes_hold_at_once() -> None:
    kept = WarmKept(decision=a_decision(9))
    for lowered in (kept_now(adaptive(most=4), kept), hold(adaptive(most=4), kept, a_decision(2), NOW).decision):
        assert (lowered.warm, lowered.reason) == (4, "4 are the most")
    raised = kept_now(adaptive(least=12, most=30), kept)
    assert (raised.warm, raised.reason) == (12, "12 are the least")
    assert kept_now(adaptive(most=30), kept) == a_decision(9)
    assert kept_now(adaptive(least=1, most=30), None).warm == 1


def test_a_week_of_an_adaptive_pool_has_what_is_worthwhile_in_each_hour() -> None:
    opens = weekly(60, squares=60)
    busy = adaptive_week(adaptive(least=1, most=30), opens, VALUE, NOW)
    assert (len(busy), min(busy), sum(each > 1 for each in busy)) == (168, 1, 1)
    assert busy[NOW.weekday() * 24 + NOW.hour] == decide_adaptive(adaptive(most=30), opens, VALUE, NOW).warm
    assert max(adaptive_week(adaptive(most=2), opens, VALUE, NOW)) == 2
