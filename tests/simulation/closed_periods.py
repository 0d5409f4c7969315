"""What must hold of what `meter` closes: a period of an account that is over everywhere, a day of all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.billing.periods import over_everywhere
from tests.simulation.firestore import Change, Fields

DAY_OVER = timedelta(days=1, hours=1)
"""From a day's first moment: when it can be rolled up."""


class ClosedPeriods:
    """`fail` raises; what it is given says what does not hold."""

    def __init__(self, fail: Callable[[str], None]) -> None:
        self.closed: dict[str, dict[str, int]] = defaultdict(dict)
        """By billing account and period: what it came to."""
        self.days: dict[str, Fields] = {}
        self._lines: list[tuple[str, Fields]] = []
        """With the account of each."""
        self._fail = fail

    def line(self, bid: str, line: Fields) -> None:
        self._lines.append((bid, line))
        if line["period"] in self.closed[bid]:
            self._fail(f"a line of {line['sid']} is written for {line['period']}, which was closed before")
        if _day(line) in self.days:
            self._fail(f"a line of {line['sid']} is written for {_day(line)}, which was rolled up before")

    def counts(self, bid: str, periods: Iterable[str]) -> None:
        """It has a counter for each of these."""
        if counted := [period for period in periods if period in self.closed[bid]]:
            self._fail(f"{bid} counts what was closed before: {counted}")

    def period(self, bid: str, name: str, change: Change, now: datetime) -> None:
        if change.before is not None or change.after is None:
            self._fail(f"the closed period {change.path} was changed or deleted")
            return
        figures = change.after["figures"]
        written = sum(line["ms"] for each, line in self._lines if each == bid and line["period"] == name)
        self.closed[bid][name] = figures["counter"]
        if over_everywhere(name) > now:
            self._fail(f"{bid} closes {name}, which is not over everywhere")
        if set(figures.values()) != {written}:
            self._fail(f"{bid} closes {name} with {figures}, and its lines come to {written}")

    def day(self, name: str, change: Change) -> None:
        if change.before is not None or change.after is None:
            self._fail(f"the day {change.path} was changed or deleted")
            return
        self.days[name] = change.after
        found = {plan: use["ms"] for plan, use in change.after["plans"].items()}
        if found != (written := self._by_plan(name)):
            self._fail(f"{name} is rolled up with {found}, and its lines come to {written}")

    def _by_plan(self, day: str) -> dict[str, int]:
        by_plan: dict[str, int] = defaultdict(int)
        for _, line in self._lines:
            if _day(line) == day:
                by_plan[line["plan"]] += line["ms"]
        return dict(by_plan)

    # the end

    def last(self, billings: Mapping[str, Any], now: datetime) -> datetime:
        """When all that there is can have been closed and rolled up."""
        periods = [over_everywhere(period) for billing in billings.values() for period in billing["used"]]
        return max(now, *periods, *(_start(_day(line)) + DAY_OVER for _, line in self._lines), now)

    def open(self, billings: Mapping[str, Any]) -> str | None:
        """What should have been closed or rolled up by now, when nothing goes on any more."""
        for bid, billing in billings.items():
            if billing["used"] or billing["close_due"] or len(self.closed[bid]) < len(self._periods(bid)):
                return f"{bid} still counts {billing['used']}, of {self._periods(bid)}"
        for day in {_day(line) for _, line in self._lines}:
            if day not in self.days:
                return f"{day} is not rolled up"
        return None

    def _periods(self, bid: str) -> set[str]:
        return {line["period"] for each, line in self._lines if each == bid}


def _day(line: Fields) -> str:
    return str(line["at"].astimezone(UTC).date())


def _start(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
