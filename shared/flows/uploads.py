"""What the containers of open sessions have uploaded: for their token bounds neither number nor size."""

from datetime import datetime

from shared import logs
from shared.billing.plans import PLANS
from shared.gcp import buckets
from shared.gcp.store.sessions import begin_end, in_use
from shared.sessions.session import EndReason, Session
from shared.settings import settings
from shared.snapshots.checkpoint import boot_prefix
from shared.snapshots.storage_quota import MOST_UPLOADS, why_too_many_uploads
from shared.time_budget import TimeBudget, begin_elsewhere


def watch(now: datetime, deadline: TimeBudget) -> int:
    """How many sessions were ended because their container uploads without bound; what it saved before is kept, and the
    rest is swept after a day. After the deadline the next run looks at those that are left."""
    ended = 0
    for session in begin_elsewhere(list(in_use()), now):
        if deadline.is_over():
            break
        try:
            ended += _end_if_too_many(session, now)
        except Exception as e:  # what is odd about one keeps no other from its turn
            logs.exception("uploads-not-measured", e)
    return ended


def _end_if_too_many(session: Session, now: datetime) -> bool:
    why = _why(session) if session.boot else None
    if why:
        logs.error("uploads-over-bound", session=session.sid, workspace=session.wid, why=why)
        begin_end(session.sid, EndReason.STOPPED, now)
    return bool(why)


def _why(session: Session) -> str | None:
    prefix = boot_prefix(session.wid, session.epoch, session.boot or "")
    count, bytes = buckets.measure(prefix, MOST_UPLOADS + 1)
    return why_too_many_uploads(count, bytes, PLANS[session.plan].bytes, settings().uploads_times)
