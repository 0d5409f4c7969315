"""What an operator asks of the pool: its size, one slot, and everybody's end for an upgrade."""

import pytest
from msgspec.structs import replace

from shared.errors import Refused
from shared.sessions.session import SessionState
from shared.slots.levers import (
    MOST_ANNOUNCED,
    PoolLevers,
    PoolSize,
    check_size,
    policy_text,
    quarantined,
    recycled,
    sessions_to_drain,
)
from shared.slots.pool import plan_pool
from shared.slots.rollout import Rollout, TrialPolicy, decide_rollout
from shared.slots.slot import EVENTS_KEPT, SlotState
from shared.slots.warm_policies import Adaptive, Announcement, ByHour, Fixed
from shared.slots.writes import plan_writes
from tests.decisions.slots.pool_plans import POLICY, SETTLED
from tests.support.records.factories import IMAGE, NOW, a_session, a_slot, after

SETTINGS, LARGE = PoolSize(warm=2, max=10), PoolSize(warm=2, max=10_000)
WEEK = ByHour(zone="Asia/Seoul", warm=(1,) * 167 + (4,))


def test_the_operators_numbers_stand_in_place_of_the_settings() -> None:
    assert (PoolLevers().warm_policy(SETTINGS), PoolLevers().most(SETTINGS)) == (Fixed(2), 10)
    changed = PoolLevers(warm=0, max=9)
    assert (changed.warm_policy(SETTINGS), changed.most(SETTINGS)) == (Fixed(0), 9)
    assert PoolLevers(warm=7, policy=WEEK).warm_policy(SETTINGS) == WEEK


@pytest.mark.parametrize(
    "levers",
    [
        PoolLevers(warm=11),
        PoolLevers(max=3, policy=WEEK),
        PoolLevers(policy=Adaptive(least=0, most=11, weeks=4, miss_cents=10)),
    ],
)
def test_more_than_may_exist_are_refused(levers: PoolLevers) -> None:
    with pytest.raises(Refused):
        check_size(levers, SETTINGS)
    check_size(replace(levers, max=11), SETTINGS)


def test_a_number_of_warm_slots_takes_the_place_of_a_policy_and_a_policy_comes_back_as_it_was_written_down() -> None:
    chosen = PoolLevers(warm=3).asked({"policy": policy_text(WEEK)})
    assert (chosen.policy, chosen.warm) == (WEEK, 3)
    assert chosen.asked({"max": 5}).policy == WEEK
    assert chosen.asked({"warm": None}) == PoolLevers()
    assert chosen.asked({"policy": None}) == PoolLevers(warm=3)
    assert chosen.values() == {"warm": 3, "max": None, "policy": policy_text(WEEK)}


def an_announcement(name: str = "class", minutes: float = 0) -> Announcement:
    return Announcement(id=name, starts=after(60 * minutes), members=30)


def test_announcements_are_kept_in_their_order_until_they_are_over() -> None:
    levers = PoolLevers().announce(an_announcement("later", 60), LARGE, NOW).announce(an_announcement(), LARGE, NOW)
    assert [each.id for each in levers.announced] == ["class", "later"]
    without = levers.announce(an_announcement("new", 90), LARGE, after(1200))
    assert [each.id for each in without.announced] == ["later", "new"]
    assert [each.id for each in levers.take_back("later").announced] == ["class"]
    with pytest.raises(Refused, match="no such announcement"):
        levers.take_back("another")
    with pytest.raises(Refused, match="over"):
        levers.announce(an_announcement("late"), LARGE, after(1200))
    full = replace(levers, announced=tuple(an_announcement(f"class-{n}") for n in range(MOST_ANNOUNCED)))
    with pytest.raises(Refused, match="at most"):
        full.announce(an_announcement("more"), LARGE, NOW)


def test_more_members_than_slots_may_exist_are_not_announced_for_the_same_time() -> None:
    levers = PoolLevers(max=60).announce(an_announcement(minutes=60), SETTINGS, NOW)
    both = levers.announce(an_announcement("beside", 80), SETTINGS, NOW)
    for minutes in (51, 70, 89):
        with pytest.raises(Refused, match=r"90 members .* at most 60 slots"):
            both.announce(an_announcement("a third", minutes), SETTINGS, NOW)
    for minutes in (50, 90):
        assert len(both.announce(an_announcement("a third", minutes), SETTINGS, NOW).announced) == 3
    with pytest.raises(Refused, match=r"30 members .* at most 10 slots"):
        PoolLevers().announce(an_announcement(), SETTINGS, NOW)


def test_a_free_slot_is_recycled_at_once_and_a_claimed_one_after_its_session() -> None:
    free = recycled(a_slot(), "asked", NOW)
    assert (free.state, free.stale, free.settled) == (SlotState.RECYCLING, True, False)
    claimed = a_slot(state=SlotState.CLAIMED, session="s-1")
    waits = recycled(claimed, "asked", NOW)
    assert (waits.state, waits.session) == (SlotState.CLAIMED, "s-1")
    assert waits.after_session(after(5), "session s-1 ended: operator").state == SlotState.RECYCLING
    assert [(event.verb, event.reason) for event in waits.history] == [("recycle later", "asked")]


@pytest.mark.parametrize("state", [state for state in SlotState if state != SlotState.CLAIMED])
def test_a_quarantined_slot_is_left_alone_until_it_is_recycled(state: SlotState) -> None:
    slot = quarantined(a_slot(state=state), "asked", NOW)
    assert slot.state == SlotState.QUARANTINED
    policy = replace(POLICY, warm=0, max=1)
    assert plan_pool([slot], {}, {}, {}, ["ws-2"], policy, SETTLED, after(600)) == []
    assert plan_writes([slot], {}, {slot.name}, policy, after(600)) == []
    back = recycled(slot, "asked again", after(700))
    [renewed] = plan_pool([back], {}, {}, {}, [], replace(POLICY, warm=1, max=1), SETTLED, after(700))
    assert (renewed.verb, renewed.slot.state) == ("renew", SlotState.WARMING)


def test_a_claimed_slot_is_quarantined_when_its_session_has_ended() -> None:
    waits = quarantined(a_slot(state=SlotState.CLAIMED, session="s-1"), "asked", NOW)
    assert waits.state == SlotState.CLAIMED
    ended = waits.after_session(after(5), "session s-1 ended: operator")
    assert (ended.state, ended.session, ended.quarantine) == (SlotState.QUARANTINED, None, False)
    assert [event.verb for event in ended.history] == ["quarantine later", "quarantine"]
    changed_their_mind = recycled(waits, "asked", after(1))
    assert changed_their_mind.after_session(after(5), "ended").state == SlotState.RECYCLING


def test_a_quarantined_slot_proves_no_image_and_keeps_none_from_being_proven() -> None:
    rollout = Rollout(proven=IMAGE, trying="next", slots=["ws-1", "ws-2"])
    slots = [quarantined(a_slot("ws-1"), "asked", NOW), a_slot("ws-2"), a_slot("ws-3")]
    policy = TrialPolicy(slots=2, seconds=180)
    assert decide_rollout(rollout, "next", slots, {}, ["ws-4"], policy, after(10)).slots == ["ws-2", "ws-4"]


def test_all_sessions_that_were_open_are_drained_and_no_later_one() -> None:
    levers = PoolLevers(drained=after(60))
    sessions = [a_session(sid=f"s-{state}", state=state) for state in SessionState]
    later = a_session(sid="s-later", opened=after(60))
    assert [each.sid for each in sessions_to_drain([*sessions, later], levers)] == ["s-opening", "s-active"]
    assert sessions_to_drain(sessions, PoolLevers()) == []


def test_a_slot_keeps_its_newest_events() -> None:
    slot = a_slot()
    for n in range(EVENTS_KEPT + 5):
        slot = slot.note("wait", f"{n}", after(n))
    assert [event.reason for event in slot.history] == [str(n) for n in range(5, EVENTS_KEPT + 5)]
    assert len(slot.history) == EVENTS_KEPT
