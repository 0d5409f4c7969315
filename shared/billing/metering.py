"""What a heartbeat charges: time between two, split by period, kept as intervals until a ledger line has them.

All of it is in whole milliseconds of the control plane's clock, so that sums agree exactly.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.periods import Period

LINE_SECONDS = 900.0
"""How long charged time waits for its ledger line at most, while heartbeats come."""
MOST_INTERVALS = 100
"""How many intervals one line has at most: a container may say as often as it likes that its browser left and came
back, and neither the session nor its line may outgrow what Firestore takes for a document."""


class Interval(Struct, frozen=True):
    """Charged time, from `since` up to `until`."""

    since: datetime
    until: datetime

    @property
    def ms(self) -> int:
        return milliseconds(self.until - self.since)

    def within(self, since: datetime, until: datetime) -> "Interval | None":
        """The part of it that lies between the two; None if there is none."""
        part = Interval(max(self.since, _whole(since)), min(self.until, _whole(until)))
        return part if part.since < part.until else None


class LedgerLine(Struct, frozen=True, kw_only=True):
    """`billing/{bid}/lines/{sid-n}`: append-only, but for the erasing of its member. What one session was charged in
    one period, on one plan."""

    sid: str
    n: int
    wid: str
    uid: str
    plan: str
    period: str
    ms: int
    background: bool
    """No browser was connected: a busy job was kept at work."""
    intervals: list[Interval]
    at: datetime
    """When the line was complete, which is when it was written; but for those that `meter` writes late."""

    def anonymous(self, alias: str) -> "LedgerLine":
        """The same time, of nobody."""
        return replace(self, uid=alias, wid=alias)


class Meter(Struct, frozen=True, kw_only=True):
    """What a session was charged so far, and what of that is in no ledger line yet: `open`, of `period`, on `plan`."""

    ms: int = 0
    background_ms: int = 0
    lines: int = 0
    line_due: datetime | None = None
    """When what is open becomes a line at the latest."""
    period: str = ""
    plan: str = ""
    background: bool = False
    open: list[Interval] = []


class Charged(Struct, frozen=True, kw_only=True):
    """What became of a stretch of time: the meter after it, the lines that are complete, and what to add to the
    counters, in milliseconds by period."""

    meter: Meter
    lines: list[LedgerLine] = []
    added: dict[str, int] = {}
    beyond_ms: int = 0
    """Time that no allowance was left for: it was used, and is not charged."""


class LedgerOwner(Struct, frozen=True, kw_only=True):
    """Whose time it is, as every ledger line says."""

    sid: str
    wid: str
    uid: str


def chargeable(seen: datetime, now: datetime, lease: float) -> Interval | None:
    """The time since the last accepted heartbeat; None after a gap longer than the lease: for a part of it the
    container was not allowed to serve, and how long is not ours to guess."""
    is_counted = timedelta(0) < now - seen <= timedelta(seconds=lease)
    return Interval(_whole(seen), _whole(now)) if is_counted else None


def interval_of(since: datetime, until: datetime) -> Interval | None:
    """None if nothing is left of it in whole milliseconds."""
    interval = Interval(_whole(since), _whole(until))
    return interval if interval.since < interval.until else None


def _whole(moment: datetime) -> datetime:
    """In whole milliseconds, so that intervals that touch still do."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def charge(
    meter: Meter,
    time: Interval | None,
    *,
    spender: LedgerOwner,
    plan: str,
    background: bool,
    period_at: Callable[[datetime], Period],
    left: Callable[[str], int | None],
    now: datetime,
) -> Charged:
    """Charge `time`, if there is any, on `plan`. `left`: milliseconds that a period still grants, None without limit.

    Lines are complete when the period, the plan or the kind of work changes, when their time has come, or when they
    have as many intervals as one may have.
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
                meter, line = close(meter, spender, now)
                lines += line
            meter = _add(meter, Interval(start, until), period.id, plan, background=background)
            added[period.id] = added.get(period.id, 0) + milliseconds(until - start)
        start = end
    turned = meter.open and period_at(now).id != meter.period
    if turned or len(meter.open) >= MOST_INTERVALS or (meter.line_due is not None and now >= meter.line_due):
        meter, line = close(meter, spender, now)
        lines += line
    return Charged(meter=meter, lines=lines, added=added, beyond_ms=beyond)


def close(meter: Meter, spender: LedgerOwner, now: datetime) -> tuple[Meter, list[LedgerLine]]:
    """What is open becomes a line, if anything is: so it is at the end of a session too."""
    if not meter.open:
        return meter, []
    line = LedgerLine(
        sid=spender.sid,
        n=meter.lines,
        wid=spender.wid,
        uid=spender.uid,
        plan=meter.plan,
        period=meter.period,
        ms=sum(interval.ms for interval in meter.open),
        background=meter.background,
        intervals=meter.open,
        at=now,
    )
    return replace(meter, lines=meter.lines + 1, open=[], line_due=None), [line]


def _add(meter: Meter, interval: Interval, period: str, plan: str, *, background: bool) -> Meter:
    """Intervals that touch are one."""
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
