"""All that is ever committed about teams, and by which function of the store."""

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from shared.accounts.invitation import TeamRole, invitation
from shared.accounts.team import Team
from shared.gcp.store import teams
from shared.gcp.store.accounts import ensure_account
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit
from tests.failures.commit_cases import NOW, Act, an_account

TOKEN = f"b-{'0' * 20}.{'a' * 40}"


def a_team() -> Team:
    """Of one owner, and paid for."""
    made = teams.create_team(an_account("free").uid, "Ours", "free", NOW).team
    billing = read_billing(made.bid)
    Commit().change(billing_ref(made.bid), billing, replace(billing.record, plan="team")).run()
    return made


def a_made_team() -> Act:
    uid = an_account("free").uid
    return lambda: teams.create_team(uid, "Ours", "free", NOW).team.name


def a_new_name() -> Act:
    bid = a_team().bid
    return lambda: teams.change_team(bid, lambda team, _plan: team.renamed("Theirs"))


def an_owner_who_is_erased() -> Act:
    made = a_team()
    gone = partial(without_gone, made.people[0].uid)
    return lambda: teams.change_person(made.bid, made.people[0].uid, gone, NOW)


def a_role() -> Act:
    made = a_team()
    new = invitation("i-1", TOKEN, "a@example.com", TeamRole.BILLING, "en", made.people[0].uid, NOW)
    teams.change_team(made.bid, lambda team, plan: team.invite(new, plan, NOW))
    return lambda: teams.change_person(made.bid, "u-9", joins, NOW)


def a_team_that_is_deleted() -> Act:
    """Of two, so that one is told of it."""
    bid = a_team().bid
    new = invitation("i-1", TOKEN, "a@example.com", TeamRole.MEMBER, "en", "u-1", NOW)
    teams.change_team(bid, lambda team, plan: team.invite(new, plan, NOW))
    ensure_account("u-9", email="a@example.com", name=None, now=NOW)
    teams.change_person(bid, "u-9", joins, NOW)
    teams.change_team(bid, lambda team, _plan: team.close(NOW))
    return lambda: teams.empty_team(bid, NOW)


def without_gone(uid: str, team: Team, _plan: str) -> Team:
    return team.without_gone(uid, NOW)


def joins(team: Team, plan: str) -> Team:
    return team.join(TOKEN, "u-9", "a@example.com", plan, NOW)


COMMITS: dict[Callable[[], Act], set[Callable[..., Any]]] = {
    a_made_team: {teams.create_team},
    a_new_name: {teams.change_team},
    an_owner_who_is_erased: {teams.change_person},
    a_role: {teams.change_person},
    a_team_that_is_deleted: {teams.change_person, teams.empty_team},
}
"""What happens, and by which functions it is committed."""
