"""The month that is simulated: who comes when, for how long, and how they leave.

All of it is synthetic. Nobody's real use was measured; `economics.fitting` reads an operator's own exports.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from shared.billing.plans import PLANS
from shared.billing.prices import MONTH_DAYS
from shared.economics.workload import WEEK_HOURS

BEGINS = datetime(2026, 6, 1, tzinfo=UTC)
"""A Monday at midnight. Thirty days follow, as in the model."""
SECOND = 1000
HOUR = 3600 * SECOND
LENGTH = MONTH_DAYS * 24 * HOUR
"""All times of the simulation are whole milliseconds since `BEGINS`, as metering counts them."""
HOURS_OF_DAY = 24
WEEKDAYS = 5

Weights = Annotated[tuple[float, ...], Meta(min_length=HOURS_OF_DAY, max_length=HOURS_OF_DAY)]
Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]


class Month(Struct, frozen=True, kw_only=True):
    """What members do in a month. Each number is an assumption."""

    members: Annotated[int, Meta(ge=1)] = 1000
    plan: str = "pro"
    """The plan of all members: it decides when a session is idle and how much time a member has."""
    sessions: Positive = 10.0
    """Times that a member wants to work, in the mean of all members."""
    hours: Positive = 5.0
    """Hours that a member wants to work, in the mean of all members. Time that is used up ends it sooner."""
    length_spread: Annotated[float, Meta(ge=0)] = 1.0
    """Sigma of the log-normal lengths of sessions. With 1 the longest twentieth takes nearly a third of all time."""
    longest: Positive = 12.0
    """Hours after which the longest session ends."""
    day: Weights = (
        *(0.3, 0.2, 0.1, 0.1, 0.1, 0.2, 0.4, 1.0, 2.5, 4.0, 4.5, 4.0),
        *(2.5, 3.5, 4.5, 4.5, 4.0, 3.0, 2.0, 2.0, 2.5, 2.5, 1.5, 0.7),
    )
    """How much each hour of a weekday weighs, from midnight on: a day of work and an evening."""
    weekend: Annotated[float, Meta(ge=0)] = 0.35
    """What an hour of the weekend weighs beside that of a weekday."""
    class_share: Share = 0.2
    """The part of all sessions that begin in a class: its members come at about the same time."""
    class_size: Annotated[int, Meta(ge=1)] = 30
    class_spread: Positive = 90.0
    """Seconds that a member of a class is late, in the mean; exponential."""
    class_hours: tuple[int, ...] = (9, 10, 11, 13, 14, 15, 16)
    """Hours of a weekday at which classes begin."""
    activity_spread: Annotated[float, Meta(ge=0)] = 1.0
    """Sigma of the log-normal number of sessions of a member: some come daily, many hardly ever."""
    stops: Share = 0.3
    """The part of sessions that end with Stop. Of the others a tab is closed, or left open."""
    walks_away: Share = 0.1
    """The part of sessions whose tab is left open while nobody works."""
    seed: int = 1

    def __post_init__(self) -> None:
        if self.plan not in PLANS:
            raise ValueError(f"there is no plan {self.plan}")
        if self.stops + self.walks_away > 1:
            raise ValueError("a session ends in one way: `stops` and `walks_away` are at most 1 together")
        if min(self.day) < 0 or not sum(self.day):
            raise ValueError("the hours of a day weigh 0 or more, and not all of them 0")
        if self.class_share and not (self.class_hours and set(self.class_hours) <= set(range(HOURS_OF_DAY))):
            raise ValueError("classes begin at hours of the day")

    @property
    def week(self) -> tuple[float, ...]:
        """How much each hour of the week weighs for those who come by themselves, from Monday 0:00 on; 1 in all."""
        weights = [self.day[hour % 24] * (1 if hour < WEEKDAYS * 24 else self.weekend) for hour in range(WEEK_HOURS)]
        whole = sum(weights)
        return tuple(weight / whole for weight in weights)

    @property
    def classes_in_week(self) -> tuple[float, ...]:
        """How much each hour of the week weighs for classes; 1 in all."""
        begin = [hour < WEEKDAYS * 24 and hour % 24 in self.class_hours for hour in range(WEEK_HOURS)]
        return tuple(each / max(1, sum(begin)) for each in begin)

    @property
    def in_week(self) -> float:
        """Sessions that members want in a week."""
        return self.members * self.sessions * 7 / MONTH_DAYS

    @property
    def alone_by_hour(self) -> tuple[float, ...]:
        """Members who come by themselves, in the mean of each hour of the week."""
        return tuple(self.in_week * (1 - self.class_share) * weight for weight in self.week)

    @property
    def by_hour(self) -> tuple[float, ...]:
        """Members who come in the mean of each hour of the week, classes included."""
        classes = [self.in_week * self.class_share * weight for weight in self.classes_in_week]
        return tuple(alone + together for alone, together in zip(self.alone_by_hour, classes, strict=True))

    @property
    def mean_length(self) -> float:
        """Milliseconds."""
        return self.hours / self.sessions * HOUR

    @property
    def log_length(self) -> float:
        """The logarithm of the median length in milliseconds."""
        return math.log(self.mean_length) - self.length_spread**2 / 2


def moment(at: int) -> datetime:
    """The time that is so many milliseconds after the beginning of the month."""
    return BEGINS + timedelta(milliseconds=at)


def since_begin(moment: datetime) -> int:
    """Whole milliseconds from the beginning of the month, rounded up: never before the moment."""
    return -((BEGINS - moment) // timedelta(milliseconds=1))
