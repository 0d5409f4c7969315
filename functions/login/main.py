"""Who am I: account, plan, allowance and the open session. Creates the account on the first visit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import functions_framework
from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState, Locale, SuspendedFor, SuspensionNotice
from shared.billing import time_allowance as allowances
from shared.billing.account import Billing
from shared.billing.kept_plan import Kept, kept_plan
from shared.billing.periods import is_zone
from shared.billing.plans import PLANS
from shared.endpoint import endpoint
from shared.flows.sign_ins import marked_account_of
from shared.gcp.identity import Member, member
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.paying import paying_of, read_both, storage_limit
from shared.gcp.store.sessions import newest_cold, read_session
from shared.policies import reclaim_policy, slot_origin
from shared.record import Versioned
from shared.sessions.reclaim_decision import idle_ahead
from shared.sessions.session import EndReason, Session, SessionId, SessionState
from shared.sessions.workspace import Workspace
from shared.snapshots.checkpoint import Count
from shared.snapshots.left_out import not_kept
from shared.snapshots.storage_quota import NAMED, Folder, LeftOut, StorageState, lifting_plan
from shared.views.plan import KeptView, PaidForView, PlanView, kept_view, paid_for_view, plan_view
from shared.views.start import MEASURED_BY, StartView, is_starting, start_view
from shared.views.units import Seconds, Url


class Login(Struct, forbid_unknown_fields=True):
    """Values for a new account. An existing account keeps its own."""

    time_zone: Annotated[str, Meta(max_length=64)] = "UTC"
    """The browser's time zone, an IANA name. An unknown name counts as UTC."""
    locale: Locale = "en"
    """The language that the page speaks."""


class SuspensionView(Struct):
    """What a suspended member is told."""

    reason: SuspendedFor
    notice: SuspensionNotice | None
    may_download: bool
    """Whether the history can be seen and files downloaded."""


class AccountView(Struct):
    """The caller's account."""

    uid: str
    email: str | None
    name: str | None
    state: AccountState
    locale: str
    """The language that the member chose, or else that of the first login."""
    suspension: SuspensionView | None
    """None unless the account is suspended."""


class AllowanceView(Struct):
    """What the plan grants. None means without limit."""

    granted: Seconds | None
    """Seconds in the editor that this period grants."""
    seconds: Seconds | None
    """Seconds that are left of them."""
    renews: float
    """When the next period begins."""
    lifted_by: str | None
    """The title of the smallest plan with more time, if none is left."""
    bytes: int | None
    """Bytes of storage."""


class IdleView(Struct):
    """When the member is warned and when the session is reclaimed, if nothing more happens in it."""

    warned_from: float
    ends: float


class SessionView(Struct):
    """The open session."""

    session: SessionId
    state: SessionState
    slot_origin: Url
    opened: float
    saved_at: float | None
    deadline: float | None
    """When the plan's time ends if the session stays in use; None without limit, or while nobody uses the session."""
    background: float | None
    """When the background hold ends at the latest; None if there is no hold."""
    idle: IdleView | None
    """None while no browser has the editor open."""
    start: StartView | None
    """None unless the session waits for its container to start."""


class LastSession(Struct):
    """How the last session ended, and the time of its last checkpoint."""

    reason: EndReason | None
    ended: float | None
    saved_at: float | None


class StorageView(Struct):
    """What the newest checkpoint takes of the plan, in bytes."""

    state: StorageState
    used: Count
    limit: int | None
    """None means without limit."""
    over: Count
    """Bytes to delete before everything is saved."""
    largest: Annotated[list[Folder], Meta(max_length=NAMED)]
    """The largest folders and files of the home."""
    lifted_by: str | None
    """The title of the smallest plan that has room for everything, if this plan has not."""
    left_out: LeftOut | None
    """Files of the home that no checkpoint has. Of a workspace without an open session: as of the session's end."""
    apart: Count
    """Bytes of left-out files that are kept."""
    not_kept: Count
    """Bytes that the session that ended last has left out, and that could not be kept."""


class InTeam(Struct):
    """The team that the caller is in."""

    pays: bool
    """Whether `plan`, `allowance` and `storage` are the team's. If not, they are the caller's own."""


class LoginAnswer(Struct):
    """The member's account, plan and allowance, and the open session."""

    now: float
    """The control plane's time."""
    account: AccountView
    team: InTeam | None
    """None without one."""
    plan: PlanView
    paid_for: PaidForView | None
    """Of the caller's own plan, also while a team pays for the caller's work. None if the caller never bought
    anything."""
    kept: KeptView | None
    allowance: AllowanceView
    storage: StorageView
    session: SessionView | None
    last: LastSession | None


@functions_framework.http
@endpoint(member, Login, refuses={403: ("account-closed", "account-suspended")})
def login(caller: Member, body: Login, now: datetime) -> LoginAnswer:
    """Who am I.

    Creates the account on the first visit.
    """
    # Only a new account uses the time zone. A browser may know newer time zones than this function, and must get in all
    # the same.
    zone = body.time_zone if is_zone(body.time_zone) else None
    account = marked_account_of(caller, now, locale=body.locale, time_zone=zone)
    account.check_not_closed()
    own, of_team = read_both(account)
    billing = paying_of(own, of_team).record
    workspace = read_workspace(account.wid).record
    current, last = _session(workspace.session), _session(workspace.last_session)
    newest = current if current and current.open else workspace
    return LoginAnswer(
        now=now.timestamp(),
        account=_account(account),
        team=InTeam(pays=billing.is_teams) if account.team else None,
        plan=plan_view(billing.plan),
        paid_for=paid_for_view(own.record) if own.record.owner == account.uid else None,
        kept=kept_view(_kept(account, billing.plan, [own, of_team], now), now),
        allowance=_allowance(billing, now),
        storage=_storage(billing, account.works_in, newest, workspace.apart, last),
        session=_current(current) if current and current.open else None,
        last=_last(last) if last and not last.open else None,
    )


def _session(sid: str | None) -> Session | None:
    read = read_session(sid) if sid else None
    return read.record if read else None


def _account(account: Account) -> AccountView:
    locale = account.locale or "en"
    return AccountView(account.uid, account.email, account.name, account.state, locale, _suspension(account))


def _suspension(account: Account) -> SuspensionView | None:
    if account.state != AccountState.SUSPENDED:
        return None
    return SuspensionView(
        reason=account.suspended_for or SuspendedFor.ABUSE,
        notice=account.suspension_notice,
        may_download=account.may_download,
    )


def _allowance(billing: Billing, now: datetime) -> AllowanceView:
    current = allowances.allowance(billing, now)
    lifting = allowances.lifting_plan(billing.plan, current.used) if current.left == 0 else None
    return AllowanceView(
        granted=None if current.granted is None else current.granted / 1000,
        seconds=None if current.left is None else current.left / 1000,
        renews=current.period.ends.timestamp(),
        lifted_by=PLANS[lifting].title if lifting else None,
        bytes=PLANS[billing.plan].bytes,
    )


def _kept(account: Account, plan: str, found: Sequence[Versioned[Billing] | None], now: datetime) -> Kept | None:
    """The largest plan that keeps snapshots beyond the present `plan`: one that the account or its team has lost, or
    that of a team which the person has left."""
    lost = [*account.lost_plans, *filter(None, [each.record.kept for each in found if each])]
    return kept_plan([(each.plan, each.since) for each in lost], plan, now)


def _storage(
    billing: Billing, team: str | None, newest: Session | Workspace, apart: int, last: Session | None
) -> StorageView:
    """Measured against the current plan, which may have changed since the newest checkpoint."""
    use = replace(newest.saved.use, limit=storage_limit(billing, team, newest.saved.use))
    left_out = newest.left_out if isinstance(newest, Session) else None
    whole = use.used + (left_out.bytes if left_out else 0)
    over = 0 if use.limit is None else max(0, whole - use.limit)
    lifting = lifting_plan(whole) if over else None
    return StorageView(
        state=use.state,
        used=use.used,
        limit=use.limit,
        over=over,
        largest=use.largest,
        lifted_by=PLANS[lifting].title if lifting else None,
        left_out=left_out,
        apart=apart,
        not_kept=not_kept(last.left_out, last.apart) if last and not last.open else 0,
    )


def _current(session: Session) -> SessionView:
    return SessionView(
        session.sid,
        session.state,
        slot_origin(session),
        session.opened.timestamp(),
        _saved(session),
        session.deadline.timestamp() if session.deadline and session.is_charged else None,
        session.background_hold.until.timestamp() if session.background_hold else None,
        _idle(session),
        start_view(newest_cold(MEASURED_BY)) if is_starting(session) else None,
    )


def _idle(session: Session) -> IdleView | None:
    ahead = idle_ahead(session, reclaim_policy(session.plan))
    return IdleView(ahead.warned_from.timestamp(), ahead.ends.timestamp()) if ahead else None


def _last(session: Session) -> LastSession:
    return LastSession(session.reason, session.ended.timestamp() if session.ended else None, _saved(session))


def _saved(session: Session) -> float | None:
    return session.head.at.timestamp() if session.head else None
