"""Whose a billing account is, as operators are shown it: a person's, or a team's and who pays for it."""

from msgspec import Struct

from shared.accounts.team import Team
from shared.billing.account import Billing


class Owner(Struct, frozen=True):
    """Of one billing account."""

    uid: str
    """The person's; of a team that of who is there to pay, or else of the longest of its owners. Empty if nobody is
    left."""
    team: str | None = None
    """The team's name; None for a person."""


def owner_of(account: Billing, team: Team | None) -> Owner:
    """`team`: the team of a team's account, None if it is deleted."""
    if not account.is_teams:
        return Owner(account.owner)
    if team is None:
        return Owner("", "")
    return Owner(next((each.uid for each in team.payers), ""), team.name)
