"""Uploads of open sessions: ends sessions whose container uploads without bound. A container's storage token limits
neither the number nor the size of its objects."""

from datetime import datetime

from shared import logs
from shared.billing.plans import PLANS
from shared.gcp import buckets
from shared.gcp.store.sessions import begin_end, sessions_in_use
from shared.sessions.session import EndReason, Session
from shared.settings import settings
from shared.snapshots.checkpoint import Writer
from shared.snapshots.storage_quota import MOST_UPLOADS, too_many_uploads_reason
from shared.time_budget import TimeBudget, rotated


def end_excessive(now: datetime, budget: TimeBudget) -> int:
    """Ends sessions whose container uploads without bound. Returns how many. Earlier snapshots are kept, and other
    objects are deleted after a day. When the budget is spent, the next run goes on with the rest."""
    ended = 0
    for session in rotated(list(sessions_in_use()), now):
        if budget.is_over():
            break
        try:
            ended += _end_if_too_many(session, now)
        except Exception as e:  # a failure with one session stops no other session
            logs.exception("uploads-not-measured", e)
    return ended


def _end_if_too_many(session: Session, now: datetime) -> bool:
    reason = excess(session) if session.boot else None
    if reason:
        logs.error("uploads-over-bound", session=session.sid, workspace=session.wid, reason=reason)
        begin_end(session.sid, EndReason.STOPPED, now)
    return bool(reason)


def excess(session: Session) -> str | None:
    prefix = Writer(session.wid, session.epoch, session.boot or "").prefix
    count, bytes = buckets.measure(prefix, MOST_UPLOADS + 1)
    return too_many_uploads_reason(count, bytes, PLANS[session.plan].bytes, settings().uploads_times)
