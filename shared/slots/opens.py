"""How many members open their workspaces: counted by the hour with how unevenly they come, and what that lets `pool`
expect."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.slots.pool import PoolPolicy
from shared.slots.pool_size import Demand

HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
REFILL = timedelta(seconds=30)
"""From the claim of a warm slot until another one is warm in its place, as the model and the simulation assume.
Bursts are told within so long a time. Opens are counted by full minutes, which it divides, so that none is split."""
LATE = timedelta(minutes=1)
"""How much later than its time an Open may be committed. What is younger is not counted yet."""


class HourOfOpens(Struct, frozen=True):
    """One hour in which somebody opened a workspace."""

    begins: datetime
    opens: int
    squares: int
    """The sum of the squares of the numbers that came within the time of a refill each, by which bursts are told."""


class WarmDecision(Struct, frozen=True):
    """How many slots should be warm, and why."""

    warm: int
    reason: str
    demand: Demand | None = None
    """The Opens that an adaptive pool expects."""
    missed: float | None = None
    """The part of them that finds no warm slot."""

    def applied(self, policy: PoolPolicy) -> PoolPolicy:
        """The pool's policy with this number, at most as many as may exist."""
        return replace(policy, warm=min(policy.max, self.warm), why=self.reason)


class OpensCounted(Struct, frozen=True, kw_only=True):
    """`pool/opens`: what an adaptive pool has counted. An audit writes it. Other runs do not read it, for it may
    have 2,016 hours."""

    until: datetime
    """Opens before this time, which is a full minute, are counted."""
    hours: tuple[HourOfOpens, ...] = ()

    def counted(self, times: Sequence[datetime], until: datetime, since: datetime) -> "OpensCounted":
        """With the Opens between the present `until` and the new one; without hours that ended before `since`."""
        both = defaultdict[datetime, list[HourOfOpens]](list)
        for hour in (*self.hours, *by_hour(times)):
            if hour.begins + HOUR > since:
                both[hour.begins].append(hour)
        hours = [
            HourOfOpens(begins, sum(each.opens for each in parts), sum(each.squares for each in parts))
            for begins, parts in sorted(both.items())
        ]
        return replace(self, until=until, hours=tuple(hours))


def uncounted_since(found: OpensCounted | None, weeks: int, now: datetime) -> datetime:
    """From when on Opens are to be counted: what is older than the weeks decides nothing."""
    oldest = (now - weeks * WEEK).replace(second=0, microsecond=0)
    return max(found.until, oldest) if found else oldest


def countable_until(now: datetime) -> datetime:
    """Opens before this time, a full minute, are all committed."""
    return (now - LATE).replace(second=0, microsecond=0)


def by_hour(times: Iterable[datetime], window: timedelta = REFILL) -> list[HourOfOpens]:
    """The hours (UTC) in which somebody came; `squares` of numbers within so long a time."""
    hours = defaultdict[datetime, Counter[int]](Counter)
    for at in times:
        begins = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        hours[begins][(at - begins) // window] += 1
    return [
        HourOfOpens(begins, counts.total(), sum(count**2 for count in counts.values()))
        for begins, counts in sorted(hours.items())
    ]


def expected(hours: Sequence[HourOfOpens], weeks: int, now: datetime) -> Demand:
    """The Opens to expect from now on.

    As many as came in the last hour, or in the mean of the last weeks in this hour of the week and, from half past on,
    in the next one; whichever are most. Weeks before the first Open do not count.
    """
    past = _past(hours, weeks, now)
    if not past:
        return Demand(per_hour=0)
    known = _known(past, weeks, now)
    counts = {hour.begins: hour.opens for hour in past}
    at_most = max(_mean(counts, begins, known) for begins in (now, now + HOUR / 2))
    return Demand(per_hour=max(at_most, _last_hour(counts, now)), burst=burstiness(past, known * (HOUR / REFILL)))


def expected_week(hours: Sequence[HourOfOpens], weeks: int, now: datetime) -> Sequence[Demand]:
    """The Opens of each hour of the week, from Monday 0:00 (UTC) on, in the mean of the last weeks."""
    past = _past(hours, weeks, now)
    if not past:
        return [Demand(per_hour=0)] * (WEEK // HOUR)
    known, counts = _known(past, weeks, now), {hour.begins: hour.opens for hour in past}
    burst, begins = burstiness(past, known * (HOUR / REFILL)), _full_hour(now)
    monday = begins - timedelta(days=begins.weekday(), hours=begins.hour)
    coming = [monday + n * HOUR for n in range(WEEK // HOUR)]
    nexts = [at if at >= begins else at + WEEK for at in coming]
    return [Demand(per_hour=_mean(counts, at, known), burst=burst) for at in nexts]


def _past(hours: Sequence[HourOfOpens], weeks: int, now: datetime) -> Sequence[HourOfOpens]:
    return [hour for hour in hours if now - weeks * WEEK < hour.begins + HOUR and hour.begins <= now]


def _known(past: Sequence[HourOfOpens], weeks: int, now: datetime) -> int:
    """Weeks since the first Open."""
    return min(weeks, max(1, -(-(now - past[0].begins) // WEEK)))


def _mean(counts: dict[datetime, int], at: datetime, weeks: int) -> float:
    """Opens in this hour of the week, in the mean of so many weeks before."""
    return sum(counts.get(_full_hour(at - week * WEEK), 0) for week in range(1, weeks + 1)) / weeks


def _last_hour(counts: dict[datetime, int], now: datetime) -> float:
    """Opens of the last sixty minutes: of the hour before, as large a part as belongs to them."""
    begins = _full_hour(now)
    return counts.get(begins, 0) + counts.get(begins - HOUR, 0) * (1 - (now - begins) / HOUR)


def _full_hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def burstiness(hours: Sequence[HourOfOpens], windows: float) -> float:
    """How many come at the same moment: the variance of the Opens within the time of a refill, as a part of their mean.

    It is compared within each hour of the week, which has so many `windows` in all weeks, so that the waves of a day
    and of a week do not count as bursts. It is 1 if members come independently of each other, and `n` if they come by
    the `n`.
    """
    of_week = defaultdict[int, list[HourOfOpens]](list)
    for hour in hours:
        of_week[hour.begins.weekday() * 24 + hour.begins.hour].append(hour)
    in_each, varied = max(2.0, windows), 0.0
    for same in of_week.values():
        total, squares = sum(hour.opens for hour in same), sum(hour.squares for hour in same)
        varied += (squares - total**2 / in_each) * in_each / (in_each - 1)
    whole = sum(hour.opens for hour in hours)
    return max(1.0, varied / whole) if whole else 1.0
