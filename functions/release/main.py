"""The member stops: begin the end of their session. `reclaim` saves it and finishes."""

from datetime import datetime

import functions_framework
from msgspec import Struct

from shared import logs
from shared.endpoint import AcceptedAnswer, endpoint
from shared.errors import Conflict
from shared.gcp import tasks
from shared.gcp.identity import Member, member
from shared.gcp.store.accounts import find_account
from shared.gcp.store.sessions import begin_end, read_session
from shared.sessions.session import EndReason, SessionId, SessionState


class Release(Struct, forbid_unknown_fields=True):
    session: SessionId


class ReleaseAnswer(Struct):
    session: str
    state: SessionState


@functions_framework.http
@endpoint(member, Release)
def release(caller: Member, body: Release, now: datetime) -> AcceptedAnswer:
    account = find_account(caller.uid)
    if account:
        account.check_sign_in(caller.issued)
    _check_own(caller, body.session)
    session = begin_end(body.session, EndReason.MEMBER, now)
    if session is None:
        raise _elsewhere()
    if session.open:
        tasks.schedule_reclaim_check(session.sid, now)
    logs.info("stopped", session=session.sid, state=session.state)
    return AcceptedAnswer(ReleaseAnswer(session.sid, session.state))


def _check_own(caller: Member, sid: str) -> None:
    """Somebody else's session is not told from one that never was."""
    found = read_session(sid)
    if found is None or found.record.uid != caller.uid:
        raise _elsewhere()


def _elsewhere() -> Conflict:
    return Conflict("session-elsewhere", "You have no such session. Reload the page to see the one that is open.")
