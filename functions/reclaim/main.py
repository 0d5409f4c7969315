"""Look at one session that is due: keep it, warn, or end it with its last checkpoint.

The record's `due` is the truth about when to look; this task is a reminder, and may come twice, late, or not at all.
"""

import time
from datetime import datetime
from functools import partial

import functions_framework
from msgspec import Struct

from shared import logs
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
from shared.sessions.reclaim_decision import decide_hold, decide_reclaim, is_held
from shared.sessions.session import EndReason, Session, SessionId, SessionState, Verdict
from shared.sessions.tokens import Signer
from shared.settings import settings


class Reclaim(Struct, forbid_unknown_fields=True):
    session: SessionId


class Done(Struct):
    session: str
    outcome: str


signer = Signer(settings().signing_key)


@functions_framework.http
@endpoint(partial(invoker, function="reclaim"), Reclaim, task=True)
def reclaim(_caller: str, body: Reclaim, now: datetime) -> Done:
    found = read_session(body.session)
    if found is None or found.record.due is None:
        return Done(body.session, "ended before")
    if found.record.state == SessionState.DRAINING:
        return _finish(found.record, now)
    if now < found.record.due:
        tasks.schedule_reclaim_check(body.session, found.record.due)
        return Done(body.session, "not due yet")
    return _look(found, now)


def _look(read: Versioned[Session], now: datetime) -> Done:
    """Decide on fresh signals: ask the slot, which thaws it and makes it send a heartbeat first.

    Also one that is still opening: its container may have been frozen before it could say that it serves.
    """
    if read.record.boot is not None:
        refreshed = _refresh(read, now)
        if refreshed is None:
            return Done(read.record.sid, "lost")
        read = refreshed
        if read.record.state in (SessionState.DRAINING, SessionState.ENDED):
            raise TryAgain("too-busy", "The session changed while it was looked at.")
    # by now the slot has sent a heartbeat, and an allowance that ended with it must have ended for this decision too
    now = clock.now()
    decision = decide_reclaim(read.record, reclaim_policy(read.record.plan), now)
    after = read.record.decide(decision)
    if decision.reason:
        after = after.drain(decision.reason, now)
    try:
        commit_session(read, after)
    except LostRace as e:
        raise TryAgain("too-busy", "The session changed while it was looked at.") from e
    logs.info("decided", session=after.sid, verdict=decision.verdict, rule=decision.rule)
    if decision.verdict == Verdict.RECLAIM:
        return _finish(after, now)
    tasks.schedule_reclaim_check(after.sid, decision.look)
    if not is_held(after, now) and decide_hold(after, reclaim_policy(after.plan), longest=settings().hold, now=now):
        tasks.schedule_background_hold(after.sid, after.seq)
    return Done(after.sid, decision.verdict)


def _refresh(read: Versioned[Session], now: datetime) -> Versioned[Session] | None:
    """The session after its container was asked; as it was if the container can't be asked now; None if it is lost."""
    session = read.record
    try:
        boot = slot_client.attach(session.url, signer.attach(session, now), settings().function_url("heartbeat"))
        if boot != session.boot:
            raise slot_client.Gone("another container answers")
        note_answer(session)
    except slot_client.Gone as e:
        if lose_session(session.sid, now):
            _tell_lost(session, str(e))
            return None
    except slot_client.Silent as e:
        logs.warning("slot-silent", session=session.sid, slot=session.slot, why=e.detail)
        if note_silence(session.sid, settings().draining, now):
            _tell_lost(session, "nobody answers, and no heartbeat came")
            return None
    except TryAgain as e:
        logs.warning("slot-unreachable", session=session.sid, slot=session.slot, why=e.detail)
        note_answer(session)
    return read_session(session.sid)


def _tell_lost(session: Session, why: str) -> None:
    logs.warning("lost", session=session.sid, slot=session.slot, why=why)
    tasks.run_pool()


def _finish(session: Session, now: datetime) -> Done:
    """The end: the last checkpoint, then the commit. Raises TryAgain while the slot may still make it."""
    if session.boot is None or session.final:
        return _end(session, now, None, "nothing is left to save")
    gone, why = False, "its last checkpoint is not committed"
    try:
        slot_client.release(session.url, signer.release(session, now))
    except slot_client.Gone as e:
        gone, why = True, str(e)
        time.sleep(LAST_WORD_SECONDS)
    except TryAgain as e:
        why = e.detail
    after = read_session(session.sid)
    if after is None or after.record.final or not after.record.open:
        return _end(session, now, None, "released")
    if after.record.may_still_save(gone=gone, patience=settings().draining, now=now):
        raise TryAgain("slot-unreachable", f"The session is not saved yet: {why}.", retry_after=2)
    return _end(session, now, EndReason.LOST, why)


def _end(session: Session, now: datetime, reason: EndReason | None, why: str) -> Done:
    ended = end_session(session.sid, now, reason)
    logs.info("ended", session=ended.sid, slot=ended.slot, reason=ended.reason, why=why)
    tasks.run_pool()
    return Done(ended.sid, f"ended: {ended.reason}")
