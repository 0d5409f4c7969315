"""What is decided about an image that SLOT_IMAGE names: tried by two slots, then proven or refused."""

import pytest
from msgspec.structs import replace

from shared.sessions.session import Session, SessionState
from shared.slots.rollout import Rollout, TrialPolicy, decide_rollout
from shared.slots.slot import Slot, SlotState
from tests.support.records.factories import IMAGE, SID, a_session, a_slot, after

WELL_SECONDS = 180
POLICY = TrialPolicy(slots=2, seconds=WELL_SECONDS)
PROVEN = Rollout(proven=IMAGE)
TRYING = Rollout(proven=IMAGE, trying="new", slots=["ws-1", "ws-2"])
FRESH = ("ws-8", "ws-9")
"""Names of slots that may be made."""
OTHERS = [a_slot("ws-3"), a_slot("ws-4", SlotState.COLD)]


def decided(
    rollout: Rollout, slots: list[Slot], wanted: str = "new", *, at: float = 0, session: Session | None = None
) -> Rollout:
    sessions = {session.sid: session} if session else {}
    return decide_rollout(rollout, wanted, slots, sessions, FRESH, POLICY, after(at))


def new(name: str, state: SlotState = SlotState.WARM, **fields: object) -> Slot:
    return a_slot(name, state, image="new", **fields)


def test_while_the_settings_name_the_proven_image_nothing_is_tried() -> None:
    assert decided(PROVEN, OTHERS, IMAGE) == PROVEN


def test_another_image_is_tried_by_two_new_slots() -> None:
    slots = [a_slot("ws-1"), a_slot("ws-2", SlotState.RECYCLING, stale=True), a_slot("ws-3", SlotState.COLD)]
    tried = decided(PROVEN, slots)
    assert (tried.proven, tried.trying, tried.slots) == (IMAGE, "new", ["ws-8", "ws-9"])
    assert [tried.image_of(name) for name in ("ws-1", "ws-8", "ws-9")] == [IMAGE, "new", "new"]
    assert decided(TRYING, [new("ws-1"), new("ws-2"), *slots[2:]]) == TRYING, "and no third one"


def test_a_new_slot_tries_it_in_place_of_one_that_is_gone_or_was_not_made() -> None:
    assert decided(TRYING, [new("ws-2"), *OTHERS]).slots == ["ws-2", "ws-8"]
    assert decided(TRYING, OTHERS).slots == ["ws-8", "ws-9"]


@pytest.mark.parametrize("state", [SlotState.WARM, SlotState.WARMING, SlotState.COLD, SlotState.RECYCLING])
def test_a_new_slot_tries_it_in_place_of_one_that_somebody_has_had(state: SlotState) -> None:
    assert decided(TRYING, [new("ws-1", state, sessions=1), new("ws-2"), *OTHERS]).slots == ["ws-2", "ws-8"]
    assert decided(TRYING, [new("ws-1", state), new("ws-2"), *OTHERS]) == TRYING


def test_a_slot_tries_it_while_it_has_its_first_session() -> None:
    claimed = new("ws-1", SlotState.CLAIMED, session=SID, sessions=1)
    assert decided(TRYING, [claimed, new("ws-2"), *OTHERS]) == TRYING
    early = a_slot("ws-1", SlotState.CLAIMED, session=SID)
    assert decided(TRYING, [early, new("ws-2"), *OTHERS]).slots == ["ws-2", "ws-8"]


def test_an_image_is_proven_when_both_slots_have_stayed_warm_and_well() -> None:
    slots = [new("ws-1"), new("ws-2"), *OTHERS]
    assert decided(TRYING, slots, at=WELL_SECONDS - 1) == TRYING
    assert decided(TRYING, slots, at=WELL_SECONDS) == Rollout(proven="new")


@pytest.mark.parametrize(
    "other",
    [
        new("ws-2", changed=after(1)),
        new("ws-2", unanswered=1),
        new("ws-2", SlotState.WARMING),
        new("ws-2", SlotState.COLD),
        a_slot("ws-2"),
        new("ws-2", SlotState.CLAIMED, session="s-unknown"),
    ],
    ids=["warm for less", "silent", "warming", "cold", "with the proven image", "of an unknown session"],
)
def test_one_slot_alone_proves_no_image(other: Slot) -> None:
    assert decided(TRYING, [new("ws-1"), other, *OTHERS], at=WELL_SECONDS) == TRYING
    assert decided(replace(TRYING, slots=["ws-1"]), [new("ws-1")], at=WELL_SECONDS).proven == IMAGE


def test_a_session_that_serves_proves_it_as_a_warm_slot_does_and_no_sooner() -> None:
    claimed = new("ws-2", SlotState.CLAIMED, session=SID, sessions=1)
    opening = a_session(SessionState.OPENING, slot="ws-2", served=False)
    slots, serving = [new("ws-1"), claimed, *OTHERS], replace(opening, served=True)
    assert decided(TRYING, slots, session=opening, at=WELL_SECONDS) == TRYING
    assert decided(TRYING, slots, session=serving, at=WELL_SECONDS - 1) == TRYING
    assert decided(TRYING, slots, session=serving, at=WELL_SECONDS) == Rollout(proven="new")


def test_two_incarnations_that_failed_refuse_it_and_one_does_not() -> None:
    once = TRYING.fail([new("ws-1")])
    assert once == replace(TRYING, failures=["ws-1 1"])
    assert once.fail([]) == once
    for second in (new("ws-1", incarnation=2), new("ws-2")):
        assert once.fail([second]) == Rollout(proven=IMAGE, refused="new")
    assert TRYING.fail([new("ws-1"), new("ws-2")]) == Rollout(proven=IMAGE, refused="new")


def test_what_fails_with_another_image_says_nothing_about_the_one_that_is_tried() -> None:
    assert TRYING.fail([a_slot("ws-3"), a_slot("ws-1"), a_slot("ws-2")]) == TRYING


def test_a_refused_image_is_not_tried_again_until_the_settings_have_named_another() -> None:
    refused = Rollout(proven=IMAGE, refused="new")
    assert decided(refused, OTHERS) == refused
    assert decided(refused, OTHERS, "newer").trying == "newer"
    back = decided(refused, OTHERS, IMAGE)
    assert back == PROVEN
    assert decided(back, OTHERS).trying == "new"


def test_another_image_that_is_named_meanwhile_is_tried_by_the_same_slots_from_the_beginning() -> None:
    slots = [new("ws-1"), new("ws-2"), *OTHERS]
    before = replace(TRYING, failures=["ws-1 1"], unserved=[SID])
    assert decided(before, slots, "newer", at=WELL_SECONDS) == replace(TRYING, trying="newer")


def test_whoever_names_the_proven_image_again_ends_the_trial() -> None:
    assert decided(TRYING, [new("ws-1"), new("ws-2")], IMAGE) == PROVEN
