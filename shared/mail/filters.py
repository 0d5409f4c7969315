"""Facts of a mail as its reader writes them: days, plans and sizes. Filters of Jinja's."""

import re
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


def plan(name: str) -> str:
    """The plan's title; its name if it was taken from the table."""
    return PLANS[name].title if name in PLANS else name


@pass_context
def day(context: Context, moment: str) -> str:
    """The day in the reader's time zone, which is in the context."""
    local = _local(context, moment)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


@pass_context
def day_in_korean(context: Context, moment: str) -> str:
    local = _local(context, moment)
    return f"{local.year}년 {local.month}월 {local.day}일"


def size(count: str) -> str:
    """Bytes in the largest unit of which there is one; the plan table's units are decimal too."""
    number, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if round(number) < STEP:
            break
        number, unit = number / STEP, larger
    return f"{number:.1f} {unit}" if unit != "B" and number < STEP / 100 else f"{number:.0f} {unit}"


def grouped(count: str) -> str:
    return f"{int(count):,}"


def named(name: str) -> str:
    """A name that somebody chose, in one line. No program makes a link of it: a mail to a stranger would advertise
    whatever an owner has called the team."""
    return LINKING.sub(f"\\g<0>{WORD_JOINER}", " ".join(name.split())[:LONGEST_NAME])


def length(seconds: str) -> str:
    """In hours from two on, in minutes below, rounded down: nobody is promised more than there is."""
    hours, minutes = int(seconds) // 3600, int(seconds) // 60
    if hours >= HOURS_FROM:
        return f"{hours} hours"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def length_in_korean(seconds: str) -> str:
    hours, minutes = int(seconds) // 3600, int(seconds) // 60
    return f"{hours}시간" if hours >= HOURS_FROM else f"{minutes}분"


HOURS_FROM = 2
LINKING = re.compile(r"[.:/@]")
WORD_JOINER = "\u2060"
"""Takes no room, and ends what looks like an address."""
LONGEST_NAME = 60
STEP = 1000
ENGLISH_FILTERS: Mapping[str, Callable[..., Any]] = {
    "plan": plan,
    "day": day,
    "size": size,
    "number": grouped,
    "named": named,
    "length": length,
}
KOREAN_FILTERS: Mapping[str, Callable[..., Any]] = {
    "plan": plan,
    "day": day_in_korean,
    "size": size,
    "number": grouped,
    "named": named,
    "length": length_in_korean,
}


def _local(context: Context, moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(context["zone"]))
