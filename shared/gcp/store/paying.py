"""Which billing account pays for a person: the own one, or that of the team on whose time the person works."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from shared.accounts.account import Account
from shared.billing.account import Billing
from shared.billing.kept_plan import Kept
from shared.billing.plans import PLANS, is_shared
from shared.gcp.store.accounts import account_ref
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import read, read_all
from shared.gcp.store.team_storage import all_stored_in
from shared.record import Versioned
from shared.snapshots.storage_quota import StorageUse, share_of


def read_paying(account: Account) -> Versioned[Billing]:
    """The billing account that pays for the person's next session. A team that is not paid for pays for nobody. Raises
    LookupError."""
    return paying_of(*read_both(account))


def paying_of(own: Versioned[Billing], team: Versioned[Billing] | None) -> Versioned[Billing]:
    """Which of the two that a person has pays."""
    return team if team is not None and is_shared(team.record.plan) else own


def read_both(account: Account) -> tuple[Versioned[Billing], Versioned[Billing] | None]:
    """The person's own billing account, and that of the team on whose time the person works; None without one. Raises
    LookupError."""
    bids = [account.bid, *filter(None, [account.works_in])]
    own, *others = found = read_all([(billing_ref(bid), Billing) for bid in bids])
    if own is None:
        raise LookupError(f"billing account {account.bid} is missing")
    team: Any = others[0] if len(found) > 1 else None
    return own, team


def storage_limit(billing: Billing, team: str | None, saved: StorageUse) -> int | None:
    """Bytes that whoever pays stores of a workspace that counts in the storage of `team`, and whose newest checkpoint
    is `saved`; None without limit."""
    return share_of(PLANS[billing.plan].bytes, others_in(billing, team, saved), saved)


def others_in(billing: Billing, team: str | None, saved: StorageUse) -> int:
    """Bytes that the other workspaces take of a team's plan; 0 if they share no limit with this one. One read: what
    this one takes, if it counts there, is what is `saved` of it."""
    if not billing.is_teams or not is_shared(billing.plan) or PLANS[billing.plan].bytes is None:
        return 0
    return max(0, all_stored_in(billing.bid) - (saved.used if team == billing.bid else 0))


class Keeping(Struct, frozen=True):
    """By what a person's snapshots are kept."""

    plan: str
    """The largest of the own plan, the team's, and one that was lost a short time ago."""
    lost: list[Kept]
    """The lost plans, own ones and teams', of which the last snapshot is kept."""


def keeping_of(uid: str, now: datetime) -> Keeping:
    """Raises LookupError if there is no such account."""
    found = read(account_ref(uid), Account)
    if found is None or not found.record.bid:
        raise LookupError(f"account {uid} is missing")
    return keeping(found.record, read_both(found.record), now)


def keeping(account: Account, both: tuple[Versioned[Billing], Versioned[Billing] | None], now: datetime) -> Keeping:
    """`both`: as `read_both` gives them."""
    billings = [each.record for each in both if each]
    left = [each for each in account.lost_plans if now < each.until]
    lost = dict.fromkeys([*left, *(loss for each in billings for loss in each.losses(now))])
    plans = [*(each.keeping_plan(now) for each in billings), *(each.plan for each in left)]
    return Keeping(max(plans, key=lambda plan: PLANS[plan].snapshots), [*lost])
