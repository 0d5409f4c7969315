"""Periods: the day or the month that an allowance is for, as the account's time zone has it."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, reset_tzpath

from msgspec import Struct

reset_tzpath(to=())  # only those of the pinned package: with a machine's own two functions may differ about a zone


class PeriodKind(StrEnum):
    DAY = "day"
    MONTH = "month"


class Period(Struct, frozen=True):
    """From `starts` up to, and without, `ends`. `id` is its date or month on the account's calendar.

    What was used is counted by `id`, and each is granted once: whoever moves to another time zone takes with them what
    they used of the same date, so that nobody gains a day by moving.
    """

    id: str
    starts: datetime
    ends: datetime


def period_at(per: PeriodKind, zone: str, now: datetime) -> Period:
    """The period that `now` lies in. A day begins at midnight, or where the clocks skip that, as soon as they have."""
    today = now.astimezone(ZoneInfo(zone)).date()
    if per == PeriodKind.DAY:
        return Period(today.isoformat(), _midnight(today, zone), _midnight(today + timedelta(days=1), zone))
    first = today.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(f"{first:%Y-%m}", _midnight(first, zone), _midnight(following, zone))


def over_everywhere(period: str) -> datetime:
    """When the period of this id is over in every time zone, with half a day to spare for what was late."""
    return start_in_utc(_last_day(period)) + timedelta(days=2)


def start_in_utc(day: date) -> datetime:
    """An operator's days, of all accounts together, are those of UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _last_day(period: str) -> date:
    if len(period) == len("2026-11-23"):
        return date.fromisoformat(period)
    first = date.fromisoformat(f"{period}-01")
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def is_zone(name: str) -> bool:
    """Whether it is an IANA name, such as Asia/Seoul."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
