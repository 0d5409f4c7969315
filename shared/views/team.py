"""A team, as its people are shown it, and an invitation, as whoever has its link is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from shared.accounts.account import Account
from shared.accounts.invitation import Invitation, TeamRole, masked
from shared.accounts.team import MOST_PEOPLE, Team, seats_to_promise
from shared.billing.account import Billing
from shared.billing.plans import PLANS, is_shared
from shared.snapshots.checkpoint import Count
from shared.views.plan import PaidForView, PlanView, paid_for_view, plan_view
from shared.views.units import Seconds


class PersonView(Struct):
    """A person in the team."""

    uid: str
    name: str | None
    email: str | None
    role: TeamRole
    offered: TeamRole | None
    """A role that an owner has offered, and that the person has not answered."""
    joined: float
    may_open: bool
    """Whether the person can open new sessions on the team's time. False without a seat, while the team is not paid
    for, and for those who joined last if the plan has fewer seats than people."""


class InvitationView(Struct):
    """An invitation that was not accepted yet."""

    id: str
    address: str
    role: TeamRole
    sent: float
    expires: float
    expired: bool
    """Its link is not valid any more, and takes no seat. It can be sent again."""


class TeamView(Struct):
    name: str
    plan: PlanView
    paid: bool
    """Whether the team's plan can be shared. If not, each person works on the own account."""
    seats: int | None
    """How many people can work in the team; before it is paid for, how many can be invited. None means without
    limit."""
    taken: Count
    """Seats that are taken by people, offers and open invitations."""
    you: PersonView
    manages: bool
    """Whether the caller is an owner, who alone changes the team and sees its invitations."""
    paid_for: PaidForView | None
    """How the plan is paid for; None if nothing was ever bought, and for whoever can't pay."""
    may_pay: bool
    """Whether the caller can buy and manage the team's plan (`billing` with `team`)."""
    people: Annotated[list[PersonView], Meta(max_length=MOST_PEOPLE)]
    """The longest first."""
    invitations: Annotated[list[InvitationView], Meta(max_length=MOST_PEOPLE)]
    """None for anybody but owners."""
    invitations_left: Count
    """How many can still be sent today; 0 for anybody but owners."""


class EffectsView(Struct):
    """What happens to a person's work when they join or leave a team."""

    session_open: bool
    """Whether their session is open, and another account pays from then on. It is saved and ends; they can open
    the workspace again at once."""
    storage_used: Count
    """What their workspace takes, in bytes. It goes with them."""
    plan: PlanView | None
    """The plan on which they work afterwards; None if it is not the caller's own to see."""
    storage_limit: int | None
    """What that plan stores. None means without limit, or that `plan` is None."""
    storage_over: Count
    """By how much the workspace exceeds that. Nothing is deleted for that; the next session leaves out what does not
    fit, and keeps it apart."""
    subscribed: bool
    """Whether the caller pays for a plan of their own, which goes on until they end it themselves."""


class LookAnswer(Struct):
    """An invitation."""

    team: str
    """The team's name."""
    paid: bool
    """Whether the team's plan can be shared. If not, a seat can't be taken yet."""
    role: TeamRole
    by: str | None
    """Who has sent it."""
    expires: float
    address: str
    """To whom it was sent; masked unless it is the caller."""
    yours: bool
    """Whether it was sent to the address with which the caller has signed in. If not, it can't be accepted: sign in
    with the other address, or ask for an invitation to this one."""
    verified: bool
    """Whether the caller's address is verified. If not, no invitation can be accepted."""
    in_team: str | None
    """The name of another team that the caller is in. It has to be left first."""
    effects: EffectsView | None
    """What accepting does to the caller's work; None if the role takes no seat, or no seat can be taken yet."""


class MemberUse(Struct):
    """One person's part; the name is in `people`."""

    uid: str
    seconds: Seconds


class TeamUsage(Struct):
    """Used time of the team's current period, in seconds."""

    period: str
    granted: Seconds | None
    """None means without limit."""
    used: Seconds
    people: Annotated[list[MemberUse], Meta(max_length=MOST_PEOPLE)]
    """The most first."""
    rest: Seconds
    """Used by people who have left the team, and by each session since its last line of the ledger."""


class MemberStorage(Struct):
    uid: str
    bytes: Count


class TeamStorage(Struct):
    """What the team's workspaces take together, in bytes. Nobody sees another person's file names."""

    used: Count
    limit: int | None
    """None means without limit."""
    people: Annotated[list[MemberStorage], Meta(max_length=MOST_PEOPLE)]
    """The most first."""


def team_view(team: Team, uid: str, billing: Billing, accounts: Mapping[str, Account], now: datetime) -> TeamView:
    """The team as `uid` may see it, who is in it."""
    plan = billing.plan
    people = [_person(team, each.uid, plan, accounts) for each in team.people]
    role = team.role_of(uid)
    manages, may_pay = role == TeamRole.OWNER, role is not None and role.may_pay
    return TeamView(
        name=team.name,
        plan=plan_view(plan),
        paid=is_shared(plan),
        seats=seats_to_promise(plan),
        taken=team.taken(now),
        you=next(each for each in people if each.uid == uid),
        manages=manages,
        paid_for=paid_for_view(billing) if may_pay else None,
        may_pay=may_pay,
        people=people,
        invitations=[_invitation(each, now) for each in team.invitations] if manages else [],
        invitations_left=team.may_send(now) if manages else 0,
    )


def look_answer(
    team: Team,
    invited: Invitation,
    *,
    paid: bool,
    by: Account | None,
    email: str | None,
    verified: bool,
    in_team: str | None,
    effects: EffectsView | None,
) -> LookAnswer:
    yours = email is not None and invited.is_for(email)
    return LookAnswer(
        team=team.name,
        paid=paid,
        role=invited.role,
        by=by.name or by.email if by else None,
        expires=invited.expires.timestamp(),
        address=invited.address if yours and verified else masked(invited.address),
        yours=yours,
        verified=verified,
        in_team=in_team,
        effects=effects,
    )


def _person(team: Team, uid: str, plan: str, accounts: Mapping[str, Account]) -> PersonView:
    found, account = team.find(uid), accounts.get(uid)
    if found is None:
        raise LookupError(f"{uid} is not in team {team.bid}")
    return PersonView(
        uid=uid,
        name=account.name if account else None,
        email=account.email if account else None,
        role=found.role,
        offered=found.offered,
        joined=found.joined.timestamp(),
        may_open=is_shared(plan) and team.has_seat(uid, PLANS[plan].seats),
    )


def _invitation(each: Invitation, now: datetime) -> InvitationView:
    return InvitationView(
        id=each.id,
        address=each.address,
        role=each.role,
        sent=each.sent.timestamp(),
        expires=each.expires.timestamp(),
        expired=not each.is_open(now),
    )
