"""The time by which everything is decided: this machine's, held to Firestore's, which is one for all.

An instance of a function whose clock is hours ahead would leave the next hours uncharged, for what was charged up to
the later moment is not charged again; one that is behind would end nothing in time.
"""

from datetime import UTC, datetime, timedelta

AHEAD_SECONDS = 20.0
"""This machine's clock is ahead if Firestore's time of a read is earlier by more than this: no read takes so long, with
all of its retries."""
BEHIND_SECONDS = 5.0
"""This machine's clock is behind if Firestore's time of a read is later by more than this. Good clocks differ less."""


class Corrected(BaseException):
    """This machine's clock was found to be wrong by much: whatever was begun with its time is to be begun anew. Not an
    Exception, so that nobody who goes on after an error of one step goes on with a wrong time."""


_offset = timedelta(0)


def now() -> datetime:
    return _local() + _offset


def is_corrected() -> bool:
    """Whether this machine's clock was found to be wrong."""
    return _offset != timedelta(0)


def learn(read_at: datetime) -> None:
    """Firestore says that it answered a read at this moment, just now. Raises Corrected."""
    global _offset
    ahead = (now() - read_at).total_seconds()
    if not -BEHIND_SECONDS <= ahead <= AHEAD_SECONDS:
        _offset = read_at - _local()
        raise Corrected(f"the clock was {ahead:+.0f} s off")


def _local() -> datetime:
    return datetime.now(UTC)
