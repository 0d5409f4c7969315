"""Who am I: account, plan, allowance, and the session that is open. Makes the account on the first visit."""

from datetime import datetime
from typing import Annotated

import functions_framework
from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState, account_closed
from shared.billing import time_allowance as allowances
from shared.billing.account import Billing
from shared.billing.periods import is_zone
from shared.billing.plans import PLANS
from shared.endpoint import endpoint
from shared.flows.sign_ins import account_of
from shared.gcp.identity import Member, member
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.sessions import read_session
from shared.policies import reclaim_policy, slot_origin
from shared.sessions.reclaim_decision import idle_ahead
from shared.sessions.session import Session, SessionState
from shared.sessions.workspace import Workspace
from shared.snapshots.storage_quota import Folder, LeftOut, StorageState, lifting_plan, newest_use


class Login(Struct, forbid_unknown_fields=True):
    """The browser's time zone (an IANA name) and language (a BCP 47 tag), for a new account."""

    time_zone: Annotated[str, Meta(max_length=64)] = "UTC"
    locale: Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}\\Z")] = "en"


class AccountView(Struct):
    uid: str
    email: str | None
    name: str | None
    state: AccountState
    locale: str


class PlanView(Struct):
    name: str
    title: str


class AllowanceView(Struct):
    """What the plan grants in this period, what is left of it, None without limit, and when it grants anew."""

    granted: float | None
    seconds: float | None
    renews: float
    lifted_by: str | None
    """The title of the smallest plan that has more, once nothing is left."""
    bytes: int | None


class IdleView(Struct):
    """When the member is warned, and when the session is reclaimed, if nothing more happens in it."""

    warned_from: float
    ends: float


class SessionView(Struct):
    session: str
    state: SessionState
    slot_origin: str
    opened: float
    saved_at: float | None
    deadline: float | None
    """When the plan's time is used up if it goes on being used; None without limit, and while nobody uses it."""
    background: float | None
    """Until when at the latest a job is kept at work without a browser; None if none is."""
    idle: IdleView | None
    """None while no browser holds its editor open."""


class LastSession(Struct):
    reason: str | None
    ended: float | None
    saved_at: float | None


class StorageView(Struct):
    """What the newest checkpoint takes of the plan, in bytes. `over`: how much has to go for all to be saved."""

    state: StorageState
    used: int
    limit: int | None
    over: int
    largest: list[Folder]
    lifted_by: str | None
    """The title of the smallest plan that all of it fits into, when it does not fit into this one."""
    left_out: LeftOut | None
    """What is in the home and in no checkpoint; of a workspace that is closed, what was so as it was closed."""
    apart: int
    """Bytes that sessions have kept apart."""


class LoginAnswer(Struct):
    now: float
    account: AccountView
    plan: PlanView
    allowance: AllowanceView
    storage: StorageView
    session: SessionView | None
    last: LastSession | None


@functions_framework.http
@endpoint(member, Login)
def login(caller: Member, body: Login, now: datetime) -> LoginAnswer:
    # only the first one counts, and a browser may have a newer list of them than we: nobody is kept out by it
    zone = body.time_zone if is_zone(body.time_zone) else None
    account = account_of(caller, now, locale=body.locale, time_zone=zone)
    if account.state == AccountState.DELETED:
        raise account_closed()
    billing = read_billing(account.bid).record
    workspace = read_workspace(account.wid).record
    current, last = _session(workspace.session), _session(workspace.last_session)
    return LoginAnswer(
        now=now.timestamp(),
        account=_account(account),
        plan=PlanView(billing.plan, PLANS[billing.plan].title),
        allowance=_allowance(billing, now),
        storage=_storage(billing, current if current and current.open else workspace, workspace.apart),
        session=_current(current) if current and current.open else None,
        last=_last(last) if last and not last.open else None,
    )


def _session(sid: str | None) -> Session | None:
    found = read_session(sid) if sid else None
    return found.record if found else None


def _account(account: Account) -> AccountView:
    return AccountView(account.uid, account.email, account.name, account.state, account.locale or "en")


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


def _storage(billing: Billing, newest: Session | Workspace, apart: int) -> StorageView:
    """By the plan as it is now, which may have changed since the newest checkpoint."""
    found = newest_use(newest.storage, newest.head)
    use = replace(found, limit=PLANS[billing.plan].bytes)
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
    )


def _current(session: Session) -> SessionView:
    return SessionView(
        session.sid,
        session.state,
        slot_origin(session),
        session.opened.timestamp(),
        _saved(session),
        session.deadline.timestamp() if session.deadline and session.is_used else None,
        session.hold.until.timestamp() if session.hold else None,
        _idle(session),
    )


def _idle(session: Session) -> IdleView | None:
    ahead = idle_ahead(session, reclaim_policy(session.plan))
    return IdleView(ahead.warned_from.timestamp(), ahead.ends.timestamp()) if ahead else None


def _last(session: Session) -> LastSession:
    return LastSession(session.reason, session.ended.timestamp() if session.ended else None, _saved(session))


def _saved(session: Session) -> float | None:
    return session.head.at.timestamp() if session.head else None
