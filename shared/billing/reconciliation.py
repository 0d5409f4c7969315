"""Reconciliation: compares ledger lines, counters and intervals, and sums lines by plan and day."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from msgspec import Struct

from shared.billing.metering import Interval, LedgerLine, milliseconds


class Figures(Struct, frozen=True, kw_only=True):
    """The charged milliseconds, as three records have them."""

    lines: int
    counter: int
    intervals: int
    """Overlapping intervals are counted once: a session can use each moment only once."""

    @property
    def agree(self) -> bool:
        return self.lines == self.counter == self.intervals


class ClosedPeriod(Struct, frozen=True, kw_only=True):
    """`billing/{bid}/periods/{id}`: the totals of a period. Written once, when the period is over in every time
    zone."""

    id: str
    plan: str
    """The account's plan when the period was closed."""
    granted: int
    """Milliseconds that operators had added."""
    figures: Figures
    closed: datetime


class PlanUse(Struct, frozen=True, kw_only=True):
    ms: int
    background_ms: int
    members: int | None
    """None on a day that is not over: only the lines one by one say how many."""
    sessions: int
    lines: int | None


class DayUse(Struct, frozen=True, kw_only=True):
    """`usage/{day}`: sums of the ledger lines of a day (UTC) by plan, for operators."""

    day: str
    plans: dict[str, PlanUse]
    stored: int | None = None
    """Bytes that all members together had saved when the day was summed; None if it was summed before this field
    existed."""


def figures(counter: int, lines: Iterable[LedgerLine]) -> Figures:
    """`counter`: milliseconds in the meter of an ended session, or in a billing account's count of a period. `lines`:
    all lines of that session, or period."""
    total, by_session = 0, dict[str, list[Interval]]()
    for line in lines:
        total += line.ms
        by_session.setdefault(line.sid, []).extend(line.intervals)
    return Figures(lines=total, counter=counter, intervals=sum(_covered(each) for each in by_session.values()))


def day_use(day: date, lines: Iterable[LedgerLine], stored: int | None = None) -> DayUse:
    """Sums the lines one by one: there may be more than fit into memory."""
    by_plan = defaultdict[str, _PlanSum](_PlanSum)
    for line in lines:
        by_plan[line.plan].add(line)
    return DayUse(day=day.isoformat(), plans={plan: by_plan[plan].use() for plan in sorted(by_plan)}, stored=stored)


class _PlanSum:
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
    """Milliseconds that at least one of the intervals covers."""
    total, reached = 0, None
    for interval in sorted(intervals, key=lambda each: each.since):
        since = interval.since if reached is None else max(interval.since, reached)
        if since < interval.until:
            total += milliseconds(interval.until - since)
        reached = interval.until if reached is None else max(reached, interval.until)
    return total
