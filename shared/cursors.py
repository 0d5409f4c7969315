"""Where a page of what is listed by time ended: its last moment, in whole microseconds, as Firestore holds it."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LAST = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH) // MICROSECOND


def cursor(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def moment(cursor: int | None) -> datetime | None:
    """The moment of a cursor; None for the beginning. A number too large for a moment stands for the last one."""
    return None if cursor is None else EPOCH + min(cursor, LAST) * MICROSECOND
