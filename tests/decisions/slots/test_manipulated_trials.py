"""What strangers and members can do to the verdict on an image that is tried: keep it from being given, and no more."""

from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace

from shared.sessions.session import Session, SessionState
from shared.slots.pool import Health, failed_incarnations, plan_pool
from shared.slots.rollout import MOST_UNSERVED, Rollout, TrialPolicy, decide_rollout
from shared.slots.slot import Slot, SlotState
from tests.decisions.slots.pool_plans import FINE, POLICY, READY_SECONDS, WARM_PAIR, service_of
from tests.support.records.factories import IMAGE, a_session, a_slot, after

TRYING = Rollout(proven=IMAGE, trying="new", slots=["ws-3"])
BUSY = Health(ready=False, attached=False, busy=True)
"""Somebody holds all the requests that the container takes at once."""


def new(name: str, state: SlotState = SlotState.WARM, **fields: object) -> Slot:
    return a_slot(name, state, image="new", **fields)


def unserved_session(number: int, *, wid: str, began_with: str | None = None) -> Session:
    """A session on a slot that tries the image, which ended before it came to serve."""
    return a_session(SessionState.ENDED, sid=f"s-{number:020}", wid=wid, began_with=began_with, served=False)


def tried_by(session: Session) -> Slot:
    """The slot of that session, which is to be renewed."""
    name = f"ws-{session.sid}"
    return new(name, SlotState.CLAIMED, session=session.sid, sessions=1).recycle(after(0), unserved=session.sid)


def served_elsewhere(wid: str, began_with: str | None = None) -> tuple[Slot, Session]:
    """The same member's next session, on a slot with the proven image."""
    sid, slot = f"s-serves-{wid}", f"ws-{wid}"
    session = a_session(sid=sid, slot=slot, wid=wid, began_with=began_with, served=True)
    return a_slot(slot, SlotState.CLAIMED, session=sid, sessions=1), session


def after_audit(rollout: Rollout, slots: Sequence[Slot], sessions: Sequence[Session]) -> Rollout:
    by_id = {session.sid: session for session in sessions}
    names, policy = ["ws-8", "ws-9"], TrialPolicy(slots=2, seconds=180)
    return decide_rollout(rollout, "new", [*WARM_PAIR, *slots], by_id, names, policy, after(0))


def judged(slot: Slot, health: Mapping[str, Health], seconds: int) -> tuple[Rollout, list[str]]:
    """The rollout after runs of `pool`, and what was done to the slot: its service is ready, as the platform says."""
    rollout, current, done = TRYING, slot, list[str]()
    for at in range(0, seconds, 20):
        services = [*map(service_of, WARM_PAIR), service_of(current, url=current.url or "https://x")]
        slots = [*WARM_PAIR, current]
        reports = {"ws-1": FINE, "ws-2": FINE, **health}
        observed = {service.name: service for service in services}
        fresh = [f"ws-new-{at}"]
        actions = plan_pool(slots, observed, reports, {}, fresh, replace(POLICY, max=4), rollout, after(at))
        of_it = [action for action in actions if action.slot.name == current.name]
        rollout = rollout.fail(failed_incarnations(of_it, {current.name: current}, reports))
        done += [action.verb for action in of_it]
        if "delete" in done or rollout.refused:
            return rollout, done
        current = of_it[0].slot if of_it else current
    return rollout, done


@pytest.mark.parametrize("state", [SlotState.WARMING, SlotState.WARM])
def test_whoever_keeps_a_slot_busy_shows_nothing_about_its_image(state: SlotState) -> None:
    rollout, done = judged(new("ws-3", state), {"ws-3": BUSY}, 3 * READY_SECONDS)
    assert (rollout, done[-1]) == (TRYING, "delete"), "another slot tries it"


@pytest.mark.parametrize("state", [SlotState.WARMING, SlotState.WARM])
def test_silence_of_a_slot_that_somebody_has_had_shows_nothing(state: SlotState) -> None:
    rollout, done = judged(new("ws-3", state, sessions=1), {}, 3 * READY_SECONDS)
    assert (rollout, done[-1]) == (TRYING, "delete")


def test_silence_of_a_slot_that_nobody_knows_is_a_failure_of_its_image() -> None:
    for state in (SlotState.WARMING, SlotState.WARM):
        rollout, _ = judged(new("ws-3", state), {}, READY_SECONDS + 40)
        assert rollout.failures, state


def test_members_whose_saved_state_does_not_restore_have_no_image_refused() -> None:
    sessions = [unserved_session(number, wid=f"w-{number}", began_with="broken") for number in range(10)]
    rollout = TRYING.leave_unserved([tried_by(session) for session in sessions])
    assert len(rollout.unserved) == 10
    assert after_audit(rollout, [], sessions).failures == []


def test_a_member_who_goes_back_to_an_older_save_has_no_image_refused() -> None:
    sessions = [unserved_session(number, wid=f"w-{number}", began_with="broken") for number in range(3)]
    others = [served_elsewhere(f"w-{number}", "older") for number in range(3)]
    rollout = TRYING.leave_unserved([tried_by(session) for session in sessions])
    audited = after_audit(rollout, [slot for slot, _ in others], [*sessions, *(session for _, session in others)])
    assert (audited.failures, audited.refused) == ([], None)


def test_one_member_counts_once_however_often_a_session_does_not_come_to_serve() -> None:
    sessions = [unserved_session(number, wid="w-1") for number in range(5)]
    slot, serving = served_elsewhere("w-1")
    rollout = TRYING
    for session in sessions:
        rollout = rollout.leave_unserved([tried_by(session)])
        rollout = after_audit(rollout, [slot], [*sessions, serving])
        assert (rollout.failures, rollout.refused) == ([sessions[0].sid], None)


def test_a_member_who_floods_the_record_still_counts_once() -> None:
    """`pool` reads the sessions that the record names, and no other."""
    sessions = [unserved_session(number, wid="w-1") for number in range(MOST_UNSERVED + 2)]
    slot, serving = served_elsewhere("w-1")
    rollout = TRYING
    for session in sessions:
        rollout = rollout.leave_unserved([tried_by(session)])
        known = [each for each in sessions if each.sid in rollout.sessions]
        rollout = after_audit(rollout, [slot], [*known, serving])
    assert (rollout.failures, rollout.refused) == ([sessions[0].sid], None)


def test_a_member_whose_session_another_image_has_lost_shows_nothing() -> None:
    session = unserved_session(1, wid="w-1")
    slot = replace(tried_by(session), image=IMAGE)
    assert TRYING.leave_unserved([slot]) == TRYING


def test_a_slot_that_somebody_had_before_shows_nothing() -> None:
    session = unserved_session(1, wid="w-1")
    assert TRYING.leave_unserved([replace(tried_by(session), sessions=2)]) == TRYING


def test_no_crowd_of_members_makes_the_record_large() -> None:
    slots = [tried_by(unserved_session(number, wid=f"w-{number}")) for number in range(100)]
    rollout = TRYING.leave_unserved(slots)
    assert rollout.unserved == [slot.unserved for slot in slots[-MOST_UNSERVED:]]


@pytest.mark.parametrize("began_with", [None, "their-newest"])
def test_an_image_that_serves_nobody_is_refused_once_two_members_are_served_with_the_proven_one(
    began_with: str | None,
) -> None:
    sessions = [unserved_session(number, wid=f"w-{number}", began_with=began_with) for number in range(2)]
    others = [served_elsewhere(f"w-{number}", began_with) for number in range(2)]
    slots = [tried_by(session) for session in sessions]
    rollout = TRYING.leave_unserved(slots)
    serving, everybody = [slot for slot, _ in others], [*sessions, *(session for _, session in others)]
    once = after_audit(rollout, serving[:1], everybody)
    assert (once.failures, once.refused) == ([sessions[0].sid], None)
    assert after_audit(once, serving, everybody) == Rollout(proven=IMAGE, refused="new")


def test_a_member_who_is_served_with_the_new_image_clears_it_of_nothing() -> None:
    session = unserved_session(1, wid="w-1")
    other = replace(session, sid="s-hostile", served=True, state=SessionState.ACTIVE)
    rollout = TRYING.fail([new("ws-3")]).leave_unserved([tried_by(session)])
    slot = new("ws-4", SlotState.CLAIMED, session=other.sid, sessions=1)
    audited = after_audit(rollout, [slot], [session, other])
    assert (audited.failures, audited.unserved) == (rollout.failures, rollout.unserved)
    assert audited.proven == IMAGE
