"""What an operator does: plans, granted time, suspensions, limits; and what operators did."""

from datetime import datetime
from functools import partial

import functions_framework
from msgspec.structs import replace

from shared import logs
from shared.accounts.audit import AuditLine
from shared.accounts.operator_limits import Limits
from shared.endpoint import endpoint, routes
from shared.errors import Refused, bad_request
from shared.flows.sign_ins import mark_of
from shared.gcp import tasks
from shared.gcp.identity import Member, operator, person_by_email
from shared.gcp.store import operators
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.ledger import read_days
from shared.gcp.store.limits import read_limits
from shared.gcp.store.sessions import read_session
from shared.gcp.store.slots import count_claimed
from shared.views.operator_requests import (
    Grant,
    Look,
    OfMonth,
    Page,
    Request,
    Resume,
    SetLimits,
    SetPlan,
    Suspend,
    Which,
)
from shared.views.operator_views import (
    AccountView,
    AuditView,
    DaysView,
    LineView,
    Overview,
    account_view,
    audit_view,
    days_view,
    line_view,
)


@partial(endpoint, method="GET")(operator, Look)
def overview(_caller: Member, _query: Look, _now: datetime) -> Overview:
    found = read_limits()
    return Overview(found.record if found else Limits(), count_claimed())


@endpoint(operator, SetPlan)
def plan(caller: Member, body: SetPlan, now: datetime) -> LineView:
    return _told(operators.set_plan(_line(caller, body, now), body.uid, body.plan))


@endpoint(operator, Grant)
def grant(caller: Member, body: Grant, now: datetime) -> LineView:
    return _told(operators.grant_time(_line(caller, body, now), body.uid, body.seconds, now))


@endpoint(operator, Suspend)
def suspend(caller: Member, body: Suspend, now: datetime) -> LineView:
    """The session drains with the suspension itself; the task only makes prompt what the sweep would find."""
    line = operators.suspend_account(_line(caller, body, now), body.uid, now, body.reason)
    sid = line.after.get("session")
    if isinstance(sid, str):
        tasks.schedule_reclaim_check(sid, line.at, again="suspended")
    return _told(line)


@endpoint(operator, Resume)
def resume(caller: Member, body: Resume, now: datetime) -> LineView:
    """By address it is the mark's: the log is told that, and never the address."""
    line = _line(caller, body, now)
    if body.uid is not None:
        return _told(operators.resume_account(line, body.uid, now))
    mark = mark_of(body.email or "")
    return _told(operators.lift_suspension(replace(line, asked={"mark": mark}), mark, now))


@endpoint(operator, SetLimits)
def limits(caller: Member, body: SetLimits, now: datetime) -> LineView:
    line = _line(caller, body, now)
    return _told(operators.set_limits(line, line.asked))


@partial(endpoint, method="GET")(operator, Which)
def account(caller: Member, query: Which, now: datetime) -> AccountView:
    """It is logged who looked at whom: here an address leads to a person, or turns out to be nobody's."""
    uid = _whose(query)
    logs.info("operator-looked", by=caller.uid, target=uid, given="email" if query.uid is None else "uid")
    if uid is None:
        raise Refused("not-found", "Nobody has signed in with this address.", status=404)
    found = operators.read_account(uid).record
    billing, workspace = read_billing(found.bid).record, read_workspace(found.wid).record
    session = read_session(workspace.session) if workspace.session else None
    return account_view(found, billing, workspace, session.record if session else None, now)


@partial(endpoint, method="GET")(operator, Page)
def audit(_caller: Member, query: Page, _now: datetime) -> AuditView:
    before = operators.read_audit(query.before) if query.before else None
    if query.before and before is None:
        raise Refused("not-found", "No line has this request. Leave `before` out to start with the newest.", status=404)
    return audit_view(operators.audit_lines(before, query.limit))


@partial(endpoint, method="GET")(operator, OfMonth)
def used(_caller: Member, query: OfMonth, _now: datetime) -> DaysView:
    return days_view(read_days(query.month))


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


def _line(caller: Member, body: Request, now: datetime) -> AuditLine:
    return body.line(by=caller.uid, email=caller.email, at=now)


def _told(line: AuditLine) -> LineView:
    logs.info("operator", request=line.request, action=line.action, target=line.target, by=line.by)
    return line_view(line)


def _whose(query: Which) -> str | None:
    query.check()
    if query.uid is not None:
        return query.uid
    try:
        found = person_by_email(query.email or "")
    except ValueError as e:
        raise bad_request("email: this is no address.") from e
    return found.uid if found else None
