"""Slots that are not settled, which each run of the pool looks at, and the others, which it counts."""

import pytest
from msgspec.structs import replace

from shared.record import IllegalTransition
from shared.slots.engine import Verb
from shared.slots.pool import Unread
from shared.slots.slot import Slot, SlotState
from shared.slots.writes import plan_writes, unfinished
from tests.decisions.slots.pool_plans import POLICY, WARM_PAIR, brief, plan, service_of
from tests.support.records.factories import IMAGE, NOW, SID, a_session, a_slot


def test_slots_that_were_not_read_count_for_what_should_be_warm_and_what_may_exist() -> None:
    cold, full = a_slot("ws-1", SlotState.COLD), replace(POLICY, max=3)
    assert plan([cold], unread=Unread(slots=2, warm=2), policy=full) == []
    assert brief(plan([cold], unread=Unread(slots=2, warm=1), policy=full)) == [("warm", "ws-1", "warming")]
    assert plan([], unread=Unread(slots=3, warm=1), policy=full) == [], "there is no room for another"
    [created] = plan([], unread=Unread(slots=2, warm=1), policy=full)
    assert (created.verb, created.slot.state) == ("create", SlotState.WARMING)
    used = a_slot("ws-1", SlotState.RECYCLING, stale=True)
    [enough] = plan([used], unread=Unread(slots=2, warm=2), policy=full)
    assert enough.slot.state == SlotState.RECYCLING


@pytest.mark.parametrize(
    ("slot", "done"),
    [
        (a_slot("ws-3", SlotState.COLD).claim(SID, NOW), {"kept": True}),
        (a_slot("ws-3").cool(NOW), {"kept": False}),
    ],
    ids=["claimed while it was cold", "cooled"],
)
def test_a_slot_at_rest_is_looked_at_until_its_service_was_seen_as_wanted(slot: Slot, done: dict[str, int]) -> None:
    assert not slot.settled and unfinished([slot], NOW)
    before = service_of(slot, kept=not done["kept"])
    sessions, others = [a_session(slot="ws-3")], [service_of(warm) for warm in WARM_PAIR]
    assert plan([*WARM_PAIR, slot], services=[*others, before], sessions=sessions) == []
    assert [write.verb for write in plan_writes([slot], {"ws-3": before}, ["ws-3"], POLICY, NOW)] == [Verb.SCALE]
    [action] = plan([*WARM_PAIR, slot], services=[*others, service_of(slot, **done)], sessions=sessions)
    assert (action.verb, action.slot) == ("settle", replace(slot, settled=True))
    assert not unfinished([action.slot], NOW)


def test_a_claimed_slot_whose_revision_somebody_changed_by_hand_is_settled_all_the_same() -> None:
    slot = a_slot("ws-3", SlotState.COLD).claim(SID, NOW)
    services = [service_of(warm) for warm in WARM_PAIR] + [service_of(slot, incarnation=0)]
    assert brief(plan([*WARM_PAIR, slot], services=services, sessions=[a_session(slot="ws-3")])) == [
        ("settle", "ws-3", "claimed")
    ]


def test_a_slot_whose_record_is_older_than_the_word_is_settled_by_an_audit() -> None:
    older = [replace(slot, settled=False) for slot in WARM_PAIR]
    assert brief(plan(older)) == [("settle", "ws-1", "warm"), ("settle", "ws-2", "warm")]


def test_whatever_leaves_work_to_the_pool_unsettles_a_slot() -> None:
    warm, cold = a_slot("ws-1"), a_slot("ws-1", SlotState.COLD)
    assert warm.claim(SID, NOW).settled, "its container is kept already"
    recycling = warm.recycle(NOW)
    unsettled = [recycling, *(recycling.renew(IMAGE, warm=warm, now=NOW) for warm in (True, False))]
    unsettled += [warm.cool(NOW), cold.warm_up(NOW), cold.claim(SID, NOW), cold.warm_up(NOW).retry(IMAGE, NOW)]
    assert not any(slot.settled for slot in unsettled)
    assert cold.warm_up(NOW).ready("https://u", NOW).settled
    with pytest.raises(IllegalTransition):
        cold.warm_up(NOW).settle()
