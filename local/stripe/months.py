"""Stripe's months, and the parts of a price that belong to parts of a month."""

import calendar
from datetime import UTC, datetime
from fractions import Fraction

HOUR, DAY = 3600, 86400


def months_after(anchor: int, months: int) -> int:
    """The time so many months after the anchor: on the same day, or on the month's last day where there is none
    (https://docs.stripe.com/billing/subscriptions/billing-cycle)."""
    start = datetime.fromtimestamp(anchor, UTC)
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def period_after(anchor: int, end: int) -> tuple[int, int]:
    """The period that begins at `end`."""
    months = 0
    while months_after(anchor, months) < end:
        months += 1
    return end, months_after(anchor, months + 1)


def part(amount: int, start: int, end: int, now: int) -> int:
    """The part of an amount that belongs to what is left of a period, rounded to the nearest unit, halves away from
    zero."""
    exact = Fraction(amount * (end - now), end - start)
    return int(exact + Fraction(1, 2)) if exact >= 0 else -int(-exact + Fraction(1, 2))
