"""What an operator is told, as it crosses the wire; `functions/openapi.yaml` has the same. Times are Unix seconds."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from shared.accounts.account import Account, AccountState
from shared.accounts.audit import Action, AuditLine, Values
from shared.accounts.operator_limits import Limits
from shared.billing.account import Billing
from shared.billing.plans import PLANS
from shared.billing.reconciliation import DayUse
from shared.billing.time_allowance import allowance
from shared.sessions.session import Session, SessionState
from shared.sessions.workspace import Workspace
from shared.snapshots.storage_quota import newest_use


class Overview(Struct):
    limits: Limits
    open_sessions: int


class LineView(Struct):
    request: str
    at: float
    by: str
    email: str | None
    action: Action
    target: str | None
    note: str
    before: Values
    after: Values


class AuditView(Struct):
    lines: list[LineView]


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


class PlanUseView(Struct):
    seconds: float
    background_seconds: float
    members: int
    sessions: int


class DayView(Struct):
    day: str
    plans: dict[str, PlanUseView]


class DaysView(Struct):
    """Those of the month that are over (UTC), oldest first."""

    days: list[DayView]


def line_view(line: AuditLine) -> LineView:
    return LineView(
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


def audit_view(lines: Iterable[AuditLine]) -> AuditView:
    return AuditView([line_view(line) for line in lines])


def account_view(
    account: Account, billing: Billing, workspace: Workspace, session: Session | None, now: datetime
) -> AccountView:
    """`session` is the workspace's, if it has one."""
    newest = session or workspace
    return AccountView(
        uid=account.uid,
        email=account.email,
        name=account.name,
        state=account.state,
        created=account.created.timestamp(),
        plan=billing.plan,
        allowance=_allowance(billing, now),
        session=_session(session) if session else None,
        storage=StorageView(newest_use(newest.storage, newest.head).used, PLANS[billing.plan].bytes),
    )


def days_view(days: Iterable[DayUse]) -> DaysView:
    return DaysView([_day(use) for use in days])


def _allowance(billing: Billing, now: datetime) -> AllowanceView:
    current = allowance(billing, now)
    return AllowanceView(
        period=current.period.id,
        granted=_seconds(current.granted),
        used=None if current.granted is None else _seconds(current.used),
        left=_seconds(current.left),
        renews=current.period.ends.timestamp(),
    )


def _session(session: Session) -> SessionView:
    return SessionView(session.sid, session.state, session.opened.timestamp(), session.slot)


def _day(use: DayUse) -> DayView:
    plans = {
        plan: PlanUseView(each.ms / 1000, each.background_ms / 1000, each.members, each.sessions)
        for plan, each in use.plans.items()
    }
    return DayView(use.day, plans)


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000
