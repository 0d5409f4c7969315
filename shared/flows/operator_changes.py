"""What surrounds the commit of an operator's change: its audit line before, the log, tasks and answer after."""

from datetime import datetime

from shared import logs
from shared.accounts.audit import AuditLine
from shared.gcp import tasks
from shared.gcp.identity import Member
from shared.views.operator_requests import Request
from shared.views.operator_views import LineView, line_view


def asked(caller: Member, body: Request, now: datetime) -> AuditLine:
    """The line of the request, without the values before and after. Raises Refused."""
    return body.line(by=caller.uid, email=caller.email, at=now)


def logged(line: AuditLine) -> LineView:
    """The line of a change that is only logged."""
    logs.info("operator-changed", request=line.request, action=line.action, target=line.target, by=line.by)
    return line_view(line)


def replacing(line: AuditLine) -> LineView:
    """The line of a plan that may have replaced subscriptions: the payment provider is to cancel them now."""
    bid = line.after.get("billing")
    if line.after.get("cancels") and isinstance(bid, str):
        tasks.ask_about_billing(bid)
    return logged(line)


def audited(line: AuditLine) -> LineView:
    """The line of a change that `pool` follows."""
    tasks.run_pool(audit=True)
    return logged(line)


def ended(line: AuditLine) -> LineView:
    """The line of a change whose commit has begun the end of the session that it names, if any."""
    sid = line.after.get("session")
    if isinstance(sid, str):
        tasks.schedule_reclaim_check(sid, line.at, again=line.action)
    return logged(line)


def replaced(line: AuditLine) -> LineView:
    """The line of a change of a slot. A slot without a session changes at once."""
    if line.after.get("session") is None:
        tasks.run_pool()
    return ended(line)
