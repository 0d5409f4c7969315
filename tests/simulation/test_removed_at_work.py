"""An owner removes a member in the middle of their work: the team pays until the last checkpoint, and not longer."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.views.team_requests import OnePerson
from tests.simulation.functions import Loaded, living_in
from tests.simulation.invariants import place
from tests.simulation.team_steps import ask, begin_team
from tests.simulation.world import World
from tests.support.records.factories import a_billing

START = datetime(2026, 11, 29, 9, tzinfo=UTC)
STEPS = {
    "before a read": True,
    "before a commit": True,
    "after a commit": False,
    "before a task is made": False,
    "after a task is made": False,
}
"""Where the function dies that removes, and whether the member is in the team still."""
AGAIN = timedelta(minutes=5)


@pytest.mark.parametrize("kill_at", STEPS)
def test_who_is_removed_at_work_keeps_it_and_the_team_pays_for_no_more(
    functions: Mapping[str, Loaded], kill_at: str
) -> None:
    billings = [replace(a_billing("free", bid=f"b-{n}"), owner=f"u-{n}") for n in range(2)]
    world = World(functions, START, billings)
    with living_in(world):
        begin_team(world, 0)
        owner, member = world.people
        world.open(member)
        world.live(world.now + timedelta(seconds=100))
        [session] = world.invariants.sessions.values()
        assert session["bid"] in world.teams.made
        for container in world.fleet.containers():
            container.typing = True
        removing = ask(world, "remove", owner, OnePerson(uid=member.uid), target=member.uid)
        while not removing.done and removing.at != kill_at:
            world.hub.go_on(removing, through=False)
        removing.kill()
        assert (world.teams.accounts[member.uid]["team"] is not None) == STEPS[kill_at]
        if STEPS[kill_at]:
            ask(world, "remove", owner, OnePerson(uid=member.uid), target=member.uid)
        world.live(world.now + AGAIN)
        [ended] = [each for each in world.invariants.sessions.values() if each["sid"] == session["sid"]]
        workspace = world.invariants.workspaces[member.wid]
        assert (ended["state"], ended["reason"], ended["final"]) == ("ended", "team", True)
        assert workspace["head"] == ended["head"] and place(ended["head"]) > place(session["head"])
        world.open(member)
        world.live(world.now + timedelta(seconds=100))
        assert world.invariants.sessions[member.sid]["bid"] == member.bid
        assert world.teams.wrong() is None
        world.hub.end()
