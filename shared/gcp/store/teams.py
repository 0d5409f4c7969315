"""Teams: each change of a team is one guarded commit, together with the accounts and the sessions that it moves.

Members and open invitations never exceed the seats, because both are in the one record that each commit guards.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState
from shared.accounts.team import Team, Teammate, check_may_make, in_a_team, new_team, no_team
from shared.billing.account import Billing
from shared.billing.plans import is_shared
from shared.errors import Conflict, Refused
from shared.gcp.store.accounts import account_ref, workspace_ref
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit, LostRace, database, document, read, read_all, run_paged
from shared.gcp.store.ids import new_id
from shared.gcp.store.mails import add_mail
from shared.gcp.store.races import until_won
from shared.gcp.store.sessions import session_ref
from shared.gcp.store.subscriptions import hurry_payer
from shared.gcp.store.team_storage import put_stored, stored_ref
from shared.mail.about_team import mail_about_deletion
from shared.mail.mail import Mail
from shared.record import Versioned
from shared.sessions.session import EndReason, Session
from shared.sessions.workspace import Workspace

Change = Callable[[Team, str], Team]
"""A team after a change, by the name of its plan. Raises Refused and Conflict."""


class Changed(Struct, frozen=True):
    """A team after a change, and what was read with it."""

    team: Team
    billing: Billing
    ending: str | None = None
    """The id of a session that begins to end with the change."""
    mail: str | None = None
    """The id of a mail that tells of it."""


def team_ref(bid: str) -> firestore.DocumentReference:
    return document("teams", bid)


def read_team(bid: str) -> Versioned[Team] | None:
    return read(team_ref(bid), Team)


def find_team(bid: str) -> Team | None:
    team = read_team(bid)
    return team.record if team else None


def find_with_billing(bid: str) -> tuple[Versioned[Team], Billing] | None:
    """The team and its billing account, in one round trip."""
    team, billing = read_all([(team_ref(bid), Team), (billing_ref(bid), Billing)])
    return None if team is None or billing is None else (team, billing.record)


def team_id_of(account: Account) -> str:
    """The id of the team that the account names. Who may do what in it is decided with the change. Raises Refused."""
    if account.team is None:
        raise no_team()
    return account.team.bid


def team_of(account: Account) -> Team:
    """The team that the account's person is in. Raises Refused."""
    team = find_team(account.team.bid) if account.team else None
    if team is None or team.find(account.uid) is None:
        raise no_team()
    return team


def read_people(team: Team, known: Mapping[str, Account] = MappingProxyType({})) -> dict[str, Account]:
    """The accounts of the team's people, by uid. Those that are `known` are not read again."""
    wanted: list[tuple[firestore.DocumentReference, type[Account]]] = [
        (account_ref(each.uid), Account) for each in team.people if each.uid not in known
    ]
    found = read_all(wanted) if wanted else []
    return {**known, **{each.record.uid: each.record for each in found if each}}


@until_won()
def create_team(uid: str, name: str, plan: str, now: datetime) -> Changed:
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
    billing = Billing(bid=team.bid, owner="", plan=plan, time_zone=own.time_zone)
    commit.create(billing_ref(team.bid), billing)
    made = replace(before.in_team(team.link_of(uid)), made_team=now)
    _move(commit, account, made, billing, now)
    commit.run()
    return Changed(team, billing)


@until_won()
def change_team(bid: str, change: Change, mail: Callable[[Team], Mail] | None = None) -> Changed:
    """A change that moves nobody, and the `mail` that tells of it, if there is one. Raises Refused and Conflict."""
    team, billing = _read(bid)
    after = change(team.record, billing.plan)
    if after == team.record:
        return Changed(after, billing)
    commit, told = Commit().change(team_ref(bid), team, after), mail(after) if mail else None
    if told:
        add_mail(commit, told)
    commit.run()
    return Changed(after, billing, mail=told.id if told else None)


@until_won()
def change_person(
    bid: str,
    uid: str,
    change: Change,
    now: datetime,
    *,
    reason: EndReason = EndReason.TEAM,
    mail: Callable[[Team, Account], Mail] | None = None,
) -> Changed:
    """A change that lets a person in or out, or gives them another role. If they join or leave the team's time, their
    session begins to end in the same commit, for this reason, and their workspace counts elsewhere. The `mail` tells
    them of it.

    Raises Refused and Conflict, also for a person who is in another team.
    """
    team, billing = _read(bid)
    account = read(account_ref(uid), Account)
    after = change(team.record, billing.plan)
    if after == team.record:
        return Changed(after, billing)
    commit = Commit().change(team_ref(bid), team, after)
    ending = told = None
    if account is not None and account.record.wid:
        before: Account = account.record
        link = after.link_of(uid)
        if link is not None:
            before.check_not_closed()
            if before.team is not None and before.team.bid != bid:
                raise in_a_team()
        if before.team is None or before.team.bid == bid:
            ending = _move(commit, account, before.in_team(link), billing, now, reason)
        if mail and before.state != AccountState.DELETED:
            told = mail(after, before)
            add_mail(commit, told)
    commit.run()
    return Changed(after, billing, ending, told.id if told else None)


def _read(bid: str) -> tuple[Versioned[Team], Billing]:
    """Raises Refused."""
    found = find_with_billing(bid)
    if found is None:
        raise no_team()
    return found


def _move(
    commit: Commit,
    account: Versioned[Account],
    after: Account,
    team: Billing,
    now: datetime,
    reason: EndReason = EndReason.TEAM,
) -> str | None:
    """Adds the account to the commit. If it joins or leaves the time of the team with this billing account: also the
    workspace, which counts elsewhere from now on, and its open session. Returns the id of a session that ends."""
    before = account.record
    was, will = before.works_in, after.works_in
    if was is not None and will is None:
        after = after.lose(team, now)
    if after != before:
        commit.change(account_ref(after.uid), account, after)
    if was == will:
        return None
    workspace = read(workspace_ref(after.wid), Workspace)
    if workspace is None:
        return None
    found: Workspace = workspace.record
    commit.change(workspace_ref(found.wid), workspace, replace(found, works_in=will))
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
    pays = will if will is not None and is_shared(team.plan) else after.bid
    moved = session.record.move(will, pays, reason, now)
    commit.change(session_ref(moved.sid), session, moved)
    return moved.sid if moved.state != session.record.state else None


def empty_team(bid: str, now: datetime) -> list[Changed]:
    """Lets all leave a team that is being deleted, and deletes its record. Returns what each who left leaves to do: a
    session that ends, and a mail to send. Whoever deleted the team gets none.

    Its payer is due: who pays for a team that is gone is forgotten at the payment provider. The billing account stays,
    for the books.
    """
    team = find_team(bid)
    if team is None or not team.closed:
        return []
    left = [_let_go(team, each, now) for each in team.people]
    hurry_payer(bid, now)
    emptied = read_team(bid)
    if emptied is not None and emptied.record.closed and not emptied.record.people:
        with suppress(LostRace):  # `meter` finds it again
            Commit().delete(team_ref(bid), emptied).run()
    return left


def _let_go(team: Team, person: Teammate, now: datetime) -> Changed:
    def without(team: Team, _plan: str) -> Team:
        return team.without(person.uid, now)

    def mail(after: Team, account: Account) -> Mail:
        return mail_about_deletion(after, person, account, now)

    return change_person(team.bid, person.uid, without, now, mail=None if person.uid == team.closed_by else mail)


def tidy_team(bid: str, now: datetime) -> int:
    """Forgets invitations that expired long ago, and goes on with a deletion that was left half done."""
    with suppress(Refused):  # it is gone by now
        if change_team(bid, lambda team, _plan: team if team.closed else team.tidied(now)).team.closed:
            empty_team(bid, now)
    return 1


def check_may_go(account: Account) -> None:
    """Raises Conflict if others would be left in the person's team without an owner."""
    team = find_team(account.team.bid) if account.team else None
    if team is not None and not team.closed and len(team.people) > 1 and team.is_only_owner(account.uid):
        detail = "You are the only owner of your team, and others are in it. Nothing was deleted."
        raise Conflict("last-owner", f"{detail} Offer the ownership to another person, or delete the team, first.")


def leave_for_good(account: Account, now: datetime) -> None:
    """Takes a person out of their team whose account is closed. If no owner is left, the longest of the others becomes
    one; without others the team is deleted."""
    if account.team is None or find_team(account.team.bid) is None:
        return
    uid, bid = account.uid, account.team.bid
    gone = change_person(bid, uid, lambda team, _plan: team.without_gone(uid, now), now, reason=EndReason.DELETED)
    if gone.team.closed:
        empty_team(bid, now)


def due_teams(now: datetime) -> Iterator[Team]:
    """The readable teams that are due, longest due first."""
    due = database().collection("teams").where(filter=FieldFilter("due", "<=", now)).order_by("due")
    for team in run_paged(due, Team, readable=True):
        yield team.record
