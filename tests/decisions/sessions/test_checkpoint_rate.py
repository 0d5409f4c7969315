"""How often a container may bring a checkpoint: an agent of ours never waits, and a flood is committed now and then."""

import itertools
import random
from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from shared.sessions.checkpoint_rate import BURST, LAST, PER_SAVE
from shared.sessions.heartbeats import Declared, accept_beat, checkpoint_wait
from shared.sessions.session import Session
from shared.snapshots.checkpoint import head_of
from tests.support.records.factories import (
    NOW,
    POLICY,
    WRITER,
    a_beat,
    a_billing,
    a_layer,
    a_manifest,
    a_session,
    after,
    becoming,
)

SAVING = POLICY.saving


def checkpoint(seq: int) -> Declared:
    return Declared(seq=seq, manifest="m", sha256="00", bytes=100, files=1)


def brought(session: Session, seq: int, at: float, **fields: bool) -> tuple[Session, float]:
    """The session after a heartbeat with a new checkpoint, and how long that is to wait."""
    beat = a_beat(seq, checkpoint=checkpoint(seq), **fields)
    wait = checkpoint_wait(session, beat, POLICY, after(at))
    if wait:
        return session, wait
    head = head_of(checkpoint(seq), a_manifest(a_layer(), seq=seq), WRITER, after(at))
    accepted = accept_beat(session, beat, becoming(head), billing=a_billing(), policy=POLICY, now=after(at))
    assert accepted is not None
    return accepted.session, 0.0


def opened() -> Session:
    return a_session(seq=0, seen=NOW, paid=NOW, connected=True)


def waits(moments: Iterable[float]) -> list[float]:
    """Of checkpoints at these moments, each of which is brought once."""
    session, found = opened(), []
    for seq, at in enumerate(moments, 1):
        session, wait = brought(session, seq, at)
        found.append(wait)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_an_agent_never_waits(seed: int) -> None:
    """What is small and then all at each save, by functions whose clocks differ; answers are lost, and asked again."""
    chance = random.Random(seed)  # noqa: S311  # a test is the same each time
    session, seq = opened(), 0
    for save, _ in itertools.product(range(200), range(2)):
        seq += 1
        at = save * SAVING + chance.uniform(-5, 5)
        session, wait = brought(session, seq, at)
        assert wait == 0, save
        again = a_beat(seq + 1, checkpoint=checkpoint(seq))
        assert checkpoint_wait(session, again, POLICY, after(at)) == 0, "it is committed"
        assert checkpoint_wait(session, a_beat(seq, checkpoint=checkpoint(seq)), POLICY, after(at)) == 0
    for fields in ({}, {"stopping": True}, {"final": True}):
        seq += 1
        session, wait = brought(session, seq, 200 * SAVING, **fields)
        assert wait == 0, "as it is stopped"


def test_a_flood_of_checkpoints_is_committed_now_and_then() -> None:
    found = waits(tick / 20 for tick in range(20 * 600))
    assert found.count(0.0) <= BURST + 600 * PER_SAVE / SAVING
    assert max(found) <= SAVING / PER_SAVE, "whoever waits as long as it is told comes through"


def test_the_last_words_come_through_a_flood_and_are_bounded_too() -> None:
    session = opened()
    for seq in range(1, 50):
        session, wait = brought(session, seq, 1)
    assert wait > 0
    assert brought(session, 50, 1, final=True)[1] == brought(session, 50, 1, stopping=True)[1] == 0
    taken = 0
    for seq in range(50, 100):
        session, wait = brought(replace(session, stopping=None), seq, 1, stopping=True)
        taken += not wait
    assert taken == LAST


def test_a_burst_is_there_again_after_a_while() -> None:
    assert waits([0.0] * BURST + [SAVING * BURST / PER_SAVE] * BURST) == [0.0] * (2 * BURST)
    assert waits([0.0] * (BURST + 1))[-1] == pytest.approx(SAVING / PER_SAVE)
