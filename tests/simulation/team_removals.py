"""The guards of teams, each of which can be taken away."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from shared.accounts.account import Account
from shared.accounts.invitation import Invitation, TeamRole
from shared.accounts.team import Team
from shared.flows import sign_ins
from shared.flows import teams as flows
from shared.gcp.store import sessions, teams
from shared.gcp.store.database import Commit, document
from shared.sessions.session import Session
from tests.simulation.removals import Functions, Pieces, removal


@removal
def the_count_of_seats(_functions: Functions) -> Pieces:
    yield Team, "check_seat", lambda *_given: None


@removal
def the_seat_of_who_accepts(_functions: Functions) -> Pieces:
    """Whatever the team's plan is, an invitation that was sent is accepted."""
    real = Team.join

    def join(self: Team, token: str, uid: str, address: str, _plan: str, now: Any) -> Team:
        return real(self, token, uid, address, "enterprise", now)

    yield Team, "join", join


@removal
def the_owner_who_alone_changes_a_team(_functions: Functions) -> Pieces:
    yield flows, "as_owner", lambda _uid, change: change


@removal
def the_last_owner(_functions: Functions) -> Pieces:
    yield Team, "is_only_owner", lambda _self, _uid: False


@removal
def the_heir_of_an_owner_who_is_gone(functions: Functions) -> Pieces:
    """Whom nobody has asked first to hand the team over."""
    yield functions["account"].module, "check_may_go", lambda _account: None
    yield (
        Team,
        "without_gone",
        lambda self, uid, now: replace(self, people=[each for each in self.people if each.uid != uid], due=now),
    )


@removal
def the_offer_that_is_accepted(_functions: Functions) -> Pieces:
    """Another role holds at once."""
    real = Team.offer

    def offer(self: Team, uid: str, role: TeamRole, plan: str, now: Any) -> Team:
        after = real(self, uid, role, plan, now)
        people = [replace(each, role=each.offered or each.role, offered=None) for each in after.people]
        return replace(after, people=people)

    yield Team, "offer", offer


@removal
def the_verified_address(functions: Functions) -> Pieces:
    yield functions["team"].module, "check_verified", lambda _caller: None


@removal
def the_address_of_an_invitation(_functions: Functions) -> Pieces:
    real = Team.join

    def join(self: Team, token: str, uid: str, address: str, plan: str, now: Any) -> Team:
        invited = next((each for each in self.invitations if each.has(token)), None)
        return real(self, token, uid, invited.address if invited else address, plan, now)

    yield Team, "join", join


@removal
def the_end_of_an_invitation(_functions: Functions) -> Pieces:
    yield Invitation, "is_open", lambda _self, _now: True


@removal
def the_newest_link(_functions: Functions) -> Pieces:
    """A link that was replaced, revoked or used leads to whatever invitation the address has."""
    yield Invitation, "has", lambda _self, _token: True


@removal
def the_single_use(_functions: Functions) -> Pieces:
    real = Team.join

    def join(self: Team, *given: Any) -> Team:
        return replace(real(self, *given), invitations=self.invitations)

    yield Team, "join", join


@removal
def the_one_team(_functions: Functions) -> Pieces:
    yield teams, "check_may_make", lambda *_given: None


@removal
def the_guard_of_a_team(_functions: Functions) -> Pieces:
    """It is written over whatever was written since it was read."""
    real = Commit.change

    def change(self: Commit, reference: Any, read: Any, record: Any) -> Commit:
        return self.replace(reference, record) if isinstance(record, Team) else real(self, reference, read, record)

    yield Commit, "change", change
    yield Commit, "is_made", lambda _self: False


@removal
def one_commit_for_team_and_account(_functions: Functions) -> Pieces:
    real = Commit.change

    def change(self: Commit, reference: Any, read: Any, record: Any) -> Commit:
        if not isinstance(record, Team):
            return real(self, reference, read, record)
        real(Commit(), reference, read, record).run()
        return self

    yield Commit, "change", change


@removal
def the_team_that_a_workspace_names(functions: Functions) -> Pieces:
    """A claim with an account that was read before believes it."""
    allocate = functions["allocate"].module
    real_standing, real_commit, read = allocate.read_standing, allocate.commit_claim, {}

    def read_standing(account: Account) -> Any:
        found = real_standing(account)
        believed = replace(found.workspace, record=replace(found.workspace.record, works_in=account.works_in))
        read[id(believed)] = found.workspace
        return replace(found, workspace=believed)

    def commit_claim(account: Any, billing: Any, workspace: Any, slot: Any, **named: Any) -> Any:
        return real_commit(account, billing, read[id(workspace)], slot, **named)

    yield allocate, "read_standing", read_standing
    yield allocate, "commit_claim", commit_claim


@removal
def the_plan_that_can_be_shared(_functions: Functions) -> Pieces:
    yield Team, "pays_for", lambda self, uid, _plan: self.role_of(uid) is not None


@removal
def the_seat_of_who_opens(functions: Functions) -> Pieces:
    yield functions["allocate"].module, "check_may_open_in", lambda *_given: None


@removal
def the_end_of_a_session_with_its_seat(_functions: Functions) -> Pieces:
    yield Session, "move", lambda self, team, *_given: replace(self, stored_in=team)


@removal
def where_a_moved_session_is_counted(_functions: Functions) -> Pieces:
    real = Session.move
    yield Session, "move", lambda self, *given: replace(real(self, *given), stored_in=self.stored_in)


@removal
def the_storage_in_the_commit_of_a_head(_functions: Functions) -> Pieces:
    yield sessions, "put_stored", lambda *_given: None


@removal
def the_storage_that_comes_along(_functions: Functions) -> Pieces:
    yield teams, "put_stored", lambda *_given: None


@removal
def the_storage_that_goes_along(_functions: Functions) -> Pieces:
    yield teams, "stored_ref", lambda bid, wid: document(f"billing/{bid}/elsewhere", wid)


@removal
def the_look_at_what_others_store(functions: Functions) -> Pieces:
    """It is looked at, and everybody may have the whole plan all the same."""
    heartbeat = functions["heartbeat"].module
    real = heartbeat.others_in

    def others_in(*given: Any) -> int:
        real(*given)
        return 0

    yield heartbeat, "others_in", others_in
    yield functions["allocate"].module, "others_in", lambda *_given: 0


@removal
def the_meter_that_finishes_a_deletion(functions: Functions) -> Pieces:
    def due_teams(_now: Any) -> Iterator[Team]:
        return iter(())

    yield functions["meter"].module, "due_teams", due_teams


@removal
def the_team_that_who_is_gone_leaves(_functions: Functions) -> Pieces:
    yield sign_ins, "leave_for_good", lambda _account, _now: None
    yield teams, "leave_for_good", lambda _account, _now: None
