"""The member stops: begin the end of their session. `reclaim` saves it and finishes."""

from datetime import datetime

import functions_framework
from msgspec import Struct

from shared import logs
from shared.endpoint import Accepted, endpoint
from shared.errors import Conflict, TryAgain
from shared.gcp import tasks
from shared.gcp.identity import Member, member
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import commit_session, read_session
from shared.record import Read
from shared.session import EndReason, Session, SessionId, SessionState

ATTEMPTS = 5
LOOK_AGAIN_SECONDS = 60


class Release(Struct, forbid_unknown_fields=True):
    session: SessionId


class Answer(Struct):
    session: str
    state: SessionState


@functions_framework.http
@endpoint(member, Release)
def release(caller: Member, body: Release, now: datetime) -> Accepted:
    session = _drain(caller, body.session, now)
    if session.open:
        tasks.look_at_session(session.sid, now)
    return Accepted(Answer(session.sid, session.state))


def _drain(caller: Member, sid: str, now: datetime) -> Session:
    """The session, on its way to its end whatever happens to this process."""
    for _ in range(ATTEMPTS):
        read = _own(caller, sid)
        if read.record.state in (SessionState.DRAINING, SessionState.ENDED):
            return read.record
        drained = read.record.drain(EndReason.MEMBER, now, look_again=LOOK_AGAIN_SECONDS)
        try:
            commit_session(read, drained)
        except LostRace:
            continue
        logs.info("draining", session=sid, reason=EndReason.MEMBER)
        return drained
    raise TryAgain("too-busy", "The session changes too fast. Press Stop again.")


def _own(caller: Member, sid: str) -> Read[Session]:
    """The caller's session. Somebody else's is not told from one that never was."""
    found = read_session(sid)
    if found is None or found.record.uid != caller.uid:
        raise Conflict("session-elsewhere", "You have no such session. Reload the page to see the one that is open.")
    return found
