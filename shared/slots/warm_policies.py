"""How many slots the pool keeps warm, by the operator's choice: a fixed number, one for each hour of the week, or what
the arrivals of the last weeks were worth; and more of them for what is announced."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.billing.periods import is_zone
from shared.slots.pool import PoolPolicy
from shared.slots.pool_size import Demand, SlotValue, miss_share, saved_by_next, worthwhile_slots

HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
WEEK_HOURS = 7 * 24
BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=20)
"""Slots for what is announced are warm from so long before its beginning until so long after it."""
Count = Annotated[int, Meta(ge=0)]


class Fixed(Struct, frozen=True, tag="fixed"):
    """The same number at all times."""

    warm: Count


class ByHour(Struct, frozen=True, kw_only=True, tag="by-hour"):
    """A number for each hour of the week, from Monday 0:00 in the time zone on."""

    zone: str
    """An IANA name."""
    warm: Annotated[tuple[Count, ...], Meta(min_length=WEEK_HOURS, max_length=WEEK_HOURS)]

    def __post_init__(self) -> None:
        if not is_zone(self.zone):
            raise ValueError(f"{self.zone} is no time zone")


class Adaptive(Struct, frozen=True, kw_only=True, tag="adaptive"):
    """As many as the arrivals of the last weeks make worthwhile, between two bounds."""

    least: Count = 0
    most: Count
    weeks: Annotated[int, Meta(ge=1, le=12)] = 4


WarmPolicy = Fixed | ByHour | Adaptive


class Announcement(Struct, frozen=True, kw_only=True):
    """Members who will come at about the same time, such as a class."""

    starts: datetime
    members: Count
    what: str


class WarmDecision(Struct, frozen=True):
    """How many slots should be warm, and why."""

    warm: int
    reason: str

    def applied(self, policy: PoolPolicy) -> PoolPolicy:
        """The pool's policy with this number, at most as many as may exist."""
        return replace(policy, warm=min(policy.max, self.warm))


def decide_warm(
    policy: WarmPolicy,
    announced: Sequence[Announcement],
    arrivals: Sequence[datetime],
    value: SlotValue,
    now: datetime,
) -> WarmDecision:
    """`arrivals`: when sessions were opened in the last weeks. Only an adaptive policy looks at them."""
    decision = _decide(policy, arrivals, value, now)
    for each in announced:
        if each.starts - BEFORE <= now < each.starts + AFTER:
            warm = decision.warm + each.members
            decision = WarmDecision(warm, f"{decision.reason}; and {each.members} for {each.what}")
    return decision


def _decide(policy: WarmPolicy, arrivals: Sequence[datetime], value: SlotValue, now: datetime) -> WarmDecision:
    match policy:
        case Fixed(warm=warm):
            return WarmDecision(warm, f"{warm} are set")
        case ByHour(zone=zone, warm=week):
            local = now.astimezone(ZoneInfo(zone))
            warm = week[hour_of_week(local)]
            return WarmDecision(warm, f"{warm} are set for {local:%A} at {local.hour}")
        case Adaptive():
            demand = expected(arrivals, policy.weeks, value.refill, now)
            wanted = worthwhile_slots(demand, value, policy.most)
            warm = max(policy.least, wanted)
            return WarmDecision(warm, _reason(warm, wanted, demand, value))


def _reason(warm: int, wanted: int, demand: Demand, value: SlotValue) -> str:
    come = f"{demand.per_hour:.1f} Opens an hour are expected, in bursts of {demand.burst:.1f}"
    missed = f"with {warm} warm slots {miss_share(warm, demand, value.refill):.1%} of them miss"
    if warm > wanted:
        return f"{come}: {missed}; {warm} are the least"
    worth = saved_by_next(warm, demand, value) * float(value.miss)
    return f"{come}: {missed}, and one more would save {worth:.3f} dollars an hour and cost {value.idle_hour:.3f}"


def week_of(demands: Sequence[Demand], value: SlotValue, most: int, zone: str) -> ByHour:
    """The worthwhile number for each hour of the week. Raises ValueError unless there is a demand for each hour."""
    if len(demands) != WEEK_HOURS:
        raise ValueError(f"a week has {WEEK_HOURS} hours, and not {len(demands)}")
    return ByHour(zone=zone, warm=tuple(worthwhile_slots(demand, value, most) for demand in demands))


def hour_of_week(local: datetime) -> int:
    """0 for Monday from 0:00 to 1:00."""
    return local.weekday() * 24 + local.hour


def expected(arrivals: Sequence[datetime], weeks: int, refill: float, now: datetime) -> Demand:
    """The Opens to expect from now on.

    As many as came in the last hour, or in the mean of the last weeks in the hour that begins now or the one that
    begins half an hour later, whichever are most. Weeks before the first arrival do not count.
    """
    past = [at for at in arrivals if now - weeks * WEEK <= at < now]
    if not past:
        return Demand(per_hour=0)
    known = min(weeks, max(1, -(-(now - min(past)) // WEEK)))
    this_hour, next_hour = (_in_hour_from(begins, past, known) for begins in (now, now + HOUR / 2))
    last_hour = sum(now - HOUR <= at for at in past)
    return Demand(per_hour=max(this_hour, next_hour, last_hour), burst=burstiness(past, known, refill, now))


def _in_hour_from(begins: datetime, arrivals: Sequence[datetime], weeks: int) -> float:
    """Arrivals in this hour of the week, in the mean of so many weeks before."""
    hours = [begins - week * WEEK for week in range(1, weeks + 1)]
    return sum(hour <= at < hour + HOUR for hour in hours for at in arrivals) / weeks


def burstiness(arrivals: Sequence[datetime], weeks: int, refill: float, now: datetime) -> float:
    """How many come at the same moment: the variance of the arrivals within one refill time, as a part of their mean.

    It is compared within each hour of the week, so that the waves of a day and of a week do not count as bursts. It is
    1 if members come independently of each other, and `n` if they come by the `n`.
    """
    windows = defaultdict[int, defaultdict[int, int]](lambda: defaultdict(int))
    for at in arrivals:
        age = (now - at).total_seconds()
        windows[int(age // 3600) % WEEK_HOURS][int(age // refill)] += 1
    in_each = max(2.0, weeks * 3600 / refill)
    varied = 0.0
    for counts in windows.values():
        total, squares = sum(counts.values()), sum(count**2 for count in counts.values())
        varied += (squares - total**2 / in_each) * in_each / (in_each - 1)
    return max(1.0, varied / len(arrivals)) if arrivals else 1.0
