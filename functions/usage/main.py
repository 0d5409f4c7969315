"""What was used: a month of it by period, by day and by session, also as a file; and the time zone of its calendar."""

import re
from datetime import datetime
from functools import partial
from typing import Annotated

import functions_framework
from msgspec import Meta, Struct

from shared import logs
from shared.accounts.account import Account, AccountState, account_closed
from shared.billing.account import Billing, move
from shared.billing.periods import PeriodKind, period_at
from shared.billing.plans import PLANS
from shared.billing.time_allowance import allowance
from shared.endpoint import CsvDownload, endpoint, routes
from shared.errors import TryAgain, bad_request
from shared.flows.sign_ins import account_of
from shared.gcp.identity import Member, member
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.billing import commit_move, counted, read_billing
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import read_session, read_sessions
from shared.gcp.store.usage import read_lines
from shared.sessions.session import EndReason, Session
from shared.slots.allocation import check_may_open
from shared.snapshots.storage_quota import newest_use
from shared.views.usage_report import SessionUse, Usage, Used, as_csv, page, parse_cursor
from shared.views.usage_report import usage as used_in

ATTEMPTS = 5
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")
PAGE_LINES = 200
"""Ledger lines that one answer tells of, and reads no more than so many sessions for. A session at work without a break
makes 2,900 a month, most members some dozens."""


class Month(Struct, forbid_unknown_fields=True):
    month: str | None = None
    """As 2026-11; the one that it is now unless it is given."""
    after: Annotated[str, Meta(max_length=32)] | None = None
    """The `next` of the page before."""


class Move(Struct, forbid_unknown_fields=True):
    time_zone: Annotated[str, Meta(max_length=64)]


class PlanView(Struct):
    name: str
    title: str


class PeriodView(Struct):
    """The period that it is now. In seconds; `granted` and `left` are None without limit. `used` is all members'."""

    id: str
    starts: float
    renews: float
    granted: float | None
    used: float
    left: float | None


class StorageView(Struct):
    """In bytes."""

    used: int
    limit: int | None


class UsedView(Struct):
    """Of the period or day `id`, in seconds."""

    id: str
    seconds: float
    background_seconds: float
    sessions: int


class SessionView(Struct):
    session: str
    opened: float
    ended: float | None
    seconds: float
    background_seconds: float
    pending: bool
    plan: str
    reason: EndReason | None
    decision: str | None
    idle_seconds: float | None


class UsageAnswer(Struct):
    plan: PlanView
    time_zone: str
    zone_holds_until: float | None
    """When the time zone may be changed again; None if it may be now."""
    current: PeriodView
    storage: StorageView
    month: str
    periods: list[UsedView]
    days: list[UsedView]
    sessions: list[SessionView]
    next: str | None
    """There is more of the month, if not None: ask for it with `after`."""


class Moved(Struct):
    time_zone: str
    zone_holds_until: float | None


@partial(endpoint, method="GET")(member, Month)
def monthly(caller: Member, query: Month, now: datetime) -> UsageAnswer:
    account = _account(caller, now)
    billing = read_billing(account.bid).record
    workspace = read_workspace(account.wid).record
    current = _session(workspace.session)
    month = _month(query, billing, now)
    found, following = _used(account, billing, current, month, query.after)
    saved = current if current and current.open else workspace
    use = newest_use(saved.storage, saved.head)
    return UsageAnswer(
        plan=PlanView(billing.plan, PLANS[billing.plan].title),
        time_zone=billing.zone,
        zone_holds_until=_stamp(billing.zone_holds_until(now)),
        current=_period(billing, now),
        storage=StorageView(use.used, PLANS[billing.plan].bytes),
        month=month,
        periods=[_view(each) for each in found.periods],
        days=[_view(each) for each in found.days],
        sessions=[_session_view(each) for each in found.sessions],
        next=following,
    )


@partial(endpoint, method="GET")(member, Month)
def table(caller: Member, query: Month, now: datetime) -> CsvDownload:
    account = _account(caller, now)
    billing = read_billing(account.bid).record
    month = _month(query, billing, now)
    current = _session(read_workspace(account.wid).record.session)
    found, following = _used(account, billing, current, month, query.after)
    content = as_csv(found.sessions, billing.zone, is_first=query.after is None)
    link = f"?month={month}&after={following}" if following else None
    return CsvDownload(content, "text/csv; charset=utf-8", f"ondol-usage-{month}.csv", next=link)


@endpoint(member, Move)
def zone(caller: Member, body: Move, now: datetime) -> Moved:
    account = _account(caller, now)
    check_may_open(account)
    for _ in range(ATTEMPTS):
        read = read_billing(account.bid)
        moved = move(read.record, body.time_zone, by=caller.uid, now=now)
        if moved != read.record:
            try:
                commit_move(read, moved)
            except LostRace:
                continue
            logs.info("moved", billing=moved.bid, before=read.record.time_zone, after=moved.time_zone)
        return Moved(moved.zone, _stamp(moved.zone_holds_until(now)))
    raise TryAgain("too-busy", "Too many changes at once. Try again.")


usage = functions_framework.http(routes({"": monthly, "usage": monthly, "csv": table, "zone": zone}, "usage"))


def _account(caller: Member, now: datetime) -> Account:
    """A suspended one may still see what was used."""
    account = account_of(caller, now)
    if account.state == AccountState.DELETED:
        raise account_closed()
    return account


def _session(sid: str | None) -> Session | None:
    found = read_session(sid) if sid else None
    return found.record if found else None


def _month(query: Month, billing: Billing, now: datetime) -> str:
    if query.month is None:
        return period_at(PeriodKind.MONTH, billing.zone, now).id
    if not MONTH.match(query.month):
        raise bad_request("month: Send it as year and month, such as 2026-11.")
    return query.month


def _used(
    account: Account, billing: Billing, current: Session | None, month: str, after: str | None
) -> tuple[Usage, str | None]:
    """A page of it, and the cursor of the next one. `current` was read before the lines are."""
    begin = parse_cursor(after) if after is not None else None
    if after is not None and begin is None:
        raise bad_request("after: Send the `next` of the page before.")
    told = page(read_lines(billing.bid, account.uid, month, PAGE_LINES + 1, begin), PAGE_LINES)
    sessions = {current.sid: current} if current else {}
    sessions |= read_sessions(sorted({line.sid for line in told.lines} - sessions.keys()))
    found = used_in(told.lines, sessions, month=month, zone=billing.zone, is_first=after is None)
    return found, told.next


def _period(billing: Billing, now: datetime) -> PeriodView:
    current = allowance(billing, now)
    used = counted(billing, current.period.id) if current.granted is None else current.used
    return PeriodView(
        id=current.period.id,
        starts=current.period.starts.timestamp(),
        renews=current.period.ends.timestamp(),
        granted=None if current.granted is None else current.granted / 1000,
        used=used / 1000,
        left=None if current.left is None else current.left / 1000,
    )


def _view(used: Used) -> UsedView:
    return UsedView(used.id, used.ms / 1000, used.background_ms / 1000, used.sessions)


def _session_view(each: SessionUse) -> SessionView:
    return SessionView(
        session=each.sid,
        opened=each.opened.timestamp(),
        ended=_stamp(each.ended),
        seconds=each.ms / 1000,
        background_seconds=each.background_ms / 1000,
        pending=each.pending,
        plan=each.plan,
        reason=each.reason,
        decision=each.decision,
        idle_seconds=each.idle,
    )


def _stamp(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
