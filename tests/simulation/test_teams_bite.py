"""With one guard of teams taken away, the simulation finds what it kept out. Three that only matter at one moment of a
function are in `test_teams_on_their_way.py`."""

from collections.abc import Mapping

import pytest

from tests.simulation import team_removals
from tests.simulation.functions import Loaded
from tests.simulation.removals import Removal
from tests.simulation.schedule import in_teams, play
from tests.simulation.searching import first_that_fails


@pytest.mark.parametrize(
    ("removal", "broken"),
    [
        (team_removals.the_count_of_seats, "has promised"),
        (team_removals.the_seat_of_who_accepts, "people work in"),
        (team_removals.the_owner_who_alone_changes_a_team, "by no owner"),
        (team_removals.the_last_owner, "has no owner"),
        (team_removals.the_heir_of_an_owner_who_is_gone, "has no owner"),
        (team_removals.the_offer_that_is_accepted, "has not accepted that"),
        (team_removals.the_verified_address, "with an address that is not verified"),
        (team_removals.the_address_of_an_invitation, "by an invitation to somebody else"),
        (team_removals.the_end_of_an_invitation, "by an invitation that had expired"),
        (team_removals.the_newest_link, "by a link that is not valid"),
        (team_removals.the_single_use, "is still open"),
        (team_removals.the_one_team, "is in two teams"),
        (team_removals.one_commit_for_team_and_account, "and the teams have"),
        (team_removals.the_plan_that_can_be_shared, "which is not paid for"),
        (team_removals.the_seat_of_who_opens, "which has no seat for"),
        (team_removals.the_end_of_a_session_with_its_seat, "goes on at the cost of"),
        (team_removals.where_a_moved_session_is_counted, "and their workspaces' heads take"),
        (team_removals.the_storage_in_the_commit_of_a_head, "and their workspaces' heads take"),
        (team_removals.the_storage_that_comes_along, "and their workspaces' heads take"),
        (team_removals.the_storage_that_goes_along, "and their workspaces' heads take"),
        (team_removals.the_look_at_what_others_store, "are taken"),
        (team_removals.the_team_that_who_is_gone_leaves, "has deleted the account"),
    ],
)
def test_without_a_guard_of_teams_it_fails(functions: Mapping[str, Loaded], removal: Removal, broken: str) -> None:
    with removal(functions):
        schedule = first_that_fails(functions, broken, in_teams)
    play(functions, schedule)
