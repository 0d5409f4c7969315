"""Keep a job at work after the last browser has left: hold a request open to its container, which keeps its CPU.

One delivery holds for HOLD_SECONDS at most, and asks for the next. Whatever becomes of it, the session is reclaimed by
its signals and by `due`, as any other.
"""

from datetime import datetime
from functools import partial

import functions_framework
from msgspec import Struct
from msgspec.structs import replace

from shared import logs
from shared.endpoint import endpoint
from shared.errors import TryAgain
from shared.gcp import slot_client, tasks
from shared.gcp.identity import invoker
from shared.gcp.store import clock
from shared.gcp.store.billing import read_billing
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import commit_beat, read_session
from shared.policies import reclaim_policy
from shared.sessions.heartbeats import let_go
from shared.sessions.reclaim_decision import decide_hold, decide_reclaim
from shared.sessions.session import Hold, Session, SessionId
from shared.sessions.tokens import Signer
from shared.settings import settings

ATTEMPTS = 5


class Background(Struct, forbid_unknown_fields=True):
    session: SessionId


class Done(Struct):
    session: str
    outcome: str


signer = Signer(settings().signing_key)


@functions_framework.http
@endpoint(partial(invoker, function="background"), Background, task=True)
def background(_caller: str, body: Background, now: datetime) -> Done:
    begun = _begin(body.session, now)
    if begun is None:
        return Done(body.session, "nothing to hold")
    session, hold = begun
    logs.info("held", session=session.sid, slot=session.slot, until=hold.until)
    why = None
    try:
        why = _hold(session, (hold.until - now).total_seconds(), now)
    finally:
        after = _end(session.sid, hold, answered=why not in (None, "gone"))
    logs.info("let-go", session=session.sid, why=why)
    if why == "time" and after:
        tasks.schedule_background_hold(after.sid, after.seq)
    if why == "gone":
        tasks.schedule_reclaim_check(session.sid, clock.now())
    return Done(session.sid, why)


def _begin(sid: str, now: datetime) -> tuple[Session, Hold] | None:
    """The session with the hold that its record and plan allow, decided and committed; None if they allow none."""
    for _ in range(ATTEMPTS):
        found = read_session(sid)
        if found is None:
            return None
        session, policy = found.record, reclaim_policy(found.record.plan)
        hold = decide_hold(session, policy, longest=settings().hold, now=now)
        if hold is None:
            return None
        decision = decide_reclaim(replace(session, hold=hold), policy, now)
        if decision.reason:
            return None  # `reclaim` is about to end it
        billing = read_billing(session.bid)
        before = let_go(session, billing.record, policy, now, answered=False)  # of a request that another one replaces
        rule = f"a busy process goes on without a browser, until {hold.until:%H:%M:%S} UTC at the latest"
        after = replace(before.session, hold=hold).decide(replace(decision, rule=rule))
        try:
            commit_beat(found, billing, replace(before, session=after))
        except LostRace:
            continue
        return after, hold
    raise TryAgain("too-busy", "The session changes too fast.")


def _hold(session: Session, seconds: float, now: datetime) -> str:
    """Why it ended: as the container says, or `gone`. Raises TryAgain if the container did not answer."""
    try:
        return slot_client.work(session.url, signer.work(session, now), seconds, settings().quiet)
    except slot_client.Gone as e:
        logs.warning("gone", session=session.sid, slot=session.slot, why=str(e))
        return "gone"


def _end(sid: str, hold: Hold, *, answered: bool) -> Session | None:
    """The session without this hold, what was used in it charged. One that another delivery, or a browser, has replaced
    stays as it is."""
    for _ in range(ATTEMPTS):
        found = read_session(sid)
        if found is None or not found.record.open:
            return None
        if found.record.hold != hold:
            return found.record
        billing = read_billing(found.record.bid)
        policy = reclaim_policy(found.record.plan)
        accepted = let_go(found.record, billing.record, policy, clock.now(), answered=answered)
        try:
            commit_beat(found, billing, accepted)
        except LostRace:
            continue
        return accepted.session
    return None
