"""Members as operators are shown them. Times are in Unix seconds."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from shared.accounts.account import Account, AccountState, SuspendedFor, SuspensionNotice
from shared.accounts.team import Team
from shared.billing.account import Billing
from shared.billing.payer import Payer
from shared.billing.plans import PLANS
from shared.billing.subscription import Reason
from shared.billing.time_allowance import allowance
from shared.sessions.session import EndReason, Session, SessionId
from shared.sessions.workspace import Workspace
from shared.snapshots.checkpoint import Count
from shared.views.operator_money import customer_url
from shared.views.operator_now import SessionRow, session_row
from shared.views.plan import PlanStorageView

FAILURES = (EndReason.LOST, EndReason.NEVER_OPENED)
"""Ends of a session that the member was promised not to meet."""


class AccountAllowance(Struct):
    """In seconds. None means without limit."""

    period: str
    granted: float | None
    """Including time that operators have added."""
    used: float | None
    left: float | None
    renews: float


class RunningSubscription(Struct):
    subscription: str
    """The provider's id."""
    plan: str


class PaymentDetails(Struct):
    """How a billing account is paid for, as the payment provider last said."""

    reason: Reason
    """Why the plan is as it is."""
    until: float | None
    """When the plan ends, unless something changes."""
    running: list[RunningSubscription]
    """A plan that an operator sets replaces them: they are cancelled at the provider, without a refund."""
    customer_url: str | None
    """The customer's page at the provider, where money is given back; None without a customer."""


class TeamDetails(Struct):
    """The team that the person is in."""

    name: str
    plan: str
    allowance: AccountAllowance
    payments: PaymentDetails | None
    """None if nobody has begun to pay."""


class LastError(Struct):
    """How the newest session that failed its member ended."""

    session: SessionId
    at: float
    reason: EndReason


class AccountDetails(Struct):
    """One account, as operators see it."""

    uid: str
    email: str | None
    name: str | None
    state: AccountState
    suspended_for: SuspendedFor | None
    suspension_notice: SuspensionNotice | None
    """What the member is told of the suspension."""
    created: float
    plan: str
    allowance: AccountAllowance
    payments: PaymentDetails | None
    """Of the person's own billing account; None if nobody has begun to pay."""
    team: TeamDetails | None
    session: SessionRow | None
    """The open one."""
    sessions: list[SessionRow]
    """The newest ones, newest first."""
    last_error: LastError | None
    """Among the newest sessions; None if there is none."""
    storage: PlanStorageView


class MemberRow(Struct):
    uid: str
    email: str | None
    name: str | None
    state: AccountState
    created: float
    plan: str | None
    """None if the member has no billing account."""
    seconds_left: float | None
    """What is left of the plan's time in this period; None without limit."""
    opened: float | None
    """When the workspace was opened last; None before the first time."""
    session: SessionId | None
    """The open session."""
    stored: Count
    """Bytes that are saved."""


class MembersView(Struct):
    """A page of members."""

    members: list[MemberRow]
    next: str | None
    """More members follow if this is not None: ask for them with `after`."""


def member_row(account: Account, billing: Billing | None, workspace: Workspace | None, now: datetime) -> MemberRow:
    left = allowance(billing, now).left if billing else None
    return MemberRow(
        uid=account.uid,
        email=account.email,
        name=account.name,
        state=account.state,
        created=account.created.timestamp(),
        plan=billing.plan if billing else None,
        seconds_left=None if left is None else left / 1000,
        opened=workspace.opened.timestamp() if workspace and workspace.opened else None,
        session=workspace.session if workspace else None,
        stored=workspace.saved.use.used if workspace else 0,
    )


def account_view(
    account: Account,
    billing: Billing,
    payer: Payer | None,
    team: TeamDetails | None,
    workspace: Workspace,
    session: Session | None,
    newest: Sequence[Session],
    now: datetime,
) -> AccountDetails:
    """`billing` and `payer` are the person's own; `session` is the workspace's open session, if there is one; `newest`
    are the member's sessions, newest first."""
    saved = session or workspace
    failed = next((each for each in newest if each.reason in FAILURES and each.ended), None)
    return AccountDetails(
        uid=account.uid,
        email=account.email,
        name=account.name,
        state=account.state,
        suspended_for=account.suspended_for,
        suspension_notice=account.suspension_notice,
        created=account.created.timestamp(),
        plan=billing.plan,
        allowance=_allowance(billing, now),
        payments=_payments(payer),
        team=team,
        session=session_row(session) if session else None,
        sessions=[session_row(each) for each in newest],
        last_error=LastError(failed.sid, failed.ended.timestamp(), failed.reason)
        if failed and failed.ended and failed.reason
        else None,
        storage=PlanStorageView(saved.saved.use.used, PLANS[billing.plan].bytes),
    )


def team_details(team: Team, billing: Billing, payer: Payer | None, now: datetime) -> TeamDetails:
    return TeamDetails(team.name, billing.plan, _allowance(billing, now), _payments(payer))


def _payments(payer: Payer | None) -> PaymentDetails | None:
    if payer is None:
        return None
    found = payer.standing
    return PaymentDetails(
        reason=found.reason,
        until=found.until.timestamp() if found.until else None,
        running=[RunningSubscription(each.subscription, each.plan) for each in payer.running],
        customer_url=customer_url(payer),
    )


def _allowance(billing: Billing, now: datetime) -> AccountAllowance:
    current = allowance(billing, now)
    return AccountAllowance(
        period=current.period.id,
        granted=_seconds(current.granted),
        used=None if current.granted is None else _seconds(current.used),
        left=_seconds(current.left),
        renews=current.period.ends.timestamp(),
    )


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000
