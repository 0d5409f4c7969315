"""Teams: people who share one plan. Make one, invite, join, leave, remove, hand over, and see who uses what."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from unicodedata import normalize

import functions_framework

from shared import logs
from shared.accounts.account import Account
from shared.accounts.invitation import TeamRole, invitation, is_same
from shared.accounts.team import Team, in_a_team, not_in_team
from shared.billing.plans import PLANS, is_shared
from shared.billing.time_allowance import allowance
from shared.endpoint import endpoint, routes
from shared.errors import Conflict, Refusals, Refused, bad_request
from shared.flows import teams
from shared.flows.sign_ins import SignedIn, may_change, may_look
from shared.gcp.store import clock
from shared.gcp.store.accounts import find_account
from shared.gcp.store.billing import counted, read_billing
from shared.gcp.store.ids import new_id
from shared.gcp.store.team_storage import stored_in
from shared.gcp.store.teams import (
    Changed,
    change_team,
    create_team,
    find_team,
    find_with_billing,
    read_people,
    team_id_of,
    team_of,
)
from shared.gcp.store.usage import used_by
from shared.settings import settings
from shared.views.team import (
    LookAnswer,
    MemberStorage,
    MemberUse,
    TeamStorage,
    TeamUsage,
    TeamView,
    look_answer,
    team_view,
)
from shared.views.team_requests import (
    DeleteTeam,
    Effects,
    EffectsAnswer,
    GiveRole,
    Invite,
    InviteAnswer,
    MakeTeam,
    Nothing,
    OneInvitation,
    OnePerson,
    RenameTeam,
    Reply,
    TeamAnswer,
    WithToken,
)

OWNERS: Refusals = {403: ("forbidden",), 404: ("no-team",)}


@endpoint(may_look, Nothing, method="GET")
def team_state(caller: SignedIn, _query: Nothing, now: datetime) -> TeamAnswer:
    """The caller's team.

    None for somebody who is in no team.
    """
    uid, link = caller.account.uid, caller.account.team
    found = find_with_billing(link.bid) if link else None
    if found is None or found[0].record.find(uid) is None:
        return TeamAnswer(None)
    return TeamAnswer(_view(Changed(found[0].record, found[1]), uid, now))


@endpoint(may_change, MakeTeam, refuses={403: ("email-unverified",), 409: ("in-a-team",), 429: ("team-too-soon",)})
def create(caller: SignedIn, body: MakeTeam, now: datetime) -> TeamAnswer:
    """Make a team.

    The caller becomes its owner. Until a plan is bought for it (`billing/checkout` with `team`), it pays for nobody,
    and people can be invited already.
    """
    check_verified(caller)
    made = create_team(caller.account.uid, body.name, settings().first_plan, now)
    logs.info("team-made", team=made.team.bid, uid=caller.account.uid)
    return TeamAnswer(_view(made, caller.account.uid, now))


@endpoint(may_change, RenameTeam, refuses=OWNERS)
def rename(caller: SignedIn, body: RenameTeam, now: datetime) -> TeamAnswer:
    """Rename the team."""
    uid, bid = caller.account.uid, team_id_of(caller.account)
    after = change_team(bid, teams.as_owner(uid, lambda team, _plan: team.renamed(body.name)))
    return TeamAnswer(_view(after, uid, now))


@endpoint(
    may_change,
    Invite,
    refuses={
        403: ("forbidden", "email-unverified"),
        404: ("no-team",),
        409: ("team-full", "in-the-team"),
        429: ("too-many-invitations",),
    },
)
def invite(caller: SignedIn, body: Invite, now: datetime) -> InviteAnswer:
    """Invite somebody by their address.

    Seven days, single use. An open invitation takes its seat. Another one to the same address replaces it.
    """
    check_verified(caller)
    uid = caller.account.uid
    found = teams.managed_by(caller.account)
    if body.role == TeamRole.OWNER:
        raise bad_request("role: Invite a member, and offer the ownership once they are in the team.")
    people = read_people(found)
    if any(each.email and is_same(each.email, body.address) for each in people.values()):
        raise Conflict("in-the-team", "Somebody with this address is in the team already.")
    token = teams.new_token(found.bid)
    made = invitation(new_id("i-"), token, body.address, body.role, body.language, uid, now)
    after = teams.send(caller.account, found.bid, made.id, token, lambda team, plan: team.invite(made, plan, now), now)
    logs.info("team-invited", team=found.bid, invitation=made.id, role=made.role)
    return InviteAnswer(_view(after, uid, now, people), made.id, _link(token), after.mail is not None)


@endpoint(
    may_change,
    OneInvitation,
    refuses={
        403: ("forbidden", "email-unverified"),
        404: ("no-team", "not-found"),
        409: ("team-full",),
        429: ("too-many-invitations",),
    },
)
def resend(caller: SignedIn, body: OneInvitation, now: datetime) -> InviteAnswer:
    """Send an invitation again.

    For another seven days, by another link. The link before is not valid any more.
    """
    check_verified(caller)
    uid, bid = caller.account.uid, team_id_of(caller.account)
    token = teams.new_token(bid)

    def again(team: Team, plan: str) -> Team:
        return team.send_again(body.invitation, token, uid, plan, clock.now())

    after = teams.send(caller.account, bid, body.invitation, token, again, now)
    return InviteAnswer(_view(after, uid, now), body.invitation, _link(token), after.mail is not None)


@endpoint(may_change, OneInvitation, refuses={403: ("forbidden",), 404: ("no-team", "not-found")})
def revoke(caller: SignedIn, body: OneInvitation, now: datetime) -> TeamAnswer:
    """Revoke an invitation."""
    uid, bid = caller.account.uid, team_id_of(caller.account)
    after = change_team(bid, teams.as_owner(uid, lambda team, _plan: team.revoke(body.invitation, now)))
    return TeamAnswer(_view(after, uid, now))


@endpoint(may_look, WithToken, refuses={404: ("invitation-gone",)})
def look(caller: SignedIn, body: WithToken, now: datetime) -> LookAnswer:
    """Look at an invitation.

    With the token of its link: who invites, to which team, whether it is for the caller, and what accepting does.
    """
    found = teams.team_for(body.token)
    invited = found.invitation_with(body.token, now)
    account, member, billing = caller.account, caller.member, read_billing(found.bid).record
    own, paid = account.team.bid if account.team else None, is_shared(billing.plan)
    other = find_team(own) if own and own != found.bid else None  # who is in this one accepts, and comes to it
    return look_answer(
        found,
        invited,
        paid=paid,
        by=find_account(invited.by) if invited.by else None,
        email=member.email,
        verified=member.email_verified,
        in_team=other.name if other else None,
        effects=teams.effects_of(account, billing) if paid and invited.role.takes_seat else None,
    )


@endpoint(
    may_change,
    WithToken,
    refuses={
        403: ("email-unverified", "other-address"),
        404: ("invitation-gone",),
        409: ("in-a-team", "no-seat-left", "team-unpaid"),
    },
)
def accept(caller: SignedIn, body: WithToken, now: datetime) -> TeamAnswer:
    """Accept an invitation.

    By somebody with the verified address to which it was sent. Who is in the team already gets the team. An open
    session is saved and ends, and the workspace can be opened again at once.
    """
    uid, email = caller.account.uid, caller.member.email
    found = teams.team_for(body.token)
    if found.find(uid):
        return TeamAnswer(_view(Changed(found, read_billing(found.bid).record), uid, now))
    found.invitation_with(body.token, now)  # who has no valid link learns nothing of the account's other refusals
    check_verified(caller)
    if caller.account.team is not None and caller.account.team.bid != found.bid:
        raise in_a_team()

    def join(team: Team, plan: str) -> Team:
        # not the request's time: an invitation that has expired since may have lost its seat to another
        return team.join(body.token, uid, email or "", plan, clock.now())

    after = teams.move(found.bid, uid, join, now)
    logs.info("team-joined", team=found.bid, uid=uid, role=after.team.role_of(uid))
    return TeamAnswer(_view(after, uid, now))


@endpoint(may_look, Effects, method="GET", refuses={403: ("forbidden",), 404: ("no-team", "not-found")})
def effects(caller: SignedIn, query: Effects, _now: datetime) -> EffectsAnswer:
    """What leaving the team does, or being removed from it."""
    found, uid = team_of(caller.account), caller.account.uid
    about = query.uid or uid
    if about != uid:
        teams.check_manages(found, uid)
    person = found.find(about)
    if person is None:
        raise not_in_team()
    account = caller.account if about == uid else find_account(about)
    works = person.role.takes_seat and is_shared(read_billing(found.bid).record.plan)
    return EffectsAnswer(
        effects=teams.effects_of(account, read_billing(account.bid).record, is_own=about == uid)
        if account and works
        else None,
        last_owner=found.is_only_owner(about),
    )


@endpoint(may_change, Nothing, refuses={404: ("no-team",), 409: ("last-owner",)})
def leave(caller: SignedIn, _body: Nothing, now: datetime) -> TeamAnswer:
    """Leave the team.

    The session is saved and ends; the workspace goes with the caller, who works on the own account again.
    """
    uid, bid = caller.account.uid, team_id_of(caller.account)
    teams.move(bid, uid, lambda team, _plan: team.without(uid, now), now)
    logs.info("team-left", team=bid, uid=uid, by=uid)
    return TeamAnswer(None)


@endpoint(may_change, OnePerson, refuses={403: ("forbidden",), 404: ("no-team", "not-found"), 409: ("last-owner",)})
def remove(caller: SignedIn, body: OnePerson, now: datetime) -> TeamAnswer:
    """Remove a person from the team.

    Their session is saved and ends; their workspace goes with them.
    """
    uid, bid = caller.account.uid, team_id_of(caller.account)
    after = teams.remove(uid, bid, body.uid, now)
    logs.info("team-left", team=bid, uid=body.uid, by=uid)
    return TeamAnswer(_view(after, uid, now) if after.team.find(uid) else None)


@endpoint(
    may_change,
    GiveRole,
    refuses={403: ("forbidden",), 404: ("no-team", "not-found"), 409: ("last-owner", "team-full")},
)
def role(caller: SignedIn, body: GiveRole, now: datetime) -> TeamAnswer:
    """Give a person another role.

    The ownership, and a seat to somebody who only pays, are offered: they hold once the person has accepted (`answer`).
    Anything else holds at once.
    """
    uid, bid = caller.account.uid, team_id_of(caller.account)
    change = teams.as_owner(uid, lambda team, plan: team.offer(body.uid, body.role, plan, now))
    after = teams.move(bid, body.uid, change, now)
    return TeamAnswer(_view(after, uid, now))


@endpoint(may_change, Reply, refuses={404: ("no-team", "not-found"), 409: ("no-seat-left", "team-unpaid")})
def answer(caller: SignedIn, body: Reply, now: datetime) -> TeamAnswer:
    """Accept or decline the role that is offered to the caller."""
    uid, bid = caller.account.uid, team_id_of(caller.account)
    after = teams.move(bid, uid, lambda team, plan: team.answer(uid, accept=body.accept, plan=plan), now)
    return TeamAnswer(_view(after, uid, now))


@endpoint(may_change, DeleteTeam, refuses={**OWNERS, 409: ("other-name",)})
def delete_team(caller: SignedIn, body: DeleteTeam, now: datetime) -> TeamAnswer:
    """Delete the team.

    All leave, as by `leave`, and its subscription ends.
    """
    uid, found = caller.account.uid, teams.managed_by(caller.account)
    # macOS writes each Korean syllable as several characters: the name may have been typed on another machine.
    if normalize("NFC", body.name.strip()) != normalize("NFC", found.name):
        raise Conflict("other-name", f"The team is named {found.name}. Nothing was deleted.")
    teams.close(found.bid, uid, now)
    return TeamAnswer(None)


@endpoint(may_look, Nothing, method="GET", refuses=OWNERS)
def team_usage(caller: SignedIn, _query: Nothing, now: datetime) -> TeamUsage:
    """Used time by person.

    Of the team's current period, in seconds.
    """
    found = teams.managed_by(caller.account)
    billing = read_billing(found.bid).record
    current = allowance(billing, now)
    used = counted(billing, current.period.id)
    used_by_each = used_by(found.bid, [each.uid for each in found.people], current.period.id)
    people = [MemberUse(uid, ms / 1000) for uid, ms in used_by_each.items()]
    return TeamUsage(
        period=current.period.id,
        granted=None if current.granted is None else current.granted / 1000,
        used=used / 1000,
        people=sorted(people, key=lambda each: (-each.seconds, each.uid)),
        rest=max(0.0, used / 1000 - sum(each.seconds for each in people)),
    )


@endpoint(may_look, Nothing, method="GET", refuses=OWNERS)
def team_storage(caller: SignedIn, _query: Nothing, _now: datetime) -> TeamStorage:
    """Storage by person, by size only."""
    found = teams.managed_by(caller.account)
    stored = [MemberStorage(each.uid, each.bytes) for each in stored_in(found.bid)]
    return TeamStorage(
        used=sum(each.bytes for each in stored),
        limit=PLANS[read_billing(found.bid).record.plan].bytes,
        people=sorted(stored, key=lambda each: (-each.bytes, each.uid)),
    )


team = functions_framework.http(
    routes(
        {
            "": team_state,
            "team": team_state,
            "create": create,
            "rename": rename,
            "invite": invite,
            "resend": resend,
            "revoke": revoke,
            "look": look,
            "accept": accept,
            "effects": effects,
            "leave": leave,
            "remove": remove,
            "role": role,
            "answer": answer,
            "delete": delete_team,
            "usage": team_usage,
            "storage": team_storage,
        },
        "team",
    )
)


def _view(now_is: Changed, uid: str, now: datetime, known: Mapping[str, Account] = MappingProxyType({})) -> TeamView:
    """`known`: accounts that need not be read again."""
    return team_view(now_is.team, uid, now_is.billing, read_people(now_is.team, known), now)


def _link(token: str) -> str:
    """Behind `#`, so that no server on the way sees the token."""
    return f"{settings().page_origin}/invitation#{token}"


def check_verified(caller: SignedIn) -> None:
    if not caller.member.email_verified or not caller.member.email:
        detail = "Teams need a verified email address. Verify your address and sign in again, or sign in with Google."
        raise Refused("email-unverified", detail)
