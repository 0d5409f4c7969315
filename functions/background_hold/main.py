"""Background hold: keep a job running after the last browser has left, by a request that is held open to the container.

An engine may give a container CPU only while it answers a request. One delivery holds the request for
BACKGROUND_HOLD_SECONDS at most, and schedules the next one. If a delivery is lost, the session is reclaimed by its
signals and by `due`, like any other.
"""

from datetime import datetime
from functools import partial

import functions_framework
from msgspec import Struct
from msgspec.structs import replace

from shared import logs
from shared.endpoint import endpoint
from shared.gcp import slot_client, tasks
from shared.gcp.identity import invoker
from shared.gcp.store import clock
from shared.gcp.store.billing import read_billing
from shared.gcp.store.races import until_won
from shared.gcp.store.sessions import commit_beat, read_session
from shared.policies import reclaim_policy
from shared.sessions.heartbeats import without_background_hold
from shared.sessions.reclaim_decision import decide_background_hold, decide_reclaim
from shared.sessions.session import BackgroundHold, Session, SessionId
from shared.sessions.tokens import Signer
from shared.settings import settings


class HoldRequest(Struct, forbid_unknown_fields=True):
    session: SessionId


class BackgroundHoldAnswer(Struct):
    """What was done."""

    session: str
    outcome: str


signer = Signer(settings().signing_key)


@functions_framework.http
@endpoint(
    partial(invoker, function="background_hold"),
    HoldRequest,
    refuses={503: ("slot-unreachable",)},
    task=True,
)
def background_hold(_caller: str, body: HoldRequest, now: datetime) -> BackgroundHoldAnswer:
    """Hold a request open to a container whose job goes on without a browser."""
    begun = _begin(body.session, now)
    if begun is None:
        return BackgroundHoldAnswer(body.session, "nothing to hold")
    session, hold = begun
    logs.info("background-hold-began", session=session.sid, slot=session.slot, until=hold.until)
    ended_by = None
    try:
        ended_by = _hold(session, (hold.until - now).total_seconds(), now)
    finally:
        after = _end(session.sid, hold, answered=ended_by not in (None, "gone"))
    logs.info("background-hold-ended", session=session.sid, reason=ended_by)
    if ended_by == "time" and after:
        tasks.schedule_background_hold(after.sid, after.seq)
    if ended_by == "gone":
        tasks.schedule_reclaim_check(session.sid, clock.now())
    return BackgroundHoldAnswer(session.sid, ended_by)


@until_won("Several requests change the session at once. Try again.")
def _begin(sid: str, now: datetime) -> tuple[Session, BackgroundHold] | None:
    """Commits a hold. Returns the session and the hold; None if the record or the plan allows no hold."""
    read = read_session(sid)
    if read is None:
        return None
    session, policy = read.record, reclaim_policy(read.record.plan)
    hold = decide_background_hold(session, policy, longest=settings().background_hold_seconds, now=now)
    if hold is None:
        return None
    decision = decide_reclaim(replace(session, background_hold=hold), policy, now)
    if decision.reason:
        return None  # `reclaim` is about to end the session
    billing = read_billing(session.bid)
    # ends the accounting of a hold that this one replaces
    before = without_background_hold(session, billing.record, policy, now, answered=False)
    rule = f"a busy process goes on without a browser, until {hold.until:%H:%M:%S} UTC at the latest"
    after = replace(before.session, background_hold=hold).decide(replace(decision, rule=rule))
    commit_beat(read, billing, replace(before, session=after))
    return after, hold


def _hold(session: Session, seconds: float, now: datetime) -> str:
    """Why the hold ended, in the container's word, or `gone`. Raises TryAgain if the container did not answer."""
    try:
        return slot_client.background_hold(session.url, signer.background_hold(session, now), seconds, settings().quiet)
    except slot_client.Gone as e:
        logs.warning("container-gone", session=session.sid, slot=session.slot, reason=str(e))
        return "gone"


@until_won("Several requests change the session at once. Try again.")
def _end(sid: str, hold: BackgroundHold, *, answered: bool) -> Session | None:
    """Removes this hold from the session and charges the time used in it. A hold that another delivery or a browser has
    replaced is left alone."""
    read = read_session(sid)
    if read is None or not read.record.open:
        return None
    if read.record.background_hold != hold:
        return read.record
    billing = read_billing(read.record.bid)
    policy = reclaim_policy(read.record.plan)
    accepted = without_background_hold(read.record, billing.record, policy, clock.now(), answered=answered)
    commit_beat(read, billing, accepted)
    return accepted.session
