"""Used time: a month of it by period, by day and by session, also as a CSV file; and the time zone of the calendar."""

import re
from datetime import datetime
from typing import Annotated

import functions_framework
from msgspec import Meta, Struct

from shared import logs
from shared.accounts.account import Account
from shared.accounts.invitation import TeamRole
from shared.billing.account import Billing, move
from shared.billing.periods import PeriodKind, period_at
from shared.billing.time_allowance import allowance
from shared.endpoint import CsvDownload, endpoint, routes
from shared.errors import bad_request
from shared.flows.sign_ins import SignedIn, may_change, may_look
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.billing import commit_move, counted, read_billing
from shared.gcp.store.paying import read_paying, storage_limit
from shared.gcp.store.races import until_won
from shared.gcp.store.sessions import read_session, read_sessions
from shared.gcp.store.teams import team_of
from shared.gcp.store.usage import read_lines
from shared.sessions.session import EndReason, Session, SessionId
from shared.views.plan import PlanStorageView, PlanView, plan_view
from shared.views.units import Seconds
from shared.views.usage_report import CURSOR, SessionUse, Usage, Used, as_csv, page, parse_cursor
from shared.views.usage_report import usage as used_in

MONTH = re.compile(r"^[0-9]{4}-(0[1-9]|1[0-2])\Z")
PAGE_LINES = 200
"""Ledger lines in one answer. An answer reads no more sessions than lines. A session without a break makes 2,900 lines
a month, most members make dozens."""


class Month(Struct, forbid_unknown_fields=True):
    month: Annotated[str, Meta(extra_json_schema={"pattern": MONTH.pattern})] | None = None
    """Such as 2026-11; the current month if this is not given."""
    after: Annotated[str, Meta(max_length=32, extra_json_schema={"pattern": CURSOR.pattern})] | None = None
    """The `next` of the previous page."""


class Move(Struct, forbid_unknown_fields=True):
    time_zone: Annotated[str, Meta(max_length=64)]
    """An IANA name."""


class PeriodView(Struct):
    """The current period, in seconds. `used` counts all members of the plan together."""

    id: str
    starts: float
    renews: float
    granted: Seconds | None
    """None means without limit."""
    used: Seconds
    left: Seconds | None
    """None means without limit."""


class UsedView(Struct):
    """What was used in one period or on one day."""

    id: Annotated[str, Meta(extra_json_schema={"pattern": "^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$"})]
    """A date or a month."""
    seconds: Seconds
    background_seconds: Seconds
    """The part of `seconds` without a browser."""
    sessions: Annotated[int, Meta(ge=1)]
    """How many sessions used time in it."""


class SessionUseView(Struct):
    """What a session used in the month."""

    session: SessionId
    opened: float
    ended: float | None
    seconds: Seconds
    background_seconds: Seconds
    pending: bool
    """Some of the time is in no ledger line yet."""
    plan: str
    reason: EndReason | None
    decision: str | None
    """Why the session ended, in words."""
    idle_seconds: float | None
    """For how long nothing had happened when the session ended idle."""


class UsageAnswer(Struct):
    """What is left of the plan, and what was used in the month, newest first."""

    plan: PlanView
    time_zone: str
    zone_holds_until: float | None
    """When the time zone can be changed again; None if it can be changed now."""
    current: PeriodView
    storage: PlanStorageView
    month: str
    periods: list[UsedView]
    days: list[UsedView]
    sessions: list[SessionUseView]
    next: str | None
    """More of the month exists if this is not None: ask for it with `after`, and add the figures."""


class Moved(Struct):
    """The new time zone."""

    time_zone: str
    zone_holds_until: float | None
    """When the time zone can be changed again; None if it can be changed now."""


@endpoint(may_look, Month, method="GET")
def monthly(caller: SignedIn, query: Month, now: datetime) -> UsageAnswer:
    """Used time.

    The current period, and one month by period, by day and by session, newest first. The month has only the caller's
    own sessions, and of those what the plan has paid that pays now: who joins or leaves a team begins anew. `current`
    has the total of a shared plan. Days and months are those of the account's time zone. Each
    page has at most 200 ledger lines: add up a period, day or session that stands on several pages.
    """
    account = caller.account
    billing = read_paying(account).record
    workspace = read_workspace(account.wid).record
    current = _session(workspace.session)
    month = _month(query, billing, now)
    used, following = _used(account, billing, current, month, query.after)
    use = (current if current and current.open else workspace).saved.use
    return UsageAnswer(
        plan=plan_view(billing.plan),
        time_zone=billing.zone,
        zone_holds_until=_stamp(billing.zone_holds_until(now)),
        current=_period(billing, now),
        storage=PlanStorageView(use.used, storage_limit(billing, account.works_in, use)),
        month=month,
        periods=[_view(each) for each in used.periods],
        days=[_view(each) for each in used.days],
        sessions=[_session_view(each) for each in used.sessions],
        next=following,
    )


@endpoint(may_look, Month, method="GET")
def table(caller: SignedIn, query: Month, now: datetime) -> CsvDownload:
    """The month's sessions as a table.

    RFC 4180 with a header. Times are ISO 8601 in the account's time zone. The sessions are those of `usage`.
    """
    account = caller.account
    billing = read_paying(account).record
    month = _month(query, billing, now)
    current = _session(read_workspace(account.wid).record.session)
    used, following = _used(account, billing, current, month, query.after)
    content = as_csv(used.sessions, billing.zone, is_first=query.after is None)
    link = f"?month={month}&after={following}" if following else None
    return CsvDownload(content, "text/csv; charset=utf-8", f"ondol-usage-{month}.csv", next=link)


@endpoint(may_change, Move, refuses={403: ("forbidden", "too-soon"), 404: ("no-team",)})
def zone(caller: SignedIn, body: Move, now: datetime) -> Moved:
    """Change the time zone.

    Of the billing account that pays, by its owner, once in 30 days (`too-soon`); of a team's by the team's owners. A
    request for the current time zone changes nothing.
    """
    account, billing = caller.account, read_paying(caller.account).record
    owns = team_of(account).role_of(account.uid) == TeamRole.OWNER if billing.is_teams else billing.owner == account.uid
    moved = _moved(billing.bid, body.time_zone, owns, now)
    return Moved(moved.zone, _stamp(moved.zone_holds_until(now)))


@until_won()
def _moved(bid: str, time_zone: str, owns: bool, now: datetime) -> Billing:
    read = read_billing(bid)
    moved = move(read.record, time_zone, owns=owns, now=now)
    if moved != read.record:
        commit_move(read, moved)
        logs.info("time-zone-changed", billing=moved.bid, before=read.record.time_zone, after=moved.time_zone)
    return moved


usage = functions_framework.http(routes({"": monthly, "usage": monthly, "csv": table, "zone": zone}, "usage"))


def _session(sid: str | None) -> Session | None:
    read = read_session(sid) if sid else None
    return read.record if read else None


def _month(query: Month, billing: Billing, now: datetime) -> str:
    if query.month is None:
        return period_at(PeriodKind.MONTH, billing.zone, now).id
    if not MONTH.match(query.month):
        raise bad_request("month: Send it as year and month, such as 2026-11.")
    return query.month


def _used(
    account: Account, billing: Billing, current: Session | None, month: str, after: str | None
) -> tuple[Usage, str | None]:
    """A page of the month's use, and the cursor of the next page. `current` must be read before the lines."""
    begin = parse_cursor(after) if after is not None else None
    if after is not None and begin is None:
        raise bad_request("after: Send the `next` of the page before.")
    lines_page = page(read_lines(billing.bid, account.uid, month, PAGE_LINES + 1, begin), PAGE_LINES)
    sessions = {current.sid: current} if current else {}
    sessions |= read_sessions(sorted({line.sid for line in lines_page.lines} - sessions.keys()))
    summed = used_in(lines_page.lines, sessions, month=month, zone=billing.zone, is_first=after is None)
    return summed, lines_page.next


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


def _session_view(each: SessionUse) -> SessionUseView:
    return SessionUseView(
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
