"""Metering: splits the time between two heartbeats by period, and keeps it as intervals until a ledger line has them.

All times are in whole milliseconds of the control plane's clock, so that sums agree exactly.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.periods import Period

LINE_SECONDS = 900.0
"""The longest time in seconds that charged time waits for its ledger line while heartbeats come."""
MOST_INTERVALS = 100
"""The most intervals of one line. A container may report any number of disconnections, and neither the session nor its
line may exceed Firestore's limit for a document."""


class Interval(Struct, frozen=True):
    """Charged time, from `since` up to `until`."""

    since: datetime
    until: datetime

    @property
    def ms(self) -> int:
        return milliseconds(self.until - self.since)

    def within(self, since: datetime, until: datetime) -> "Interval | None":
        """The part of the interval between the two times; None if there is none."""
        part = Interval(max(self.since, _whole(since)), min(self.until, _whole(until)))
        return part if part.since < part.until else None


class LedgerLine(Struct, frozen=True, kw_only=True):
    """`billing/{bid}/lines/{sid-n}`: what one session was charged in one period on one plan. Append-only, except that
    erasing the member anonymises it."""

    sid: str
    n: int
    wid: str
    uid: str
    plan: str
    period: str
    ms: int
    background: bool
    """No browser was connected: a background hold kept a busy job running."""
    intervals: list[Interval]
    at: datetime
    """When the line was complete. It is written at the same time, unless `meter` writes it late."""

    def anonymous(self, alias: str) -> "LedgerLine":
        """The line without the member's ids."""
        return replace(self, uid=alias, wid=alias)


class Meter(Struct, frozen=True, kw_only=True):
    """The time that a session was charged, and the part that is in no ledger line yet: `open`, of `period`, on
    `plan`."""

    ms: int = 0
    background_ms: int = 0
    lines: int = 0
    line_due: datetime | None = None
    """When the open part becomes a line at the latest."""
    period: str = ""
    plan: str = ""
    background: bool = False
    open: list[Interval] = []


class Charged(Struct, frozen=True, kw_only=True):
    """The result of charging: the meter afterwards, the complete lines, and the milliseconds to add to the counters by
    period."""

    meter: Meter
    lines: list[LedgerLine] = []
    added: dict[str, int] = {}
    beyond_ms: int = 0
    """Milliseconds that were used but not charged, because no allowance was left."""


class LedgerOwner(Struct, frozen=True, kw_only=True):
    """The ids that every ledger line of a session carries."""

    sid: str
    wid: str
    uid: str


def chargeable(seen: datetime, now: datetime, lease: float) -> Interval | None:
    """The time since the last accepted heartbeat. None if that is longer than the lease: the container was not allowed
    to serve for some part of it, and that part is unknown."""
    is_counted = timedelta(0) < now - seen <= timedelta(seconds=lease)
    return Interval(_whole(seen), _whole(now)) if is_counted else None


def interval_of(since: datetime, until: datetime) -> Interval | None:
    """None if the interval has no whole millisecond."""
    interval = Interval(_whole(since), _whole(until))
    return interval if interval.since < interval.until else None


def _whole(moment: datetime) -> datetime:
    """The moment in whole milliseconds, so that adjacent intervals stay adjacent."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def charge(
    meter: Meter,
    time: Interval | None,
    *,
    owner: LedgerOwner,
    plan: str,
    background: bool,
    period_at: Callable[[datetime], Period],
    left: Callable[[str], int | None],
    now: datetime,
) -> Charged:
    """Charges `time` on `plan`. `left`: milliseconds that a period still grants, None without limit.

    A line is complete when the period, the plan or the background hold changes, when its time has come, or when it has
    the most intervals.
    """
    lines: list[LedgerLine] = []
    added: dict[str, int] = {}
    beyond = 0
    start = time.since if time else now
    while time and start < time.until:
        period = period_at(start)
        end = min(time.until, period.ends)
        room = left(period.id)
        until = end if room is None else min(end, start + timedelta(milliseconds=max(0, room)))
        beyond += milliseconds(end - until)
        if until > start:
            if meter.open and (meter.period, meter.plan, meter.background) != (period.id, plan, background):
                meter, line = close(meter, owner, now)
                lines += line
            meter = _add(meter, Interval(start, until), period.id, plan, background=background)
            added[period.id] = added.get(period.id, 0) + milliseconds(until - start)
        start = end
    turned = meter.open and period_at(now).id != meter.period
    if turned or len(meter.open) >= MOST_INTERVALS or (meter.line_due is not None and now >= meter.line_due):
        meter, line = close(meter, owner, now)
        lines += line
    return Charged(meter=meter, lines=lines, added=added, beyond_ms=beyond)


def close(meter: Meter, owner: LedgerOwner, now: datetime) -> tuple[Meter, list[LedgerLine]]:
    """Makes a line of the open time, if there is any. The end of a session does that too."""
    if not meter.open:
        return meter, []
    line = LedgerLine(
        sid=owner.sid,
        n=meter.lines,
        wid=owner.wid,
        uid=owner.uid,
        plan=meter.plan,
        period=meter.period,
        ms=sum(interval.ms for interval in meter.open),
        background=meter.background,
        intervals=meter.open,
        at=now,
    )
    return replace(meter, lines=meter.lines + 1, open=[], line_due=None), [line]


def _add(meter: Meter, interval: Interval, period: str, plan: str, *, background: bool) -> Meter:
    """Adjacent intervals become one."""
    opened = list(meter.open)
    if opened and opened[-1].until == interval.since:
        opened[-1] = Interval(opened[-1].since, interval.until)
    else:
        opened.append(interval)
    return replace(
        meter,
        ms=meter.ms + interval.ms,
        background_ms=meter.background_ms + (interval.ms if background else 0),
        line_due=meter.line_due or interval.since + timedelta(seconds=LINE_SECONDS),
        period=period,
        plan=plan,
        background=background,
        open=opened,
    )


def milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
