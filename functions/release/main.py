"""Stop: begin the end of the member's session. `reclaim` saves and ends it."""

from datetime import datetime

import functions_framework
from msgspec import Struct

from shared import logs
from shared.endpoint import AcceptedAnswer, endpoint
from shared.errors import Conflict
from shared.flows.sign_ins import InAnyStanding, in_any_standing
from shared.gcp import tasks
from shared.gcp.identity import Member
from shared.gcp.store.sessions import begin_end, read_session
from shared.sessions.session import EndReason, SessionId, SessionState


class Release(Struct, forbid_unknown_fields=True):
    session: SessionId


class ReleaseAnswer(Struct):
    """The session's end has begun, or the session has ended."""

    session: SessionId
    state: SessionState


@functions_framework.http
@endpoint(in_any_standing, Release, refuses={409: ("session-elsewhere",)})
def release(caller: InAnyStanding, body: Release, now: datetime) -> AcceptedAnswer[ReleaseAnswer]:
    """Stop the session.

    Begins the end of the session, which is saved and ended soon after. Ask `login` whether it has ended.
    """
    _check_own(caller.member, body.session)
    session = begin_end(body.session, EndReason.MEMBER, now)
    if session is None:
        raise _elsewhere()
    if session.open:
        tasks.schedule_reclaim_check(session.sid, now)
    logs.info("stop-requested", session=session.sid, state=session.state)
    return AcceptedAnswer(ReleaseAnswer(session.sid, session.state))


def _check_own(caller: Member, sid: str) -> None:
    """Raises Conflict unless the session is the caller's. Another member's session gets the same answer as one that
    never existed."""
    read = read_session(sid)
    if read is None or read.record.uid != caller.uid:
        raise _elsewhere()


def _elsewhere() -> Conflict:
    return Conflict(
        "session-elsewhere", "This is not one of your sessions. Reload the page to see the session that is open."
    )
