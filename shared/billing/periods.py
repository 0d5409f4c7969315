"""Periods: the day or the month of an allowance, in the account's time zone."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, reset_tzpath

from msgspec import Struct

reset_tzpath(to=())  # only the pinned package's zones: with the machine's own zones, two functions could differ


class PeriodKind(StrEnum):
    DAY = "day"
    MONTH = "month"


class Period(Struct, frozen=True):
    """From `starts` up to, and without, `ends`. `id` is the date or the month on the account's calendar.

    Used time is counted by `id`, and each id grants its time once. So after a change of the time zone the time used on
    a date still counts for that date, and nobody gains a day.
    """

    id: str
    starts: datetime
    ends: datetime


def period_at(per: PeriodKind, zone: str, now: datetime) -> Period:
    """The period that contains `now`. A day begins at midnight, or at the first moment after a gap that skips
    midnight."""
    return _period(per, zone, now.astimezone(ZoneInfo(zone)).date())


@lru_cache(maxsize=1024)
def _period(per: PeriodKind, zone: str, today: date) -> Period:
    if per == PeriodKind.DAY:
        return Period(today.isoformat(), _midnight(today, zone), _midnight(today + timedelta(days=1), zone))
    first = today.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(f"{first:%Y-%m}", _midnight(first, zone), _midnight(following, zone))


def month_of(period: str) -> str:
    """The month of a period: of a day, or the month itself."""
    return period[: len("2026-11")]


def over_everywhere(period: str) -> datetime:
    """When the period of this id is over in every time zone, plus half a day for late heartbeats."""
    return start_in_utc(_last_day(period)) + timedelta(days=2)


def start_in_utc(day: date) -> datetime:
    """The start of a day in UTC, as operators' reports count days."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _last_day(period: str) -> date:
    if len(period) == len("2026-11-23"):
        return date.fromisoformat(period)
    first = date.fromisoformat(f"{period}-01")
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def is_zone(name: str) -> bool:
    """Whether the name is an IANA time zone, such as Asia/Seoul."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
