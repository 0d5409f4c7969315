"""How often a container may send a checkpoint: a token bucket, kept in the session's record as one timestamp.

Each accepted checkpoint is a commit of six documents. Our agent sends at most two between two saves, the small tiers
and then all, and one or two when the session ends.
"""

from datetime import datetime, timedelta

from shared.sessions.session import Session

PER_SAVE = 4
"""Checkpoints per save interval, in the long run."""
BURST = 6
LAST = 3
"""How many more may come at once when the session ends, so that the last checkpoint need not wait."""


def wait_seconds(session: Session, saving: float, now: datetime, *, is_last: bool = False) -> float:
    """Seconds until the next checkpoint is accepted; 0 if now. `saving` is the seconds between two saves."""
    if session.checkpoints_until is None:
        return 0.0
    most = BURST + (LAST if is_last else 0)
    return max(0.0, (session.checkpoints_until - now).total_seconds() - (most - 1) * saving / PER_SAVE)


def counted(session: Session, saving: float, now: datetime) -> datetime:
    """The session's `checkpoints_until` after one more checkpoint."""
    return max(session.checkpoints_until or now, now) + timedelta(seconds=saving / PER_SAVE)
