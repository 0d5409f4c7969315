"""Whose billing accounts are: a read for each that is a team's."""

from collections.abc import Sequence

from shared.accounts.owner import Owner, owner_of
from shared.accounts.team import Team
from shared.billing.account import Billing
from shared.gcp.store.database import read_all
from shared.gcp.store.teams import team_ref
from shared.record import Versioned


def read_owners(accounts: Sequence[Billing]) -> list[Owner]:
    """One for each account, in their order."""
    teams = [account.bid for account in accounts if account.is_teams]
    read: list[Versioned[Team] | None] = read_all([(team_ref(bid), Team) for bid in teams]) if teams else []
    found = {bid: team.record for bid, team in zip(teams, read, strict=True) if team}
    return [owner_of(account, found.get(account.bid)) for account in accounts]
