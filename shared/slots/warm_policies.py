"""How many slots the pool keeps warm, by the operator's choice: a fixed number, one for each hour of the week, or what
the arrivals of the last weeks were worth; and more of them for what is announced."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.billing.periods import is_zone
from shared.slots.opens import HourOfOpens, WarmDecision, expected, expected_week
from shared.slots.pool_size import Demand, SlotValue, miss_share, saved_by_next, worthwhile_slots

WEEK_HOURS = 7 * 24
MOST_SLOTS = 1000
"""Services that Google Cloud allows in a project and region, which functions share."""
DEAREST_MISS = 100_00
"""US cents. A larger number is taken for a mistake."""
BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=20)
"""Slots for what is announced are warm from so long before its beginning until so long after it."""
HELD = timedelta(minutes=15)
"""How long a number must have been too large before it is lowered. Otherwise a number that goes up and down by the
minute would start and stop a container each time."""
Slots = Annotated[int, Meta(ge=0, le=MOST_SLOTS)]


class Fixed(Struct, frozen=True, tag="fixed"):
    """The same number at all times."""

    warm: Slots


class ByHour(Struct, frozen=True, kw_only=True, tag="by-hour"):
    """A number for each hour of the week, from Monday 0:00 in the time zone on."""

    zone: str
    """An IANA name."""
    warm: Annotated[tuple[Slots, ...], Meta(min_length=WEEK_HOURS, max_length=WEEK_HOURS)]

    def __post_init__(self) -> None:
        if not is_zone(self.zone):
            raise ValueError(f"{self.zone} is no time zone")


class Adaptive(Struct, frozen=True, kw_only=True, tag="adaptive"):
    """As many as the arrivals of the last weeks make worthwhile, between two bounds."""

    least: Slots
    most: Slots
    weeks: Annotated[int, Meta(ge=1, le=12)]
    """Weeks whose Opens are counted."""
    miss_cents: Annotated[int, Meta(ge=0, le=DEAREST_MISS)]
    """What it is worth, in US cents, that one member does not wait for a container to start. A slot is added while its
    idle price is less than what the misses that it saves are worth."""

    def __post_init__(self) -> None:
        if self.least > self.most:
            raise ValueError(f"least is {self.least}, and most is {self.most}")


Varying = ByHour | Adaptive
"""What an operator may choose in place of a fixed number."""
WarmPolicy = Fixed | Varying


class WarmKept(Struct, frozen=True, kw_only=True):
    """`pool/kept`: how many slots an adaptive pool keeps warm. An audit writes it, and every run reads it."""

    decision: WarmDecision
    fewer_since: datetime | None = None
    """Since when fewer slots would do."""


class Announcement(Struct, frozen=True, kw_only=True):
    """Members who will come at about the same time, such as a class."""

    id: str
    """That of the operator's request."""
    starts: datetime
    members: Slots

    def holds(self, now: datetime) -> bool:
        """Whether slots are warm because of it."""
        return self.starts - BEFORE <= now < self.starts + AFTER

    def is_over(self, now: datetime) -> bool:
        return now >= self.starts + AFTER


def with_announced(decision: WarmDecision, announced: Sequence[Announcement], now: datetime) -> WarmDecision:
    """With a slot for each member who is announced."""
    for each in announced:
        if each.holds(now):
            announcement = f"{each.members} who are announced for {each.starts.astimezone(UTC):%H:%M} UTC"
            reason = f"{decision.reason}; and {announcement}"
            decision = replace(decision, warm=decision.warm + each.members, reason=reason)
    return decision


def most_announced(announced: Sequence[Announcement]) -> int:
    """The most members for whom slots are warm at the same time."""
    begin = [each.starts - BEFORE for each in announced]
    return max(sum(each.members for each in announced if each.holds(at)) for at in begin)


def decide_set(policy: Fixed | ByHour, now: datetime) -> WarmDecision:
    """The number that the operator has set."""
    if isinstance(policy, Fixed):
        return WarmDecision(policy.warm, f"{policy.warm} at all times")
    local = now.astimezone(ZoneInfo(policy.zone))
    warm = policy.warm[hour_of_week(local)]
    return WarmDecision(warm, f"{warm} on {local:%A} from {local.hour}:00 in {policy.zone}")


def decide_adaptive(policy: Adaptive, opens: Sequence[HourOfOpens], value: SlotValue, now: datetime) -> WarmDecision:
    """As many as are worthwhile."""
    demand = expected(opens, policy.weeks, now)
    wanted = worthwhile_slots(demand, value, policy.most)
    warm = max(policy.least, wanted)
    missed = miss_share(warm, demand, value.refill)
    return WarmDecision(warm, _reason(warm, wanted, demand, value, missed), demand, missed)


def keep_adaptive(
    policy: Adaptive, before: WarmKept | None, opens: Sequence[HourOfOpens], value: SlotValue, now: datetime
) -> WarmKept:
    """As many as are worthwhile: a larger number than before at once, a smaller one once the present one has been too
    large for HELD."""
    return hold(policy, before, decide_adaptive(policy, opens, value, now), now)


def hold(policy: Adaptive, before: WarmKept | None, wanted: WarmDecision, now: datetime) -> WarmKept:
    """What is kept from now on, if so many are wanted."""
    held = kept_now(policy, before)
    if before is None or wanted.warm >= held.warm:
        return WarmKept(decision=wanted)
    since = before.fewer_since or now
    return WarmKept(decision=wanted) if now - since >= HELD else WarmKept(decision=held, fewer_since=since)


def kept_now(policy: Adaptive, kept: WarmKept | None) -> WarmDecision:
    """What the last audit has decided, within the bounds, which an operator may have changed since."""
    if kept is None:
        return WarmDecision(policy.least, f"{policy.least} are the least, and no Open is counted yet")
    if kept.decision.warm > policy.most:
        return WarmDecision(policy.most, f"{policy.most} are the most", kept.decision.demand)
    if kept.decision.warm < policy.least:
        return WarmDecision(policy.least, f"{policy.least} are the least", kept.decision.demand)
    return kept.decision


def adaptive_week(policy: Adaptive, opens: Sequence[HourOfOpens], value: SlotValue, now: datetime) -> tuple[int, ...]:
    """The worthwhile number for each hour of the week, from Monday 0:00 (UTC) on, by what was counted."""
    return tuple(
        max(policy.least, worthwhile_slots(demand, value, policy.most))
        for demand in expected_week(opens, policy.weeks, now)
    )


def _reason(warm: int, wanted: int, demand: Demand, value: SlotValue, missed: float) -> str:
    come = f"{demand.per_hour:.1f} Opens an hour are expected, in bursts of {demand.burst:.1f}"
    come += f": with {warm} warm slots {missed:.1%} of them miss"
    if warm > wanted:
        return f"{come}; {warm} are the least"
    worth = saved_by_next(warm, demand, value) * float(value.miss)
    return f"{come}, and one more would save {worth:.3f} dollars an hour and cost {value.idle_hour:.3f}"


def most_warm(policy: WarmPolicy) -> int:
    """The most slots that the policy keeps warm at any time, without those who are announced."""
    match policy:
        case Fixed(warm=warm):
            return warm
        case ByHour(warm=week):
            return max(week)
        case Adaptive(most=most):
            return most


def week_of(demands: Sequence[Demand], value: SlotValue, most: int, zone: str) -> ByHour:
    """The worthwhile number for each hour of the week. Raises ValueError unless there is a demand for each hour."""
    if len(demands) != WEEK_HOURS:
        raise ValueError(f"a week has {WEEK_HOURS} hours, and not {len(demands)}")
    return ByHour(zone=zone, warm=tuple(worthwhile_slots(demand, value, most) for demand in demands))


def hour_of_week(local: datetime) -> int:
    """0 for Monday from 0:00 to 1:00."""
    return local.weekday() * 24 + local.hour
