"""Teams: who may do what in one, joining, leaving, and deleting one.

Whoever joins or leaves has their session saved and ended, because another billing account pays from then on.
"""

from collections.abc import Callable
from datetime import datetime

from shared import logs, machine
from shared.accounts.account import Account
from shared.accounts.invitation import SECRET, TeamRole, team_in, token_of
from shared.accounts.team import Team, no_invitation, no_team, not_in_team
from shared.billing.account import Billing
from shared.billing.plans import PLANS
from shared.billing.subscription import OVER
from shared.errors import Refused
from shared.gcp import emulators, tasks
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.ids import ALPHABET
from shared.gcp.store.sessions import read_session
from shared.gcp.store.subscriptions import read_payer
from shared.gcp.store.teams import Change, Changed, change_person, change_team, empty_team, find_team, team_of
from shared.mail.about_team import mail_about_invitation, mail_about_removal
from shared.mail.mail import Mail
from shared.sessions.session import EndReason
from shared.settings import settings
from shared.views.plan import plan_view
from shared.views.team import EffectsView


def managed_by(account: Account) -> Team:
    """The team that the person manages. Raises Refused. A change does not need it: see `as_owner`."""
    team = team_of(account)
    check_manages(team, account.uid)
    return team


def check_manages(team: Team, uid: str) -> None:
    """Raises Refused unless the person is an owner of the team."""
    if team.find(uid) is None:
        raise no_team()
    if team.role_of(uid) != TeamRole.OWNER:
        raise Refused("forbidden", "Only an owner of the team can do this. Ask one of them.")


def as_owner(uid: str, change: Change) -> Change:
    """The change, if the person is an owner when it is committed."""

    def checked(team: Team, plan: str) -> Team:
        check_manages(team, uid)
        return change(team, plan)

    return checked


def new_token(bid: str) -> str:
    return token_of(bid, machine.draw_letters(ALPHABET, SECRET))


def team_for(token: str) -> Team:
    """The team that the token is for, which may be invented. Raises Refused."""
    team = find_team(team_in(token))
    if team is None:
        raise no_invitation()
    return team


def send(by: Account, bid: str, name: str, token: str, change: Change, now: datetime) -> Changed:
    """Commits the change that makes the invitation `name`, or gives it this token, and sends the link to whoever is
    invited, unless no mail server is set up. Raises Refused and Conflict."""

    def mail(team: Team) -> Mail:
        return mail_about_invitation(team, team.invitation_named(name), by, token, now)

    changed = change_team(bid, as_owner(by.uid, change), mail if _sends_mail() else None)
    if changed.mail:
        tasks.send_mail(changed.mail, now)
    return changed


def _sends_mail() -> bool:
    config = settings()
    return bool(config.mail_from and config.smtp_host) or emulators.smtp_endpoint() is not None


def remove(by: str, bid: str, uid: str, now: datetime) -> Changed:
    """Removes a person, who is told by mail. Raises Refused and Conflict."""

    def without(team: Team, _plan: str) -> Team:
        if team.find(uid) is None:
            raise not_in_team()
        return team.without(uid, now)

    def mail(team: Team, account: Account) -> Mail:
        return mail_about_removal(team, account, now)

    return move(bid, uid, as_owner(by, without), now, None if uid == by else mail)


def move(
    bid: str, uid: str, change: Change, now: datetime, mail: Callable[[Team, Account], Mail] | None = None
) -> Changed:
    """Commits a change that may let a person in or out, and has their session saved and ended if another account pays
    from then on. The `mail` tells them. Raises Refused and Conflict."""
    changed = change_person(bid, uid, change, now, mail=mail)
    _finish(changed, now)
    return changed


def _finish(changed: Changed, now: datetime) -> None:
    """Has the session ended, and the mail sent, of a person who was let in or out."""
    if changed.ending:
        tasks.schedule_reclaim_check(changed.ending, now, again="team")
        logs.info("session-drained", session=changed.ending, reason=EndReason.TEAM)
    if changed.mail:
        tasks.send_mail(changed.mail, now)


def effects_of(account: Account, pays: Billing, *, is_own: bool = True) -> EffectsView:
    """What it does to a person's work that this billing account pays from now on. Of the account of somebody else only
    the size is told."""
    workspace = read_workspace(account.wid).record
    session = read_session(workspace.session) if workspace.session else None
    is_open = session is not None and session.record.open
    ends = session is not None and is_open and session.record.bid != pays.bid
    used = (session.record if session and is_open else workspace).saved.use.used
    if not is_own:
        return EffectsView(
            session_open=ends, storage_used=used, plan=None, storage_limit=None, storage_over=0, subscribed=False
        )
    limit, payer = PLANS[pays.plan].bytes, read_payer(account.bid)
    return EffectsView(
        session_open=ends,
        storage_used=used,
        plan=plan_view(pays.plan),
        storage_limit=limit,
        storage_over=0 if limit is None else max(0, used - limit),
        subscribed=payer is not None and any(each.state not in OVER for each in payer.record.subscriptions),
    )


def close(bid: str, uid: str, now: datetime) -> None:
    """Deletes a team: all leave and are told by mail, and nothing is paid any more. Raises Refused."""
    change_team(bid, as_owner(uid, lambda team, _plan: team.close(now, uid)))
    for changed in empty_team(bid, now):
        _finish(changed, now)
    tasks.ask_about_billing(bid)
    logs.info("team-deleted", team=bid)
