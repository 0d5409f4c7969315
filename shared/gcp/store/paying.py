"""Which billing account pays for a person: the own one, or that of the team on whose time the person works."""

from datetime import datetime
from typing import Any

from shared.accounts.account import Account
from shared.accounts.team import is_shared
from shared.billing.account import Billing
from shared.billing.plans import PLANS
from shared.gcp.store.accounts import account_ref
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import read, read_all
from shared.gcp.store.team_storage import stored_by_others
from shared.record import Versioned
from shared.snapshots.storage_quota import StorageUse, share_of


def read_paying(account: Account) -> Versioned[Billing]:
    """The billing account that pays for the person's next session. A team that is not paid for pays for nobody. Raises
    LookupError."""
    own, team = read_both(account)
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


def storage_limit(billing: Billing, wid: str, saved: StorageUse) -> int | None:
    """Bytes that whoever pays stores of the workspace, whose newest checkpoint is `saved`; None without limit."""
    return share_of(PLANS[billing.plan].bytes, others_in(billing, wid), saved)


def others_in(billing: Billing, wid: str) -> int:
    """Bytes that the team's other workspaces take of its plan; 0 if they share no limit with this one."""
    is_limited = billing.is_teams and is_shared(billing.plan) and PLANS[billing.plan].bytes is not None
    return stored_by_others(billing.bid, wid) if is_limited else 0


def keeping_plan_of(uid: str, now: datetime) -> str:
    """The plan by which the person's snapshots are kept: the largest of the own one, the team's, and one that was lost
    a short time ago. Raises LookupError if there is no such account."""
    found = read(account_ref(uid), Account)
    if found is None or not found.record.bid:
        raise LookupError(f"account {uid} is missing")
    account: Account = found.record
    plans = [each.record.keeping_plan(now) for each in read_both(account) if each]
    if account.lost and now < account.lost.until:
        plans.append(account.lost.plan)
    return max(plans, key=lambda plan: PLANS[plan].snapshots)
