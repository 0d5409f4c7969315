"""Facts of a mail as its reader writes them: days, durations, sizes and plans. Filters of Jinja's."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

from shared.billing.plans import PLANS

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
UNITS = (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000))


def plan(name: str) -> str:
    """The plan's title; its name if it was taken from the table."""
    return PLANS[name].title if name in PLANS else name


def size(count: str) -> str:
    """Bytes, as the page writes them."""
    number = int(count)
    for unit, factor in UNITS:
        if number >= factor:
            return f"{round(number / factor, 1):g} {unit}"
    return f"{number} B"


def duration(seconds: str) -> str:
    """Hours and minutes, rounded down: nobody should be promised more than there is."""
    hours, minutes = _hours_and_minutes(seconds)
    return " ".join([*_some(hours, "hour"), *_some(minutes, "minute")]) or "less than a minute"


def duration_in_korean(seconds: str) -> str:
    hours, minutes = _hours_and_minutes(seconds)
    return " ".join([*([f"{hours}시간"] if hours else []), *([f"{minutes}분"] if minutes else [])]) or "1분 미만"


@pass_context
def day(context: Context, moment: str) -> str:
    """The day in the reader's time zone, which is in the context."""
    local = _local(context, moment)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


@pass_context
def day_in_korean(context: Context, moment: str) -> str:
    local = _local(context, moment)
    return f"{local.year}년 {local.month}월 {local.day}일"


ENGLISH_FILTERS: Mapping[str, Callable[..., Any]] = {"plan": plan, "size": size, "duration": duration, "day": day}
KOREAN_FILTERS: Mapping[str, Callable[..., Any]] = {
    "plan": plan,
    "size": size,
    "duration": duration_in_korean,
    "day": day_in_korean,
}


def _local(context: Context, moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(context["zone"]))


def _hours_and_minutes(seconds: str) -> tuple[int, int]:
    return divmod(int(float(seconds)) // 60, 60)


def _some(count: int, unit: str) -> list[str]:
    return [f"{count} {unit}{'s' * (count > 1)}"] if count else []
