"""What happens to teams, one function for each thing: their people's requests, and what an operator sets by hand."""

from datetime import timedelta
from typing import Any

from shared.accounts.invitation import TeamRole
from shared.billing.account import Billing
from shared.billing.time_allowance import allowance
from shared.errors import Problem
from shared.gcp.identity import Member
from shared.views.operator_requests import SetPlan
from shared.views.team_requests import (
    DeleteTeam,
    GiveRole,
    Invite,
    MakeTeam,
    Nothing,
    OneInvitation,
    OnePerson,
    Reply,
    WithToken,
)
from tests.simulation.granting import granted
from tests.simulation.paying_steps import order_page
from tests.simulation.people import Person
from tests.simulation.processes import Process
from tests.simulation.teams import Asked
from tests.simulation.world import World

PLANS_GIVEN = ("team", "enterprise", "team", "free")
ROLES = (TeamRole.MEMBER, TeamRole.MEMBER, TeamRole.MEMBER, TeamRole.BILLING, TeamRole.PAYING_MEMBER)
GIVEN_ROLES = (TeamRole.OWNER, TeamRole.MEMBER, TeamRole.BILLING, TeamRole.OWNER)
LEFT_MS = (1_000, 60_000, 200_000)
DAYS = (1.1, 7.1, 7.2, 14.2)
NAME = "Ours"
STRANGER = "stranger@example.com"


def ask(world: World, function: str, person: Person, body: Any, *, token: str = "", target: str = "") -> Process:
    """A request of a person's, whose token has their address."""
    process = world.call(function, world.teammate(person), body)
    world.teams.asks(
        process, Asked(function, person.uid, person.address, person.verified, world.now, token=token, target=target)
    )

    def answered(process: Process) -> None:
        if process.result is not None:
            name = process.result.name if isinstance(process.result, Problem) else "done"
            world.events.note(f"team: {function}: {name}")

    process.on_end = answered
    return process


def make_team(world: World, whom: int) -> None:
    ask(world, "create", world.people[whom % len(world.people)], MakeTeam(name=NAME))


def invite(world: World, whom: int) -> None:
    person, guest = _manager(world, whom), world.people[(whom >> 2) % len(world.people)]
    address = STRANGER if whom >> 4 == 0 else guest.address
    invite_to(world, person, address, ROLES[(whom >> 4) % len(ROLES)])


def invite_to(world: World, person: Person, address: str, role: TeamRole) -> None:
    process = ask(world, "invite", person, Invite(address=address, role=role))
    _keep_link(world, process, address)


def resend(world: World, whom: int) -> None:
    person = _manager(world, whom)
    if invited := _invitations(world, person):
        chosen = invited[(whom >> 2) % len(invited)]
        _keep_link(world, ask(world, "resend", person, OneInvitation(invitation=chosen["id"])), chosen["address"])


def revoke(world: World, whom: int) -> None:
    person = _manager(world, whom)
    if invited := _invitations(world, person):
        ask(world, "revoke", person, OneInvitation(invitation=invited[(whom >> 2) % len(invited)]["id"]))


def accept(world: World, whom: int) -> None:
    """One of the last links that were sent is opened: by whom it was sent to, or one time in three by anybody."""
    links = world.teams.links[-6:]
    if not links:
        return
    token, address = links[-1 - (whom >> 2) % len(links)]
    meant = [person for person in world.people if person.address == address]
    anybody = world.people[(whom >> 5) % len(world.people)]
    person = meant[0] if meant and whom % 3 else anybody
    ask(world, "accept", person, WithToken(token=token), token=token)


def leave_team(world: World, whom: int) -> None:
    ask(world, "leave", world.people[whom % len(world.people)], Nothing())


def remove_person(world: World, whom: int) -> None:
    manager = _manager(world, whom)
    uid = _other(world, manager, whom >> 2)
    ask(world, "remove", manager, OnePerson(uid=uid), target=uid)


def give_role(world: World, whom: int) -> None:
    manager = _manager(world, whom)
    uid, role = _other(world, manager, whom >> 2), GIVEN_ROLES[(whom >> 4) % len(GIVEN_ROLES)]
    ask(world, "role", manager, GiveRole(uid=uid, role=role), target=uid)


def answer_role(world: World, whom: int) -> None:
    offered = [each["uid"] for team in world.teams.teams.values() for each in team["people"] if each["offered"]]
    people = [person for person in world.people if person.uid in offered]
    if people := people or world.people[: whom & 1]:
        ask(world, "answer", people[(whom >> 1) % len(people)], Reply(accept=bool(whom & 3)))


def delete_team(world: World, whom: int) -> None:
    ask(world, "delete_team", _manager(world, whom), DeleteTeam(name=NAME))


def give_team_plan(world: World, whom: int) -> None:
    """An operator sets the plan of somebody's team."""
    person = world.people[whom % len(world.people)]
    set_team_plan(world, person, PLANS_GIVEN[(whom >> 2) % len(PLANS_GIVEN)])


def set_team_plan(world: World, person: Person, plan: str) -> None:
    request = f"team-{len(world.firestore.documents)}-{world.now.timestamp()}-{plan}".replace(".", "-")
    body = SetPlan(request=request, note="so that it happens", uid=person.uid, plan=plan, team=True)
    world.call("plan", Member("operator", None, None, email_verified=True), body)


def leave_little(world: World, whom: int) -> None:
    """An operator takes from a team's time all but so much."""
    left = LEFT_MS[whom % len(LEFT_MS)]

    def shorter(billing: Billing) -> Billing:
        now = allowance(billing, world.now)
        return billing if now.granted is None else granted(billing, world.now, left + now.used - now.granted)

    for bid in list(world.teams.teams)[:1]:
        world.change_billing(bid, shorter)


def verify(world: World, whom: int) -> None:
    world.people[whom % len(world.people)].verified = True


def team_days(world: World, whom: int) -> None:
    """Nobody comes until invitations have expired, or another team may be made."""
    world.pass_time(world.now + timedelta(days=DAYS[whom % len(DAYS)]))


def buy_for_team(world: World, whom: int) -> None:
    order_page(world, world.people[whom % len(world.people)], "team", of_team=True)


def begin_team(world: World, kind: int) -> None:
    """There is a team already. Of two or three, and one more is invited, who works or has another team. Or of all, or
    all but one, on a plan that has become too small. Its time is nearly over, or not; its plan is lost, or not."""
    owner, *guests = world.people
    is_large = kind & 12 == 12
    make_team(world, 0)
    world.exhaust()
    set_team_plan(world, owner, "enterprise" if is_large else "team")
    world.exhaust()
    joining = guests[: 3 - (kind & 1)] if is_large else guests[: 1 + (kind & 1)]
    for guest in joining:
        guest.verified = True
        invite_to(world, owner, guest.address, TeamRole.MEMBER if is_large or not kind & 4 else TeamRole.BILLING)
        world.exhaust()
        accept(world, 1)
        world.exhaust()
    if kind & 4 and not is_large:
        make_team(world, len(guests))
    elif not kind & 1 and not is_large:
        world.open(guests[-1])
        world.exhaust()
    if guests[-1] not in joining:
        for _ in range(1 + (kind & 8) // 8):
            invite_to(world, owner, guests[-1].address, TeamRole.MEMBER)
            world.exhaust()
    if is_large:
        set_team_plan(world, owner, "team")
        world.exhaust()
        world.open(guests[-1])
        world.exhaust()
    if kind & 2:
        leave_little(world, kind)
    if kind & 48 == 48:
        set_team_plan(world, owner, "free")
        world.exhaust()
    if kind & 16 or is_large:
        accept(world, 1)


def _manager(world: World, whom: int) -> Person:
    """An owner of a team, or one time in four anybody."""
    owners = [
        each["uid"] for team in world.teams.teams.values() for each in team["people"] if each["role"] == TeamRole.OWNER
    ]
    people = [person for person in world.people if person.uid in owners] if whom & 3 else world.people
    people = people or world.people
    return people[(whom >> 4) % len(people)]


def _other(world: World, manager: Person, whom: int) -> str:
    """Somebody in the manager's team, or one time in four anybody."""
    team = world.teams.team_of(manager.uid)
    there = [each["uid"] for each in team["people"]] if team and whom & 3 else []
    return there[-1 - (whom >> 2) % len(there)] if there else world.people[(whom >> 2) % len(world.people)].uid


def _invitations(world: World, person: Person) -> list[Any]:
    team = world.teams.team_of(person.uid)
    teams = [team] if team else list(world.teams.teams.values())
    return [each for team in teams for each in team["invitations"]]


def _keep_link(world: World, process: Process, address: str) -> None:
    noted = process.on_end

    def answered(process: Process) -> None:
        noted(process)
        if process.result is not None and not isinstance(process.result, Problem):
            world.teams.links.append((process.result.link.partition("#")[2], address))

    process.on_end = answered
