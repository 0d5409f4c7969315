"""Teams: each change of a team is one guarded commit, together with the accounts and the sessions that it moves.

Members and open invitations never exceed the seats, because both are in the one record that each commit guards.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec.structs import replace

from shared.accounts.account import Account
from shared.accounts.team import Team, check_may_make, in_a_team, is_shared, new_team, no_team
from shared.billing.account import Billing
from shared.errors import Conflict
from shared.gcp.store.accounts import account_ref, workspace_ref
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit, LostRace, database, document, read, read_all, run_paged
from shared.gcp.store.ids import new_id
from shared.gcp.store.races import until_won
from shared.gcp.store.sessions import session_ref
from shared.gcp.store.subscriptions import hurry_payer
from shared.gcp.store.team_storage import put_stored, stored_ref
from shared.record import Versioned
from shared.sessions.session import EndReason, Session
from shared.sessions.workspace import Workspace

Change = Callable[[Team, str], Team]
"""A team after a change, by the name of its plan. Raises Refused and Conflict."""


def team_ref(bid: str) -> firestore.DocumentReference:
    return document("teams", bid)


def read_team(bid: str) -> Versioned[Team] | None:
    return read(team_ref(bid), Team)


def find_team(bid: str) -> Team | None:
    team = read_team(bid)
    return team.record if team else None


def team_of(account: Account) -> Team:
    """The team that the account's person is in. Raises Refused."""
    team = find_team(account.team.bid) if account.team else None
    if team is None or team.find(account.uid) is None:
        raise no_team()
    return team


def read_people(team: Team) -> dict[str, Account]:
    """The accounts of the team's people, by uid."""
    found = read_all([(account_ref(each.uid), Account) for each in team.people]) if team.people else []
    return {each.record.uid: each.record for each in found if each}


@until_won()
def create_team(uid: str, name: str, plan: str, now: datetime) -> Team:
    """A team of one owner, with a billing account of its own on `plan`. Raises Conflict and Refused."""
    account = read(account_ref(uid), Account)
    if account is None:
        raise LookupError(f"account {uid} is missing")
    before: Account = account.record
    before.check_not_closed()
    check_may_make(before.team is not None, before.made_team, now)
    own = read_billing(before.bid).record
    team = new_team(new_id("b-"), name, uid, now)
    commit = Commit().create(team_ref(team.bid), team)
    commit.create(billing_ref(team.bid), Billing(bid=team.bid, owner="", plan=plan, time_zone=own.time_zone))
    made = replace(before.in_team(team.link_of(uid)), made_team=now)
    _move(commit, account, made, plan, now)
    commit.run()
    return team


@until_won()
def change_team(bid: str, change: Change) -> Team:
    """A change that moves nobody. Raises Refused and Conflict."""
    team, plan = _read(bid)
    after = change(team.record, plan)
    if after != team.record:
        Commit().change(team_ref(bid), team, after).run()
    return after


@until_won()
def change_person(bid: str, uid: str, change: Change, now: datetime) -> tuple[Team, str | None]:
    """A change that lets a person in or out, or gives them another role. If they join or leave the team's time, their
    session begins to end in the same commit, and their workspace counts elsewhere.

    Returns the team and the id of the session that ends. Raises Refused and Conflict, also for a person who is in
    another team.
    """
    team, plan = _read(bid)
    account = read(account_ref(uid), Account)
    after = change(team.record, plan)
    if after == team.record:
        return after, None
    commit = Commit().change(team_ref(bid), team, after)
    ending = None
    if account is not None and account.record.wid:
        before: Account = account.record
        link = after.link_of(uid)
        if link is not None:
            before.check_not_closed()
            if before.team is not None and before.team.bid != bid:
                raise in_a_team()
        if before.team is None or before.team.bid == bid:
            ending = _move(commit, account, before.in_team(link), plan, now)
    commit.run()
    return after, ending


def _read(bid: str) -> tuple[Versioned[Team], str]:
    """The team, and the name of its plan. Raises Refused."""
    team, billing = read_all([(team_ref(bid), Team), (billing_ref(bid), Billing)])
    if team is None or billing is None:
        raise no_team()
    return team, billing.record.plan


def _move(commit: Commit, account: Versioned[Account], after: Account, plan: str, now: datetime) -> str | None:
    """Adds the account to the commit. If it joins or leaves the time of a team on `plan`: also the workspace, which
    counts elsewhere from now on, and its open session. Returns the id of a session that ends."""
    before = account.record
    was, will = before.works_in, after.works_in
    if was is not None and will is None and is_shared(plan):
        after = after.lose(plan, now)
    if after != before:
        commit.change(account_ref(after.uid), account, after)
    if was == will:
        return None
    workspace = read(workspace_ref(after.wid), Workspace)
    if workspace is None:
        return None
    found: Workspace = workspace.record
    commit.change(workspace_ref(found.wid), workspace, replace(found, moved=now))
    session = read(session_ref(found.session), Session) if found.session else None
    if session is not None and not session.record.open:
        session = None
    if was is not None:
        commit.drop(stored_ref(was, found.wid))
    if will is not None:
        saved = session.record.saved if session else found.saved
        put_stored(commit, will, found.wid, after.uid, saved.use.used)
    if session is None:
        return None
    pays = will if will is not None and is_shared(plan) else after.bid
    moved = session.record.move(will, pays, now)
    commit.change(session_ref(moved.sid), session, moved)
    return moved.sid if moved.reason == EndReason.TEAM else None


def empty_team(bid: str, now: datetime) -> list[str]:
    """Lets all leave a team that is being deleted, and deletes its record. Returns the ids of the sessions that end.

    Its payer is due: who pays for a team that is gone is forgotten at the payment provider. The billing account stays,
    for the books.
    """
    team = find_team(bid)
    if team is None or not team.closed:
        return []
    ending = []
    for each in team.people:
        _after, sid = change_person(bid, each.uid, partial(_without, each.uid, now), now)
        ending += [sid] if sid else []
    hurry_payer(bid, now)
    emptied = read_team(bid)
    if emptied is not None and emptied.record.closed and not emptied.record.people:
        with suppress(LostRace):  # `meter` finds it again
            Commit().delete(team_ref(bid), emptied).run()
    return ending


def _without(uid: str, now: datetime, team: Team, _plan: str) -> Team:
    return team.without(uid, now)


def tidy_team(bid: str, now: datetime) -> int:
    """Forgets invitations that expired long ago, and goes on with a deletion that was left half done."""
    team = find_team(bid)
    if team is not None and team.closed:
        empty_team(bid, now)
    elif team is not None:
        change_team(bid, lambda team, _plan: team.tidied(now))
    return 1


def check_may_go(account: Account) -> None:
    """Raises Conflict if others would be left in the person's team without an owner."""
    team = find_team(account.team.bid) if account.team else None
    if team is not None and team.needs(account.uid):
        detail = "You are the only owner of your team, and others are in it. Nothing was deleted."
        raise Conflict("last-owner", f"{detail} Offer the ownership to another person, or delete the team, first.")


def leave_for_good(account: Account, now: datetime) -> None:
    """Takes a person out of their team whose account is closed. If no owner is left, the longest of the others becomes
    one; without others the team is deleted."""
    if account.team is None or find_team(account.team.bid) is None:
        return
    bid = account.team.bid
    team, _ending = change_person(bid, account.uid, lambda team, _plan: team.without_gone(account.uid, now), now)
    if team.closed:
        empty_team(bid, now)


def due_teams(now: datetime) -> Iterator[Team]:
    """The readable teams that are due, longest due first."""
    due = database().collection("teams").where(filter=FieldFilter("due", "<=", now)).order_by("due")
    for team in run_paged(due, Team, readable=True):
        yield team.record
