"""What an operator does: plans, granted time, suspensions, limits; and what operators did."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

import functions_framework
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from shared import logs
from shared.account import AccountState, Billing
from shared.allowance import allowance
from shared.audit import Action, AuditLine, Note, RequestId, Values
from shared.endpoint import endpoint, routes
from shared.errors import Refused, bad_request
from shared.gcp import tasks
from shared.gcp.identity import Member, may_be_a_uid, operator, person_by_email
from shared.gcp.store import operators
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.ledger import read_days
from shared.gcp.store.limits import read_limits
from shared.gcp.store.sessions import read_session
from shared.gcp.store.slots import count_claimed
from shared.limits import MOST_OPENS, Limits
from shared.plans import PLANS
from shared.quota import newest_use
from shared.reconciliation import DayUse
from shared.session import Session, SessionState

MOST_GRANTED = 1000 * 3600
"""Seconds that one request may add: more is a slip of the hand."""
MOST_SESSIONS = 100_000
LINES = 50

Uid = Annotated[str, Meta(min_length=1, max_length=128)]


class Request(Struct, forbid_unknown_fields=True, kw_only=True):
    request: RequestId
    note: Note


class OfAccount(Request, forbid_unknown_fields=True, kw_only=True):
    uid: Uid


class SetPlan(OfAccount, forbid_unknown_fields=True, kw_only=True):
    plan: str


class Grant(OfAccount, forbid_unknown_fields=True, kw_only=True):
    seconds: Annotated[int, Meta(ge=1, le=MOST_GRANTED)]


class SetLimits(Request, forbid_unknown_fields=True, kw_only=True):
    """What is not given stays as it is. `open_sessions` is null for no cap."""

    new_sessions: bool | UnsetType = UNSET
    open_sessions: Annotated[int, Meta(ge=0, le=MOST_SESSIONS)] | UnsetType | None = UNSET
    opens_an_hour: Annotated[int, Meta(ge=1, le=MOST_OPENS)] | UnsetType = UNSET


class Which(Struct, forbid_unknown_fields=True):
    """Either of them."""

    uid: Uid | None = None
    email: Annotated[str, Meta(min_length=1, max_length=320)] | None = None


class Look(Struct, forbid_unknown_fields=True):
    pass


class Page(Struct, forbid_unknown_fields=True):
    """`before`: the request of the last line of the page before."""

    before: RequestId | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = LINES


class Line(Struct):
    request: str
    at: float
    by: str
    email: str | None
    action: Action
    target: str | None
    note: str
    before: Values
    after: Values


class Audit(Struct):
    lines: list[Line]


class OfMonth(Struct, forbid_unknown_fields=True):
    month: Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])\Z")]


class PlanUseView(Struct):
    seconds: float
    background_seconds: float
    members: int
    sessions: int


class DayView(Struct):
    day: str
    plans: dict[str, PlanUseView]


class Days(Struct):
    """Those of the month that are over (UTC), oldest first."""

    days: list[DayView]


class Overview(Struct):
    limits: Limits
    open_sessions: int


class AllowanceView(Struct):
    """Seconds; None without limit. `granted` is what the plan grants and what operators have added."""

    period: str
    granted: float | None
    used: float | None
    left: float | None
    renews: float


class SessionView(Struct):
    session: str
    state: SessionState
    opened: float
    slot: str


class StorageView(Struct):
    """In bytes; `limit` is None without one."""

    used: int
    limit: int | None


class AccountView(Struct):
    uid: str
    email: str | None
    name: str | None
    state: AccountState
    created: float
    plan: str
    allowance: AllowanceView
    session: SessionView | None
    storage: StorageView


@partial(endpoint, method="GET")(operator, Look)
def overview(_caller: Member, _query: Look, _now: datetime) -> Overview:
    found = read_limits()
    return Overview(found.record if found else Limits(), count_claimed())


@endpoint(operator, SetPlan)
def plan(caller: Member, body: SetPlan, now: datetime) -> Line:
    if body.plan not in PLANS:
        raise bad_request(f"plan: there are {', '.join(PLANS)}.")
    line = _line(caller, Action.PLAN, body, now, plan=body.plan)
    return _told(operators.set_plan(line, _uid(body.uid), body.plan))


@endpoint(operator, Grant)
def grant(caller: Member, body: Grant, now: datetime) -> Line:
    line = _line(caller, Action.GRANT, body, now, seconds=body.seconds)
    return _told(operators.grant_time(line, _uid(body.uid), body.seconds, now))


@endpoint(operator, OfAccount)
def suspend(caller: Member, body: OfAccount, now: datetime) -> Line:
    """The session drains with the suspension itself; the task only makes prompt what the sweep would find."""
    line = operators.suspend_account(_line(caller, Action.SUSPEND, body, now), _uid(body.uid), now)
    sid = line.after.get("session")
    if isinstance(sid, str):
        tasks.look_at_session(sid, line.at, again="suspended")
    return _told(line)


@endpoint(operator, OfAccount)
def resume(caller: Member, body: OfAccount, now: datetime) -> Line:
    return _told(operators.resume_account(_line(caller, Action.RESUME, body, now), _uid(body.uid)))


@endpoint(operator, SetLimits)
def limits(caller: Member, body: SetLimits, now: datetime) -> Line:
    given = {name: getattr(body, name) for name in structs.asdict(Limits())}
    asked = {name: value for name, value in given.items() if value is not UNSET}
    if not asked:
        raise bad_request(f"Say which limit to set: {', '.join(given)}.")
    return _told(operators.set_limits(_line(caller, Action.LIMITS, body, now, **asked), asked))


@partial(endpoint, method="GET")(operator, Which)
def account(_caller: Member, query: Which, now: datetime) -> AccountView:
    found = operators.read_account(_which(query)).record
    billing, workspace = read_billing(found.bid).record, read_workspace(found.wid).record
    session = read_session(workspace.session) if workspace.session else None
    newest = session.record if session else workspace
    return AccountView(
        uid=found.uid,
        email=found.email,
        name=found.name,
        state=found.state,
        created=found.created.timestamp(),
        plan=billing.plan,
        allowance=_allowance(billing, now),
        session=_session(session.record) if session else None,
        storage=StorageView(newest_use(newest.storage, newest.head).used, PLANS[billing.plan].bytes),
    )


@partial(endpoint, method="GET")(operator, Page)
def audit(_caller: Member, query: Page, _now: datetime) -> Audit:
    before = operators.read_audit(query.before) if query.before else None
    if query.before and before is None:
        raise Refused("not-found", "No line has this request. Leave `before` out to start with the newest.", status=404)
    return Audit([_view(line) for line in operators.audit_lines(before, query.limit)])


@partial(endpoint, method="GET")(operator, OfMonth)
def used(_caller: Member, query: OfMonth, _now: datetime) -> Days:
    return Days([_day(found) for found in read_days(query.month)])


admin = functions_framework.http(
    routes(
        {
            "": overview,
            "admin": overview,
            "plan": plan,
            "grant": grant,
            "suspend": suspend,
            "resume": resume,
            "limits": limits,
            "account": account,
            "audit": audit,
            "usage": used,
        },
        "admin",
    )
)


def _line(caller: Member, action: Action, body: Request, now: datetime, **asked: Any) -> AuditLine:
    return AuditLine(
        request=body.request,
        at=now,
        by=caller.uid,
        email=caller.email,
        action=action,
        target=body.uid if isinstance(body, OfAccount) else None,
        asked=asked,
        note=body.note,
    )


def _told(line: AuditLine) -> Line:
    logs.info("operator", request=line.request, action=line.action, target=line.target, by=line.by)
    return _view(line)


def _view(line: AuditLine) -> Line:
    return Line(
        request=line.request,
        at=line.at.timestamp(),
        by=line.by,
        email=line.email,
        action=line.action,
        target=line.target,
        note=line.note,
        before=line.before,
        after=line.after,
    )


def _allowance(billing: Billing, now: datetime) -> AllowanceView:
    current = allowance(billing, now)
    return AllowanceView(
        period=current.period.id,
        granted=_seconds(current.granted),
        used=None if current.granted is None else _seconds(current.used),
        left=_seconds(current.left),
        renews=current.period.ends.timestamp(),
    )


def _day(use: DayUse) -> DayView:
    plans = {
        plan: PlanUseView(each.ms / 1000, each.background_ms / 1000, each.members, each.sessions)
        for plan, each in use.plans.items()
    }
    return DayView(use.day, plans)


def _session(session: Session) -> SessionView:
    return SessionView(session.sid, session.state, session.opened.timestamp(), session.slot)


def _uid(text: str) -> str:
    if not may_be_a_uid(text):
        raise bad_request("uid: this can be nobody's.")
    return text


def _which(query: Which) -> str:
    if (query.uid is None) == (query.email is None):
        raise bad_request("Say whose account: uid or email.")
    if query.uid is not None:
        return _uid(query.uid)
    try:
        found = person_by_email(query.email or "")
    except ValueError as e:
        raise bad_request("email: this is no address.") from e
    if found is None:
        raise Refused("not-found", "Nobody has signed in with this address.", status=404)
    return found.uid


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000
