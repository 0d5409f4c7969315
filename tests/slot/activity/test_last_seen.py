"""What the agent reckons about time and connections."""

import pytest
from agent.activity.last_seen import EDITOR, KINDS, PROCESS, Activity
from agent.clock import ControlClock, elapsed
from agent.control_plane.lease import Lease
from agent.window.editor import count_connections

TABLE = b"""Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 11 /run/member/editor-a.sock
0000000000000000: 00000003 00000000 00000000 0001 03 12 /run/member/editor-a.sock
0000000000000000: 00000003 00000000 00000000 0001 03 13 /run/member/editor-a.sock
0000000000000000: 00000002 00000000 00000000 0001 03 16 /run/member/editor-a.sock
0000000000000000: 00000003 00000000 00000000 0001 03 14 /run/member/editor-b.sock
0000000000000000: 00000003 00000000 00000000 0001 03 15
0000000000000000: 00000003 00000000 00000000 0001 03 17 @\xff\xfe of a member's
many 03 0001 00000000 0001 03 18 /run/member/editor-a.sock
"""


def test_only_live_connections_to_this_editor_count() -> None:
    assert count_connections(TABLE, "/run/member/editor-a.sock") == 2


def test_signals_are_told_on_the_control_planes_clock() -> None:
    clock, activity = ControlClock(), Activity()
    clock.learn(now=1000.0, sent=elapsed(), received=elapsed())
    activity.begin()
    assert activity.signals(clock) == dict.fromkeys(KINDS, 0.0), "watched, and never seen"
    activity.saw(PROCESS)
    told = activity.signals(clock)
    assert told == {**dict.fromkeys(KINDS, 0.0), PROCESS: pytest.approx(1000.0, abs=5)}


def test_before_a_session_nothing_is_known() -> None:
    assert Activity().signals(ControlClock()) == {}


def test_an_editor_that_nobody_watches_is_unknown() -> None:
    clock, activity = ControlClock(), Activity()
    clock.learn(now=1000.0, sent=elapsed(), received=elapsed())
    activity.begin()
    activity.editor_is_watched = False
    assert activity.signals(clock)[EDITOR] is None


def test_an_answer_that_was_frozen_on_its_way_does_not_move_the_clock() -> None:
    clock = ControlClock()
    clock.learn(now=1000.0, sent=50.0, received=50.1)
    clock.learn(now=1010.0, sent=60.0, received=3660.0)
    assert clock.at(50.1) == pytest.approx(1000.0)


def test_activity_is_never_taken_back() -> None:
    clock, activity = ControlClock(), Activity()
    clock.learn(now=1000.0, sent=0.0, received=0.0)
    activity.saw(EDITOR, 20.0)
    activity.saw(EDITOR, 10.0)
    assert activity.signals(clock)[EDITOR] == pytest.approx(1020.0)


def test_a_lease_runs_from_when_it_was_asked_for() -> None:
    lease = Lease()
    assert not lease.holds()
    lease.extend(elapsed(), 60)
    assert lease.holds()
    lease.extend(elapsed() - 100, 60)
    assert lease.holds(), "a late answer does not shorten what was granted"
    lease.end()
    assert not lease.holds()
