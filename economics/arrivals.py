"""Draws who comes when, from a month and a seed."""

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import accumulate
from typing import NamedTuple

from msgspec import Struct

from economics.month import HOUR, LENGTH, SECOND, Month, moment
from shared.economics.workload import WEEK_HOURS
from shared.slots.warm_policies import Announcement


class Leaving(IntEnum):
    """How a session is left."""

    STOPS = 0
    CLOSES = 1
    """The tab is closed."""
    WALKS_AWAY = 2
    """The tab stays open, and nobody works."""


class Arrival(NamedTuple):
    """A member who wants to work. Times are milliseconds since the month began."""

    at: int
    member: int
    works: int
    """For how long."""
    leaves: Leaving


class Drawn(Struct, frozen=True):
    """The arrivals of a month by time, and the classes that were announced."""

    arrivals: Sequence[Arrival]
    classes: Sequence[Announcement]


def draw(month: Month, part: int = 0) -> Drawn:
    """The same arrivals for the same month and `part`. Another part is another month of the same habits."""
    rng = random.Random(f"{month.seed} {part}")  # noqa: S311  # a simulation
    members = _Members(month, rng)
    arrivals, classes = list[Arrival](), list[Announcement]()
    for at in _alone(month, rng):
        arrivals.append(members.arrival(at, members.anybody()))
    for starts in _begins(month, rng):
        late = [starts + round(rng.expovariate(1 / (month.class_spread * SECOND))) for _ in range(month.class_size)]
        who = members.some(month.class_size)
        arrivals += [members.arrival(at, member) for at, member in zip(late, who, strict=False) if at < LENGTH]
        classes.append(Announcement(starts=moment(starts), members=len(who), id=f"class-{len(classes) + 1}"))
    arrivals.sort()
    classes.sort(key=lambda each: each.starts)
    return Drawn(arrivals, classes)


class _Members:
    """Draws members, of whom some come more often than others, and what each does."""

    def __init__(self, month: Month, rng: random.Random) -> None:
        self._month, self._rng = month, rng
        self._sums = [*accumulate(rng.lognormvariate(0, month.activity_spread) for _ in range(month.members))]

    def anybody(self) -> int:
        return min(len(self._sums) - 1, bisect(self._sums, self._rng.random() * self._sums[-1]))

    def some(self, count: int) -> list[int]:
        """Members of one class, each once, as often in it as the others."""
        return self._rng.sample(range(self._month.members), min(count, self._month.members))

    def arrival(self, at: int, member: int) -> Arrival:
        month, drawn = self._month, self._rng.random()
        works = min(self._rng.lognormvariate(month.log_length, month.length_spread), month.longest * HOUR)
        stops = drawn < month.stops
        walks_away = month.stops <= drawn < month.stops + month.walks_away
        leaves = Leaving.STOPS if stops else Leaving.WALKS_AWAY if walks_away else Leaving.CLOSES
        return Arrival(at, member, max(SECOND, round(works)), leaves)


def _alone(month: Month, rng: random.Random) -> Iterator[int]:
    """Times at which members come by themselves: independently of each other, at the rate of each hour."""
    yield from _at_rates(month.alone_by_hour, rng)


def _begins(month: Month, rng: random.Random) -> Iterator[int]:
    """Times at which classes begin: at full hours."""
    each = month.in_week * month.class_share / month.class_size
    for at in _at_rates([each * weight for weight in month.classes_in_week], rng):
        yield at // HOUR * HOUR


def _at_rates(week: Sequence[float], rng: random.Random) -> Iterator[int]:
    """A Poisson process with the rate, by the hour, of each hour of the week."""
    for hour in range(LENGTH // HOUR):
        rate = week[hour % WEEK_HOURS] / HOUR
        at = float(hour * HOUR)
        while rate and (at := at + rng.expovariate(rate)) < (hour + 1) * HOUR:
            yield int(at)
