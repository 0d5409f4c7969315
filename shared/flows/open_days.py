"""The days of a month: those that are summed up, and those that are not yet."""

from datetime import UTC, datetime, timedelta

from shared.billing.reconciliation import DayUse
from shared.gcp.store.ledger import read_days, read_open_day

DAYS_WAITING = 2
"""Days that may wait to be summed up: today, and yesterday until its last line is written."""


def days_of(month: str, now: datetime) -> tuple[list[DayUse], list[DayUse]]:
    """A read for each day, and for each day that is not summed up four for each plan and one for each thousand of its
    lines."""
    summed = read_days(month)
    today = now.astimezone(UTC).date()
    last = max((use.day for use in summed), default="")
    waiting = [today - timedelta(days=n) for n in reversed(range(DAYS_WAITING))]
    not_over = [day for day in waiting if day.isoformat() > last and day.isoformat().startswith(month)]
    return summed, [read_open_day(day) for day in not_over]
