"""Reconciliation: ledger lines, counters and intervals must say the same, and what they come to by plan and day."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from msgspec import Struct

from shared.billing.metering import Interval, LedgerLine, milliseconds


class Figures(Struct, frozen=True, kw_only=True):
    """What was charged, in milliseconds, as three records have it."""

    lines: int
    counter: int
    intervals: int
    """Without what two of them cover both: nobody works twice at once in one session."""

    @property
    def agree(self) -> bool:
        return self.lines == self.counter == self.intervals


class ClosedPeriod(Struct, frozen=True, kw_only=True):
    """`billing/{bid}/periods/{id}`: what a period came to. Written once, when it is over everywhere."""

    id: str
    plan: str
    """The account's when the period was closed."""
    granted: int
    """Milliseconds that an operator had added."""
    figures: Figures
    closed: datetime


class PlanUse(Struct, frozen=True, kw_only=True):
    ms: int
    background_ms: int
    members: int
    sessions: int
    lines: int


class DayUse(Struct, frozen=True, kw_only=True):
    """`usage/{day}`: what the ledger lines of a day (UTC) come to, by plan. For the operator."""

    day: str
    plans: dict[str, PlanUse]


def figures(counter: int, lines: Iterable[LedgerLine]) -> Figures:
    """`counter`: milliseconds that the meter of an ended session has, or a billing account's count of a period.
    `lines`: all of that session, or period."""
    total, by_session = 0, dict[str, list[Interval]]()
    for line in lines:
        total += line.ms
        by_session.setdefault(line.sid, []).extend(line.intervals)
    return Figures(lines=total, counter=counter, intervals=sum(_covered(each) for each in by_session.values()))


def day_use(day: date, lines: Iterable[LedgerLine]) -> DayUse:
    """They may be more than fit in memory, and are looked at one by one."""
    by_plan = defaultdict[str, _Sum](_Sum)
    for line in lines:
        by_plan[line.plan].add(line)
    return DayUse(day=day.isoformat(), plans={plan: by_plan[plan].use() for plan in sorted(by_plan)})


class _Sum:
    def __init__(self) -> None:
        self._ms = self._background_ms = self._lines = 0
        self._members, self._sessions = set[str](), set[str]()

    def add(self, line: LedgerLine) -> None:
        self._lines += 1
        self._ms += line.ms
        self._background_ms += line.ms if line.background else 0
        self._members.add(line.uid)
        self._sessions.add(line.sid)

    def use(self) -> PlanUse:
        return PlanUse(
            ms=self._ms,
            background_ms=self._background_ms,
            members=len(self._members),
            sessions=len(self._sessions),
            lines=self._lines,
        )


def _covered(intervals: list[Interval]) -> int:
    """Milliseconds that lie in at least one of them."""
    total, reached = 0, None
    for interval in sorted(intervals, key=lambda each: each.since):
        since = interval.since if reached is None else max(interval.since, reached)
        if since < interval.until:
            total += milliseconds(interval.until - since)
        reached = interval.until if reached is None else max(reached, interval.until)
    return total
