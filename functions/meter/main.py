"""Scheduled job: reconcile the ledger, close periods, roll up use by day and plan, ask about payers who are due, thin
histories, delete unreferenced objects, and compare accounts with Firebase Auth.

A run that is repeated, late, or concurrent with another changes nothing more.
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
from shared.billing.payer import Payer
from shared.billing.periods import over_everywhere, start_in_utc
from shared.billing.reconciliation import ClosedPeriod, Figures, day_use, figures
from shared.endpoint import endpoint
from shared.flows import tidying, uploads
from shared.flows.comparing import compare
from shared.flows.costs_today import warn_of_dear_members
from shared.gcp import exports, tasks
from shared.gcp.identity import invoker
from shared.gcp.store import ledger
from shared.gcp.store.billing import counted, read_billing
from shared.gcp.store.database import LostRace
from shared.gcp.store.mails import delete_mails, due_mails, expired_mails
from shared.gcp.store.marks import forget_marks
from shared.gcp.store.subscriptions import due_payers, forget_events
from shared.gcp.store.teams import due_teams, tidy_team
from shared.record import Versioned
from shared.sessions.session import Session
from shared.settings import settings
from shared.time_budget import TimeBudget

R = TypeVar("R")

RUN_SECONDS = 150.0
"""After so many seconds no further record is begun; the next run finds the rest. Each job has a share, so that no job
waits for another's backlog. The sum is half of the function's timeout, because one very large workspace may take a
minute or two."""
LINE_GRACE = timedelta(minutes=2)
"""How long after its time a heartbeat may still write a ledger line. After that no heartbeat does."""
DAY_GRACE = timedelta(hours=1)
"""After this time no ledger line of a past day can still be written."""
MAIL_GRACE = timedelta(minutes=5)
"""How late a mail may be before its task is taken for lost."""
BEGINNING = datetime.min.replace(tzinfo=UTC)
CHECK_AGAIN = timedelta(days=1)
"""A difference is logged again each day until an operator has corrected it."""


class MeterRequest(Struct, forbid_unknown_fields=True):
    """No fields."""


class MeterAnswer(Struct):
    """What was done."""

    lines: int
    checked: int
    periods: int
    days: int
    workspaces: int
    snapshots: int
    objects: int
    exports: int
    compared: int
    """Accounts compared with Firebase Auth."""
    ended: int
    """Accounts closed and sessions ended because of Firebase Auth's answers."""
    marks: int
    """Address marks that were forgotten because their time was over."""
    stopped: int
    """Sessions ended because their container uploads without bound."""
    payers: int
    """Payers about whom the payment provider is asked."""
    events: int
    """Events of payments that were forgotten because their time was over."""
    mails: int
    """Mails whose task was lost and is made again, and mails that were forgotten because their time was over."""
    teams: int
    """Teams whose expired invitations were forgotten, or whose deletion was finished."""


@functions_framework.http
@endpoint(partial(invoker, function="meter"), MeterRequest, task=True)
def meter(_caller: str, _body: MeterRequest, now: datetime) -> MeterAnswer:
    """Reconcile the ledger, close periods and roll up days.

    Then have the payment provider asked about payers who are due, thin histories, delete unreferenced objects, and
    compare accounts with Firebase Auth.
    """
    run = TimeBudget(RUN_SECONDS)
    # Exports come first: they are whole homes, and no other failure can delay their deletion.
    swept = _or_logged(partial(exports.sweep, now - timedelta(seconds=settings().sweep)))
    marks = _or_logged(partial(forget_marks, now))
    events = _or_logged(partial(forget_events, now))
    mails = _or_logged(partial(_sweep_mails, now))
    lines, checked, periods, days = _keep_books(now, run)
    stopped = _or_logged(partial(uploads.end_excessive, now, run.share(4)))
    teams, _ = _each(due_teams(now), lambda team: tidy_team(team.bid, now), run.share(4))
    payers, _ = _each(due_payers(now), _ask_about, run.share(3))
    compared, ended = _compare(now, run.share(2))
    # Tidying comes last: one very large workspace may take longer than the share of this job.
    tidied = tidying.tidy(now, run.share(1))
    return MeterAnswer(
        lines, checked, periods, days, *tidied, swept, compared, ended, marks, stopped, payers, events, mails, teams
    )


def _keep_books(now: datetime, run: TimeBudget) -> tuple[int, int, int, int]:
    """Ledger lines written, sessions checked, periods closed, days rolled up. Each job has a share of the remaining
    time."""
    # Billing accounts with a line that could not be written now. Their periods are closed in the next run.
    waiting: list[str] = []
    late = ledger.unwritten(now - LINE_GRACE, waiting)
    write_line = partial(write_missing_line, now=now, rolled_up=cache(_rolled_up), waiting=waiting)
    lines, whole = _each(late, write_line, run.share(8))
    checked, _ = _each(ledger.unchecked(now), partial(check_session, now=now), run.share(7))
    periods = days = 0
    if whole:  # all lines must be written before a period is closed or a day is rolled up
        over = (account for account in ledger.to_close(now) if account.record.bid not in waiting)
        periods, _ = _each(over, partial(_close, now=now), run.share(6))
        days = _or_logged(partial(_roll_up, now, run.share(5)))
        if days:  # once a day
            _or_logged(partial(warn_of_dear_members, now))
    return lines, checked, periods, days


def _compare(now: datetime, budget: TimeBudget) -> tuple[int, int]:
    """Accounts compared with Firebase Auth, and accounts and sessions ended by it. If Firebase Auth does not answer,
    the other jobs go on."""
    try:
        done = compare(now, budget)
    except Exception as e:
        logs.exception("meter-failed", e)
        return 0, 0
    return done.accounts, done.ended


def _sweep_mails(now: datetime) -> int:
    late = due_mails(now - MAIL_GRACE)
    for mail in late:
        tasks.send_mail(mail.id, now)
    return len(late) + delete_mails(expired_mails(now))


def _ask_about(payer: Payer) -> int:
    tasks.ask_about_billing(payer.bid)
    return 1


def _each(records: Iterable[R], act: Callable[[R], int], budget: TimeBudget) -> tuple[int, bool]:
    """Applies `act` to each record. Returns how much was done, and whether all records were reached. The next run finds
    the rest."""
    done = 0
    try:
        for record in records:
            if budget.is_over():
                logs.warning("meter-out-of-time", done=done)
                return done, False
            done += _or_logged(partial(act, record))
    except Exception as e:  # an unreadable record stops this job only
        logs.exception("meter-failed", e)
        return done, False
    return done, True


def _or_logged(act: Callable[[], int]) -> int:
    """The result of `act`; 0 if it failed. A failure is logged, and stops no other record."""
    try:
        return act()
    except Exception as e:
        logs.exception("meter-failed", e)
        return 0


def write_missing_line(
    session: Versioned[Session], *, now: datetime, rolled_up: Callable[[], datetime], waiting: list[str]
) -> bool:
    """Writes the line with the time at which it was due, so that the line belongs to the same day however late it is
    written. If that day is rolled up already, the line gets the present time."""
    due = session.record.meter.line_due or now
    waiting.append(session.record.bid)
    with suppress(LostRace):
        ledger.write_line(session, due if due >= rolled_up() else now)
        waiting.remove(session.record.bid)
        return True
    return False


def check_session(session: Versioned[Session], now: datetime) -> bool:
    """Compares an ended session's ledger lines, meter and intervals, and logs a difference."""
    record = session.record
    totals = figures(record.meter.ms, ledger.lines_of_session(record))
    if not totals.agree:
        _log_difference(totals, session=record.sid, billing=record.bid)
    try:
        ledger.commit_checked(session, None if totals.agree else now + CHECK_AGAIN)
    except LostRace:
        return False
    return True


def _close(account: Versioned[Billing], now: datetime) -> int:
    """Closes the account's past periods. Returns how many were closed."""
    closed = 0
    for period in sorted(account.record.used, key=over_everywhere):
        if over_everywhere(period) > now:
            break
        # Read again: heartbeats of the account's members write this record all the time.
        billing = read_billing(account.record.bid)
        if period not in billing.record.used:
            continue
        totals = figures(counted(billing.record, period), ledger.lines_of_period(billing.record.bid, period))
        if not totals.agree:
            _log_difference(totals, period=period, billing=billing.record.bid)
        granted = billing.record.granted.get(period, 0)
        record = ClosedPeriod(id=period, plan=billing.record.plan, granted=granted, figures=totals, closed=now)
        try:
            ledger.close_period(billing, record)
        except LostRace:
            break
        closed += 1
    return closed


def _log_difference(totals: Figures, **of: str) -> None:
    logs.error("ledger-differs", **of, lines_ms=totals.lines, counter_ms=totals.counter, intervals_ms=totals.intervals)


def _roll_up(now: datetime, budget: TimeBudget) -> int:
    """Rolls up days that are over and not rolled up yet, oldest first. Returns how many."""
    days = 0
    while not budget.is_over():
        reached = ledger.read_reached()
        day = _day_after(reached)
        if day is None or start_in_utc(day) + timedelta(days=1) + DAY_GRACE > now:
            break
        try:
            ledger.write_day(day_use(day, ledger.lines_of_day(day), ledger.stored_bytes()), reached)
        except LostRace:
            break
        days += 1
    return days


def _rolled_up() -> datetime:
    """The end of the last day that is rolled up."""
    reached = ledger.read_reached()
    return start_in_utc(reached.record.following) if reached else BEGINNING


def _day_after(reached: Versioned[ledger.Reached] | None) -> date | None:
    """The next day to roll up; None while there is no ledger line."""
    if reached:
        return reached.record.following
    first = ledger.first_line()
    return first.at.astimezone(UTC).date() if first else None
