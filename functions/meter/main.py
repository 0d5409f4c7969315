"""Accounting and cleaning, on a schedule: check the ledger against sessions and counters, close periods, roll up
what was used by plan and day; tidy up behind sessions; compare accounts with Firebase Auth.

A run that is repeated, late, or beside another changes nothing more.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import TypeVar

import functions_framework
from msgspec import Struct

from shared import logs
from shared.billing.account import Billing
from shared.billing.periods import over_everywhere, start_in_utc
from shared.billing.reconciliation import ClosedPeriod, Figures, day_use, figures
from shared.endpoint import endpoint
from shared.flows import tidying, uploads
from shared.flows.comparing import compare
from shared.gcp import exports
from shared.gcp.identity import invoker
from shared.gcp.store import ledger
from shared.gcp.store.billing import counted, read_billing
from shared.gcp.store.database import LostRace
from shared.gcp.store.marks import forget_marks
from shared.record import Versioned
from shared.sessions.session import Session
from shared.settings import settings
from shared.time_budget import TimeBudget

R = TypeVar("R")

RUN_SECONDS = 150.0
"""After this, nothing further is begun: the next run finds what is left. Each job has a share of it, so that none waits
for the backlog of another. It is half of the function's timeout, for one workspace that has very much may take a minute
or two."""
LINE_GRACE = timedelta(minutes=2)
"""How long after its time a heartbeat may still bring a line: only then have they ceased."""
DAY_GRACE = timedelta(hours=1)
"""After this no line of a day that is over is on its way any more."""
BEGINNING = datetime.min.replace(tzinfo=UTC)
CHECK_AGAIN = timedelta(days=1)
"""A difference is told each day until somebody has settled it."""


class Meter(Struct, forbid_unknown_fields=True):
    pass


class Done(Struct):
    lines: int
    checked: int
    periods: int
    days: int
    workspaces: int
    snapshots: int
    objects: int
    exports: int
    compared: int
    """Accounts, with Firebase Auth."""
    ended: int
    """Of those and of open sessions, by what it said."""
    marks: int
    """Of addresses, whose time was over."""
    stopped: int
    """Sessions that were ended because their container uploads without bound."""


@functions_framework.http
@endpoint(partial(invoker, function="meter"), Meter, task=True)
def meter(_caller: str, _body: Meter, now: datetime) -> Done:
    run = TimeBudget(RUN_SECONDS)
    # first: they are whole homes, and nothing that is odd stands in their way
    swept = _or_told(partial(exports.sweep, now - timedelta(seconds=settings().sweep)))
    marks = _or_told(partial(forget_marks, now))
    lines, checked, periods, days = _keep_books(now, run)
    stopped = _or_told(partial(uploads.watch, now, run.share(3)))
    compared, ended = _compare(now, run.share(2))
    # last: one workspace that has very much may take longer than the share of its job
    tidied = tidying.tidy(now, run.share(1))
    return Done(lines, checked, periods, days, *tidied, swept, compared, ended, marks, stopped)


def _keep_books(now: datetime, run: TimeBudget) -> tuple[int, int, int, int]:
    """Lines written, sessions checked, periods closed, days rolled up. Of the time that is left, a share each."""
    # an account of which a line could not be written now waits for the next run
    waiting: list[str] = []
    late = ledger.unwritten(now - LINE_GRACE, waiting)
    write_line = partial(_write_line, now=now, rolled_up=cache(_rolled_up), waiting=waiting)
    lines, whole = _each(late, write_line, run.share(7))
    checked, _ = _each(ledger.unchecked(now), partial(_check, now=now), run.share(6))
    periods = days = 0
    if whole:  # before anything is closed or rolled up all its lines are there
        over = (account for account in ledger.to_close(now) if account.record.bid not in waiting)
        periods, _ = _each(over, partial(_close, now=now), run.share(5))
        days = _or_told(partial(_roll_up, now, run.share(4)))
    return lines, checked, periods, days


def _compare(now: datetime, deadline: TimeBudget) -> tuple[int, int]:
    """Accounts that were compared with Firebase Auth, and what ended for it. Its silence keeps nothing else from its
    turn."""
    try:
        done = compare(now, deadline)
    except Exception as e:
        logs.exception("meter-failed", e)
        return 0, 0
    return done.accounts, done.ended


def _each(found: Iterable[Versioned[R]], act: Callable[[Versioned[R]], int], deadline: TimeBudget) -> tuple[int, bool]:
    """How much was done, and whether that was all that there is: the next run finds what is left."""
    done = 0
    try:
        for record in found:
            if deadline.is_over():
                logs.warning("meter-out-of-time", done=done)
                return done, False
            done += _or_told(partial(act, record))
    except Exception as e:  # a record that can't be read keeps only those behind it from their turn
        logs.exception("meter-failed", e)
        return done, False
    return done, True


def _or_told(act: Callable[[], int]) -> int:
    """How much was done. What is odd about one record is told, and keeps no other from its turn, nor what follows."""
    try:
        return act()
    except Exception as e:
        logs.exception("meter-failed", e)
        return 0


def _write_line(
    session: Versioned[Session], *, now: datetime, rolled_up: Callable[[], datetime], waiting: list[str]
) -> bool:
    """As of when it was due: so it is of the same day however late that is done, unless that day was told already."""
    due = session.record.meter.line_due or now
    waiting.append(session.record.bid)
    with suppress(LostRace):
        ledger.write_line(session, due if due >= rolled_up() else now)
        waiting.remove(session.record.bid)
        return True
    return False


def _check(session: Versioned[Session], now: datetime) -> bool:
    """Of a session that has ended: its lines, its meter and its intervals say the same."""
    record = session.record
    found = figures(record.meter.ms, ledger.lines_of_session(record))
    if not found.agree:
        _tell(found, session=record.sid, billing=record.bid)
    try:
        ledger.commit_checked(session, None if found.agree else now + CHECK_AGAIN)
    except LostRace:
        return False
    return True


def _close(account: Versioned[Billing], now: datetime) -> int:
    """How many periods of the account were closed. A month may have begun before a day that is over long since."""
    closed = 0
    for period in sorted(account.record.used, key=over_everywhere):
        if over_everywhere(period) > now:
            break
        # once more: its members' heartbeats write it all the time, and its turn may have been long in coming
        billing = read_billing(account.record.bid)
        if period not in billing.record.used:
            continue
        found = figures(counted(billing.record, period), ledger.lines_of_period(billing.record.bid, period))
        if not found.agree:
            _tell(found, period=period, billing=billing.record.bid)
        granted = billing.record.granted.get(period, 0)
        record = ClosedPeriod(id=period, plan=billing.record.plan, granted=granted, figures=found, closed=now)
        try:
            ledger.close_period(billing, record)
        except LostRace:
            break
        closed += 1
    return closed


def _tell(found: Figures, **of: str) -> None:
    logs.error("ledger-differs", **of, lines_ms=found.lines, counter_ms=found.counter, intervals_ms=found.intervals)


def _roll_up(now: datetime, deadline: TimeBudget) -> int:
    """How many days that are over were rolled up: all that were not yet, oldest first."""
    days = 0
    while not deadline.is_over():
        reached = ledger.read_reached()
        day = _day_after(reached)
        if day is None or start_in_utc(day) + timedelta(days=1) + DAY_GRACE > now:
            break
        try:
            ledger.write_day(day_use(day, ledger.lines_of_day(day)), reached)
        except LostRace:
            break
        days += 1
    return days


def _rolled_up() -> datetime:
    """The first moment of which nothing is rolled up yet."""
    reached = ledger.read_reached()
    return start_in_utc(reached.record.following) if reached else BEGINNING


def _day_after(reached: Versioned[ledger.Reached] | None) -> date | None:
    """The next day to roll up; None while there is no line at all."""
    if reached:
        return reached.record.following
    first = ledger.first_line()
    return first.at.astimezone(UTC).date() if first else None
