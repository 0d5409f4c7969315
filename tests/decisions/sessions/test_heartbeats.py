"""Which heartbeats are accepted, and how a session lives and ends by them."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from shared.sessions import heartbeats
from shared.sessions.heartbeats import Directive, Hello, Signals, Stale, accept_beat, accept_hello, directive
from shared.sessions.reclaim_decision import ReclaimPolicy, decide_reclaim
from shared.sessions.session import STOPPING_SECONDS, Decision, EndReason, Session, SessionState, Verdict
from tests.decisions.sessions.heartbeats import beat_at
from tests.support.records.factories import (
    BOOT,
    LEASE,
    NOW,
    POLICY,
    SID,
    a_beat,
    a_billing,
    a_head,
    a_session,
    after,
    signals,
)


def test_the_first_hello_wins_and_may_be_repeated() -> None:
    hello = Hello(session=SID, epoch=7, boot=BOOT)
    greeted = accept_hello(a_session(SessionState.OPENING), hello, lease=LEASE, now=after(2))
    assert greeted is not None
    assert (greeted.boot, greeted.lease) == (BOOT, after(2 + LEASE))
    assert accept_hello(greeted, hello, lease=LEASE, now=after(3)) is None
    with pytest.raises(Stale):
        accept_hello(greeted, Hello(session=SID, epoch=7, boot="boot00000000000b"), lease=LEASE, now=after(3))


@pytest.mark.parametrize("state", [SessionState.DRAINING, SessionState.ENDED])
def test_no_container_joins_a_session_that_is_ending(state: SessionState) -> None:
    with pytest.raises(Stale):
        accept_hello(a_session(state, boot=None), Hello(session=SID, epoch=7, boot=BOOT), lease=LEASE, now=NOW)


@pytest.mark.parametrize(
    ("session", "fields"),
    [
        (a_session(), {"boot": "boot00000000000b"}),
        (a_session(), {"epoch": 6}),
        (a_session(), {"epoch": 8}),
        (a_session(), {"sid": "s-00000000000000000002"}),
        (a_session(SessionState.ENDED), {}),
        (a_session(SessionState.DRAINING, final=True, seq=4), {"seq": 5}),
    ],
    ids=["other boot", "older epoch", "newer epoch", "other session", "ended", "after the last word"],
)
def test_a_beat_of_anybody_else_is_stale(session: Session, fields: dict[str, Any]) -> None:
    with pytest.raises(Stale):
        beat_at(session, 30, **{"seq": 9, **fields})


def test_an_old_beat_changes_nothing() -> None:
    session = a_session(seq=5)
    assert beat_at(session, 30, seq=5) is None
    assert beat_at(session, 30, seq=4) is None


def test_a_beat_extends_the_lease_moves_the_head_and_sets_when_to_look() -> None:
    after_beat = beat_at(a_session(), 30, head=a_head(), signals=signals(editor=25, process=-100))
    assert after_beat is not None
    assert (after_beat.seq, after_beat.seen, after_beat.lease) == (1, after(30), after(30 + LEASE))
    assert after_beat.head == a_head()
    assert after_beat.due == after(25 + 900 - 120)


def test_opening_becomes_active_when_the_workspace_is_restored() -> None:
    opening = a_session(SessionState.OPENING, boot=BOOT)
    still, served = beat_at(opening, 5, restored=False), beat_at(opening, 5, restored=True)
    assert still is not None and still.state == SessionState.OPENING
    assert served is not None and served.state == SessionState.ACTIVE


def test_what_is_overdue_stays_due_since_then() -> None:
    """Its task was lost, and the sweep leaves alone what has been due for a moment only."""
    seen = signals(editor=0, terminal=0, process=0)
    idle = beat_at(a_session(), 880, connected=False, signals=seen)
    assert idle is not None and idle.due == after(900)
    for seq, at in ((2, 905), (3, 935), (4, 965)):
        beaten = beat_at(idle, at, seq=seq, connected=False, signals=seen)
        assert beaten is not None and beaten.due == after(900)
        idle = beaten
    active = beat_at(idle, 970, seq=5, signals=signals(editor=969))
    assert active is not None and active.due == after(969 + 900 - 120)


def test_a_final_beat_of_a_container_that_nobody_asked_begins_the_end() -> None:
    stopped = beat_at(a_session(), 30, final=True)
    assert stopped is not None
    assert (stopped.state, stopped.reason, stopped.final) == (SessionState.DRAINING, EndReason.STOPPED, True)


def test_a_container_that_is_being_stopped_says_so_before_it_saves() -> None:
    stopping = beat_at(a_session(), 30, seq=1, stopping=True)
    assert stopping is not None
    assert (stopping.state, stopping.reason, stopping.final) == (SessionState.DRAINING, EndReason.STOPPED, False)
    last = beat_at(stopping, 35, seq=2, final=True, head=a_head())
    assert last is not None
    assert (last.final, last.head, last.reason) == (True, a_head(), EndReason.STOPPED)


@pytest.mark.parametrize(
    ("stopping", "gone", "at", "waited_for"),
    [
        (False, False, 59, True),
        (False, False, 61, False),
        (False, True, 1, False),  # killed
        (True, True, STOPPING_SECONDS - 1, True),
        (True, True, STOPPING_SECONDS + 1, False),
        (True, False, 59, True),
    ],
)
def test_a_last_checkpoint_is_waited_for_while_it_may_come(
    stopping: bool, gone: bool, at: float, waited_for: bool
) -> None:
    session = a_session().drain(EndReason.MEMBER, NOW)
    if stopping:
        session = beat_at(session, 0, stopping=True) or session
    assert session.may_still_save(gone=gone, patience=60, now=after(at)) == waited_for


def test_a_final_beat_keeps_the_reason_of_draining() -> None:
    draining = a_session().drain(EndReason.IDLE, NOW)
    final = beat_at(draining, 30, final=True)
    assert final is not None
    assert (final.reason, final.final, final.due) == (EndReason.IDLE, True, after(60))


@pytest.mark.parametrize("stamp", [-1e300, -1.0, 1e300])
def test_stamps_beyond_any_calendar_do_no_harm(stamp: float) -> None:
    odd = Signals(editor=stamp, terminal=stamp, process=stamp, preview=stamp)
    result = beat_at(a_session(), 30, signals=odd)
    assert result is not None
    assert all(seen <= after(30) for seen in result.signals.values())


def test_a_warning_is_kept_once_with_its_reason() -> None:
    quiet = {"signals": signals(editor=0), "connected": True}
    warned = beat_at(a_session(connected=True), 800, seq=1, **quiet)
    assert warned is not None
    assert [(d.verdict, d.idle_at) for d in warned.decisions] == [(Verdict.WARN, after(900))]
    again = beat_at(warned, 830, seq=2, **quiet)
    assert again is not None
    assert (len(again.decisions), again.due) == (1, after(900))


def test_the_directive_follows_the_session() -> None:
    session = a_session(connected=True, signals={"editor": NOW})
    assert directive(session, POLICY, after(10)) == Directive("continue", after(900))
    assert directive(session, POLICY, after(800)) == Directive("warn", after(900))
    assert directive(session.drain(EndReason.MEMBER, NOW), POLICY, after(10)).word == "drain"
    used_up = replace(session, connected=True, deadline=after(10))
    assert directive(used_up, POLICY, after(9)).word == "continue"
    assert directive(used_up, POLICY, after(10)) == Directive("drain", after(10)), "going on working averts nothing"


@pytest.mark.parametrize(
    ("session", "fields", "times"),
    [
        (a_session(connected=True, signals={"editor": NOW}), {}, 1),
        (a_session(connected=True, signals={"editor": NOW}), {"final": True}, 0),
        (a_session(connected=True, signals={"editor": NOW}), {"stopping": True}, 0),
        (a_session(SessionState.OPENING, boot=BOOT), {"restored": False}, 1),
        (a_session(SessionState.OPENING, boot=BOOT), {"restored": True}, 1),
        (a_session(SessionState.DRAINING, boot=BOOT), {}, 0),
    ],
)
@pytest.mark.parametrize("seconds", [10, 800, 900, 10_000])
def test_a_heartbeat_decides_at_most_once_what_becomes_of_its_session(
    session: Session, fields: dict[str, Any], times: int, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at all where its end has begun. And its answer tells what whoever looks at the session afterwards finds."""
    decided = list[Session]()

    def counted(session: Session, policy: ReclaimPolicy, now: datetime) -> Decision:
        decided.append(session)
        return decide_reclaim(session, policy, now)

    monkeypatch.setattr(heartbeats, "decide_reclaim", counted)
    accepted = accept_beat(
        session, a_beat(session.seq + 1, **fields), None, billing=a_billing(), policy=POLICY, now=after(seconds)
    )
    assert accepted is not None and len(decided) == times
    assert accepted.directive == directive(accepted.session, POLICY, after(seconds))


def test_a_member_who_stops_in_the_editor_ends_the_session_at_once_and_for_that_reason() -> None:
    stopped = beat_at(a_session(), 30, seq=1, stop=True)
    assert stopped is not None
    assert (stopped.state, stopped.reason, stopped.due) == (SessionState.DRAINING, EndReason.MEMBER, after(30))
    again = beat_at(stopped, 31, seq=2, stop=True)
    assert again is not None
    assert (again.reason, again.draining) == (EndReason.MEMBER, stopped.draining)


def test_a_stop_is_heard_however_soon_it_comes() -> None:
    session = beat_at(a_session(), 30, seq=1)
    assert session is not None
    soon = a_beat(seq=2, stop=True)
    assert heartbeats.directive_if_too_soon(session, soon, POLICY, after(30.1)) is None
