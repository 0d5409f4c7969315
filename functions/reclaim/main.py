"""Check one session that is due: keep it, warn the member, or end it with its last checkpoint.

The record's `due` decides when to check. The task is a reminder, and may come twice, late, or not at all.
"""

from datetime import datetime
from functools import partial

import functions_framework
from msgspec import Struct

from shared import logs, machine
from shared.endpoint import endpoint
from shared.errors import TryAgain
from shared.gcp import slot_client, tasks
from shared.gcp.identity import invoker
from shared.gcp.store import clock
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import (
    LAST_WORD_SECONDS,
    commit_session,
    end_session,
    lose_session,
    note_answer,
    note_silence,
    read_session,
)
from shared.policies import reclaim_policy
from shared.record import Versioned
from shared.sessions.reclaim_decision import decide_background_hold, decide_reclaim, has_background_hold
from shared.sessions.session import EndReason, Session, SessionId, SessionState, Verdict
from shared.sessions.tokens import Signer
from shared.settings import settings


class Reclaim(Struct, forbid_unknown_fields=True):
    session: SessionId


class ReclaimAnswer(Struct):
    """What was done."""

    session: str
    outcome: str


signer = Signer(settings().signing_key)


@functions_framework.http
@endpoint(
    partial(invoker, function="reclaim"),
    Reclaim,
    refuses={503: ("slot-unreachable",)},
    task=True,
)
def reclaim(_caller: str, body: Reclaim, now: datetime) -> ReclaimAnswer:
    """Check a session that is due."""
    read = read_session(body.session)
    if read is None or read.record.due is None:
        return ReclaimAnswer(body.session, "ended before")
    if read.record.state == SessionState.DRAINING:
        return _finish(read.record, now)
    if now < read.record.due:
        tasks.schedule_reclaim_check(body.session, read.record.due)
        return ReclaimAnswer(body.session, "not due yet")
    return _look(read, now)


def _look(read: Versioned[Session], now: datetime) -> ReclaimAnswer:
    """Decides on current signals: asks the slot first, which thaws the container and makes it send a heartbeat.

    Sessions that are still opening are asked too: their container may have been frozen before it could report that it
    serves.
    """
    if read.record.boot is not None:
        refreshed = _refresh(read, now)
        if refreshed is None:
            return ReclaimAnswer(read.record.sid, "lost")
        read = refreshed
        if read.record.state in (SessionState.DRAINING, SessionState.ENDED):
            raise TryAgain("too-busy", "The session changed during its check.")
    # The heartbeat that the slot has sent may have ended the allowance at a time after `now`. This decision must see
    # that end.
    now = clock.now()
    decision = decide_reclaim(read.record, reclaim_policy(read.record.plan), now)
    after = read.record.decide(decision)
    if decision.reason:
        after = after.drain(decision.reason, now)
    try:
        commit_session(read, after)
    except LostRace as e:
        raise TryAgain("too-busy", "The session changed during its check.") from e
    logs.info("reclaim-decided", session=after.sid, verdict=decision.verdict, rule=decision.rule)
    if decision.verdict == Verdict.RECLAIM:
        return _finish(after, now)
    tasks.schedule_reclaim_check(after.sid, decision.look)
    if not has_background_hold(after, now) and decide_background_hold(
        after, reclaim_policy(after.plan), longest=settings().background_hold_seconds, now=now
    ):
        tasks.schedule_background_hold(after.sid, after.seq)
    return ReclaimAnswer(after.sid, decision.verdict)


def _refresh(read: Versioned[Session], now: datetime) -> Versioned[Session] | None:
    """The session after its container was asked. The unchanged session if the container can't be asked now. None if the
    session is lost."""
    session = read.record
    try:
        boot = slot_client.attach(session.url, signer.attach(session, now), settings().function_url("heartbeat"))
        if boot != session.boot:
            raise slot_client.Gone("another container answers")
        note_answer(session)
    except slot_client.Gone as e:
        if lose_session(session.sid, now):
            _report_loss(session, str(e))
            return None
    except slot_client.Silent as e:
        logs.warning("slot-silent", session=session.sid, slot=session.slot, reason=e.detail)
        if note_silence(session.sid, settings().draining, now):
            _report_loss(session, "nobody answers, and no heartbeat came")
            return None
    except TryAgain as e:
        logs.warning("slot-unreachable", session=session.sid, slot=session.slot, reason=e.detail)
        note_answer(session)
    return read_session(session.sid)


def _report_loss(session: Session, detail: str) -> None:
    logs.warning("session-lost", session=session.sid, slot=session.slot, reason=detail)
    tasks.run_pool()


def _finish(session: Session, now: datetime) -> ReclaimAnswer:
    """Ends the session: the last checkpoint, then the commit. Raises TryAgain while the slot may still save."""
    if session.boot is None or session.final:
        return _end(session, now, None, "nothing is left to save")
    gone, detail = False, "its last checkpoint is not committed"
    try:
        slot_client.release(session.url, signer.release(session, now))
    except slot_client.Gone as e:
        gone, detail = True, str(e)
        machine.sleep(LAST_WORD_SECONDS)
    except TryAgain as e:
        detail = e.detail
    after = read_session(session.sid)
    if after is None or after.record.final or not after.record.open:
        return _end(session, now, None, "released")
    if after.record.may_still_save(gone=gone, patience=settings().draining, now=now):
        raise TryAgain("slot-unreachable", f"The session is not saved yet: {detail}.", retry_after=2)
    return _end(session, now, EndReason.LOST, detail)


def _end(session: Session, now: datetime, reason: EndReason | None, detail: str) -> ReclaimAnswer:
    ended = end_session(session.sid, now, reason, detail)
    tasks.run_pool()
    return ReclaimAnswer(ended.sid, f"ended: {ended.reason}")
