"""Changes of a team whose function dies on its way, or meets another one at the worst moment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.accounts.invitation import TeamRole
from shared.views.team_requests import DeleteTeam, Invite, Nothing, OnePerson
from tests.simulation import team_removals
from tests.simulation.functions import Loaded, living_in
from tests.simulation.invariants import place
from tests.simulation.processes import Process, Violation
from tests.simulation.team_steps import NAME, STRANGER, accept, ask, begin_team
from tests.simulation.world import World
from tests.support.records.factories import a_billing

START = datetime(2026, 11, 29, 9, tzinfo=UTC)
REMOVING = {
    "before a read": True,
    "before a commit": True,
    "after a commit": False,
    "before a task is made": False,
    "after a task is made": False,
}
"""Where the function dies that removes, and whether the member is in the team still."""
DELETING = range(1, 6)
"""After how many of its commits the function dies that deletes."""


@contextmanager
def a_team(functions: Mapping[str, Loaded]) -> Iterator[World]:
    """Of an owner and a member, and a third has an open invitation."""
    billings = [replace(a_billing("free", bid=f"b-{n}"), owner=f"u-{n}") for n in range(3)]
    world = World(functions, START, billings)
    with living_in(world):
        begin_team(world, 0)
        try:
            yield world
        finally:
            world.hub.end()


def go_on_to(world: World, process: Process, at: str, times: int = 1) -> None:
    """Or to its end."""
    while times and not process.done:
        world.hub.go_on(process, through=False)
        times -= process.at == at


@pytest.mark.parametrize("kill_at", REMOVING)
def test_who_is_removed_at_work_keeps_it_and_the_team_pays_for_no_more(
    functions: Mapping[str, Loaded], kill_at: str
) -> None:
    with a_team(functions) as world:
        owner, member, _ = world.people
        world.open(member)
        world.live(world.now + timedelta(seconds=100))
        session = world.invariants.sessions[member.sid]
        assert session["bid"] in world.teams.made
        for container in world.fleet.containers():
            container.typing = True
        removing = ask(world, "remove", owner, OnePerson(uid=member.uid), target=member.uid)
        go_on_to(world, removing, kill_at)
        removing.kill()
        assert (world.teams.accounts[member.uid]["team"] is not None) == REMOVING[kill_at]
        if REMOVING[kill_at]:
            ask(world, "remove", owner, OnePerson(uid=member.uid), target=member.uid)
        world.live(world.now + timedelta(minutes=5))
        ended = world.invariants.sessions[session["sid"]]
        workspace = world.invariants.workspaces[member.wid]
        assert (ended["state"], ended["reason"], ended["final"]) == ("ended", "team", True)
        assert workspace["head"] == ended["head"]
        assert place(ended["head"]) > place(session["head"])
        world.open(member)
        world.live(world.now + timedelta(seconds=100))
        assert world.invariants.sessions[member.sid]["bid"] == member.bid


@pytest.mark.parametrize("commits", DELETING)
def test_a_team_whose_deletion_dies_on_its_way_is_gone_within_a_run_of_meter(
    functions: Mapping[str, Loaded], commits: int
) -> None:
    with a_team(functions) as world:
        delete_half(world, commits)
        world.live(world.now + timedelta(minutes=16))
        assert (world.teams.wrong(), world.teams.teams, world.teams.stored) == (None, {}, {})


def test_without_meter_it_stays_half_deleted(functions: Mapping[str, Loaded]) -> None:
    with team_removals.the_meter_that_finishes_a_deletion(functions), a_team(functions) as world:
        delete_half(world, 1)
        world.live(world.now + timedelta(minutes=16))
        assert "is still there" in (world.teams.wrong() or "")


def delete_half(world: World, commits: int) -> None:
    deleting = ask(world, "delete_team", world.people[0], DeleteTeam(name=NAME))
    go_on_to(world, deleting, "after a commit", commits)
    deleting.kill()


def leave_while_opening(world: World) -> None:
    """The account was read before its member left, and all else is read after."""
    member = world.people[1]
    opening = world.open(member)
    reads = 0
    while not opening.done and reads < 2:  # the account's read is through, the next one begins
        world.hub.go_on(opening, through=False)
        reads += opening.at == "before a read"
    world.hub.go_on(ask(world, "leave", member, Nothing()))
    assert world.teams.accounts[member.uid]["team"] is None
    world.live(world.now + timedelta(seconds=60))
    assert world.invariants.sessions[member.sid]["bid"] == member.bid


def test_who_leaves_while_they_open_works_on_the_own_account(functions: Mapping[str, Loaded]) -> None:
    with a_team(functions) as world:
        leave_while_opening(world)


def test_without_the_team_that_a_workspace_names_they_are_counted_in_it(functions: Mapping[str, Loaded]) -> None:
    with (
        team_removals.the_team_that_a_workspace_names(functions),
        a_team(functions) as world,
        pytest.raises(Violation, match="is counted in"),
    ):
        leave_while_opening(world)


def invite_while_another_accepts(world: World) -> None:
    """The invitation is committed on top of a team that was read before somebody joined."""
    owner, *_ = world.people
    inviting = ask(world, "invite", owner, Invite(address=STRANGER, role=TeamRole.BILLING))
    go_on_to(world, inviting, "before a commit")
    accept(world, 1)
    world.hub.go_on(world.hub.processes[-1])
    world.live(world.now + timedelta(seconds=10))
    [team] = world.teams.teams.values()
    assert [each["uid"] for each in team["people"]] == [person.uid for person in world.people]
    assert [each["address"] for each in team["invitations"]] == [STRANGER]


def test_who_joins_while_another_is_invited_is_in_the_team(functions: Mapping[str, Loaded]) -> None:
    with a_team(functions) as world:
        invite_while_another_accepts(world)


def test_without_the_guard_of_a_team_who_joins_is_lost(functions: Mapping[str, Loaded]) -> None:
    with (
        team_removals.the_guard_of_a_team(functions),
        a_team(functions) as world,
        pytest.raises(Violation, match="u-2 has left"),
    ):
        invite_while_another_accepts(world)


def test_who_accepts_while_their_invitation_expires_takes_no_seat_that_was_given_away(
    functions: Mapping[str, Loaded],
) -> None:
    with a_team(functions) as world:
        [team] = world.teams.teams.values()
        [invitation] = team["invitations"]
        world.live(invitation["expires"] - timedelta(seconds=5))
        accept(world, 1)
        accepting = world.hub.processes[-1]
        go_on_to(world, accepting, "before a commit", 2)  # the first counts the request
        world.pass_time(invitation["expires"] + timedelta(seconds=1))
        world.hub.go_on(ask(world, "invite", world.people[0], Invite(address=STRANGER, role=TeamRole.MEMBER)))
        world.live(world.now + timedelta(seconds=10))
        [team] = world.teams.teams.values()
        assert [each["uid"] for each in team["people"]] == [person.uid for person in world.people[:2]]
        assert team["invitations"][-1]["address"] == STRANGER
