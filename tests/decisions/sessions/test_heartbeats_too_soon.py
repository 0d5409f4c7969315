"""Which heartbeats come too soon after the one before, and say nothing new."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from shared.sessions.heartbeats import SPACING, VISIT_SPACING, Beat, Declared, accept_beat, directive_if_too_soon
from shared.sessions.reclaim_decision import ReclaimPolicy
from shared.sessions.session import Session, SessionState
from shared.snapshots.checkpoint import head_of
from tests.support.records.factories import (
    BOOT,
    NOW,
    POLICY,
    WRITER,
    a_beat,
    a_billing,
    a_layer,
    a_manifest,
    a_session,
    after,
    signals,
)

CHECKPOINT = Declared(seq=1, manifest="m", sha256="00", bytes=100, files=1)


def comes_too_soon(session: Session, beat: Beat, policy: ReclaimPolicy, now: datetime) -> bool:
    return directive_if_too_soon(session, beat, policy, now) is not None


@pytest.mark.parametrize(
    ("later", "news", "soon"),
    [
        (4.9, {}, True),
        (5.0, {}, False),
        (-1.0, {}, False),  # by another function's clock
        (0.9, {"connected": True}, True),  # the visit before began at 100
        (1.1, {"connected": True}, False),
        (0.1, {"final": True}, False),
        (0.1, {"stopping": True}, False),
        (0.1, {"checkpoint": CHECKPOINT}, False),
    ],
)
def test_a_beat_that_comes_too_soon_and_says_nothing_new(later: float, news: dict[str, Any], soon: bool) -> None:
    session = a_session(seq=3, seen=after(100), least=after(130), paid=after(100))
    beat = a_beat(4, **{"connected": False, **news})
    assert comes_too_soon(session, beat, POLICY, after(100 + later)) is soon
    assert not comes_too_soon(replace(session, state=SessionState.OPENING), beat, POLICY, after(100 + later)), (
        "it serves now"
    )


@pytest.mark.parametrize(
    ("seen", "editor", "fields", "soon"),
    [
        (800, 801, {}, False),  # warned, and the member answers
        (899, 899.5, {}, False),
        (905, 903, {}, False),  # it is to be reclaimed, and its container is asked for fresh signals
        (800, 0, {}, True),  # the same signal once more
        (800, 4, {}, True),  # a signal that creeps on is no answer
        (800, 6, {}, False),
        (700, 701, {}, True),  # nobody is warned yet
        (800, 801, {"connected": False}, True),  # nobody is there to be warned
        (905, 906, {"connected": False, "paid": NOW}, True),  # nobody is charged
        (800, 801, {"deadline": after(790)}, True),  # nothing averts the end of the plan's time
    ],
)
def test_what_averts_a_reclaim_is_news_however_soon_it_comes(
    seen: float, editor: float, fields: dict[str, Any], soon: bool
) -> None:
    session = a_session(**{"seq": 3, "seen": after(seen), "connected": True, "signals": {"editor": NOW}, **fields})
    beat = a_beat(4, connected=session.connected, signals=signals(editor=editor))
    assert comes_too_soon(session, beat, POLICY, after(seen + 2)) is soon


def test_a_container_that_flaps_with_its_signals_while_it_is_warned_is_committed_once_in_a_while() -> None:
    """Each of its heartbeats, 20 a second, has a signal that is a little newer, and would be warned again at once."""
    session = a_session(seq=1, seen=after(800), connected=True, signals={"editor": NOW}, paid=NOW)
    commits = 0
    for beat in range(20 * 60):
        at = after(800 + beat / 20)
        said = a_beat(beat + 2, signals=signals(editor=beat / 20 + 0.1))
        if not comes_too_soon(session, said, POLICY, at):
            accepted = accept_beat(session, said, None, billing=a_billing(), policy=POLICY, now=at)
            assert accepted is not None
            session, commits = accepted.session, commits + 1
    assert commits <= 60 / (POLICY.interval * SPACING) + 1


def test_a_checkpoint_that_is_committed_is_nothing_new() -> None:
    head = head_of(CHECKPOINT, a_manifest(a_layer()), WRITER, NOW)
    beat = a_beat(4, connected=False, checkpoint=CHECKPOINT)
    assert comes_too_soon(a_session(seq=3, seen=NOW, head=head), beat, POLICY, after(1))
    assert not comes_too_soon(a_session(seq=3, seen=NOW, head=head, final=True), beat, POLICY, after(1)), "it is stale"


def test_a_first_visit_and_every_leave_are_told_at_once() -> None:
    opened = a_session(seq=1, seen=NOW, least=after(30))
    assert not comes_too_soon(opened, a_beat(2, connected=True), POLICY, after(0.1))
    visited = replace(opened, connected=True, paid=NOW)
    assert not comes_too_soon(visited, a_beat(2, connected=False), POLICY, after(0.1))


def test_a_container_that_flaps_before_it_serves_is_committed_once_in_a_while() -> None:
    """Nothing is charged before the session serves, so no charge tells its visits apart."""
    session = a_session(SessionState.OPENING, seq=1, boot=BOOT, seen=NOW)
    commits = 0
    for beat in range(20 * 30):
        at, said = after(beat / 20), a_beat(beat + 2, connected=beat % 2 == 0, restored=False)
        if not comes_too_soon(session, said, POLICY, at):
            accepted = accept_beat(session, said, None, billing=a_billing(), policy=POLICY, now=at)
            assert accepted is not None
            session, commits = accepted.session, commits + 1
    assert commits <= 2 * 30 / (POLICY.interval * VISIT_SPACING) + 2
