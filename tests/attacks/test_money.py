"""A container that lies about time: it speaks for itself only, is charged for what it claims, and is not heard once it
is released."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from msgspec.structs import replace

from shared.gcp.store.database import Commit
from shared.gcp.store.sessions import end_session, session_ref
from tests.support.members.charges import check_ledger
from tests.support.members.person import Person, problem
from tests.support.members.time_left import leave
from tests.support.records.factories import a_session
from tests.support.slot.lying_container import QUIET, LyingContainer, playing
from tests.support.stack.environment import environment
from tests.support.stack.observe import charged, until
from tests.support.stack.running import SHORT, Running
from tests.support.stack.session_steps import session_of

TEN = range(10)
LEFT = 3.0


@contextmanager
def others(stack: Running, bid: str) -> Iterator[list[LyingContainer]]:
    """Ten sessions at work, each with a container of its own that could be heard, paid for by `bid`."""
    now = datetime.now(UTC)
    at_work: dict[str, Any] = {"opened": now, "seen": now, "due": now + timedelta(hours=1), "connected": True}
    sessions = [
        a_session(sid=f"s-{'other':0<19}{n}", uid="u", bid=bid, boot=f"{'other':0<15}{n}", **at_work) for n in TEN
    ]
    with environment(stack.env):
        for session in sessions:
            Commit().create(session_ref(session.sid), session).run()
    try:
        yield [LyingContainer(stack, session) for session in sessions]
    finally:
        with environment(stack.env):
            for session in sessions:
                Commit().drop(session_ref(session.sid)).run()


def test_one_container_can_not_speak_for_ten(stack: Running) -> None:
    with playing(stack, "ten-tongues", "tentongues000000") as liar, others(stack, liar.session.bid) as ten:
        token = liar.beat().raise_for_status().json()["token"]
        before = [other.record for other in ten]
        for other in ten:
            said = other.beat(token=token, signals=QUIET)
            assert (said.status_code, problem(said)) == (403, "forbidden")
            half = liar.beat(token=token, session=other.session.sid)
            assert (half.status_code, problem(half)) == (403, "forbidden")
        assert [other.record for other in ten] == before
        assert charged(stack, liar.session.bid) == liar.record["meter"]["ms"], "nobody but the liar was charged"


def test_who_goes_on_after_the_release_is_not_heard_and_not_charged(stack: Running) -> None:
    with playing(stack, "dead-man", "deadman000000000") as liar:
        started = datetime.now(UTC)
        liar.beat(restored=True).raise_for_status()
        until(lambda: datetime.now(UTC) > started + timedelta(seconds=1.2), "a second passes")
        liar.beat(restored=True).raise_for_status()
        token = liar.beat(restored=True, final=True).raise_for_status().json()["token"]
        metered = liar.record["meter"]
        assert metered["ms"] > 1000
        for _ in range(3):
            refused = liar.beat(token=token, restored=True)
            assert (refused.status_code, problem(refused)) == (409, "stale-epoch")
        assert liar.record["meter"]["ms"] == metered["ms"]
    until(lambda: liar.is_settled, "the books were checked")
    ended = liar.everything()
    for seq in (1, 99, 2**53):
        refused = liar.beat(token=token, seq=seq, restored=True)
        assert (refused.status_code, problem(refused)) == (409, "stale-epoch")
    assert liar.everything() == ended
    assert liar.record["meter"]["ms"] == metered["ms"], "the end itself costs nothing"
    check_ledger(stack, liar.record)


def test_who_is_never_idle_is_ended_by_the_plan(stack: Running) -> None:
    person = Person(stack, "tireless")
    before = charged(stack, leave(stack, person, LEFT))
    liar = LyingContainer(stack, session_of(stack, person.open()["session"]))
    try:
        said = liar.beat(restored=True).raise_for_status().json()
        assert said["deadline"] <= said["now"] + LEFT
        until(partial(is_told_to_end, liar), "it is told to end")
        until(lambda: liar.record["state"] != "active", "and is ended, whatever it says")
        assert liar.record["reason"] == "allowance"
        assert charged(stack, liar.session.bid) - before <= 1000 * (LEFT + float(SHORT["HEARTBEAT_SECONDS"]))
    finally:
        with environment(stack.env):
            end_session(liar.session.sid, datetime.now(UTC))


def is_told_to_end(liar: LyingContainer) -> bool:
    """It says that a browser is there, and that somebody is at work in it."""
    said = liar.beat(restored=True)
    return said.status_code == 409 or bool(said.json()["directive"] == "drain")


def test_a_replayed_beat_charges_nothing(stack: Running) -> None:
    with playing(stack, "replayer", "replayer00000000") as liar:
        liar.beat(restored=True).raise_for_status()
        seq = liar.record["seq"] + 1

        def sent() -> datetime:
            """Whether it is committed or comes too soon, it is answered."""
            liar.beat(seq=seq, restored=True).raise_for_status()
            return datetime.now(UTC)

        until(lambda: sent() and liar.record["seq"] == seq, "it does not come too soon")
        charged_once, began = liar.record["meter"], datetime.now(UTC)
        assert charged_once["ms"] > 0
        until(lambda: sent() > began + timedelta(seconds=float(SHORT["HEARTBEAT_SECONDS"])), "nor does it again")
        assert liar.record["meter"] == charged_once


def test_a_token_is_for_one_epoch(stack: Running) -> None:
    with playing(stack, "twice-born", "twiceborn0000000") as liar:
        token = liar.beat().raise_for_status().json()["token"]
        other = LyingContainer(stack, replace(liar.session, epoch=liar.session.epoch + 1))
        refused = other.beat(token=token)
        assert (refused.status_code, problem(refused)) == (403, "forbidden")
