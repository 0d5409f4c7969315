"""What is told of a plan's time: that it is nearly used. A reader can have this mail stopped."""

from datetime import datetime

from shared.accounts.account import Account, AccountState
from shared.billing.account import Billing
from shared.billing.time_allowance import allowance
from shared.mail.mail import Mail, MailKind, Reader


def mail_about_time(billing: Billing, account: Account, team: str, now: datetime, *, pays: bool) -> Mail | None:
    """None for a member who wants none. `team` is the name of the team whose time it is, empty for the member's own;
    `pays`: the reader can choose a larger plan. Raises ValueError for a plan without limit."""
    if account.state == AccountState.DELETED or not account.mails_about_time:
        return None
    current = allowance(billing, now)
    if current.left is None:
        raise ValueError(f"the time of plan {billing.plan} has no limit")
    facts = {
        "plan": billing.plan,
        "left": str(current.left // 1000),
        "renews": current.period.ends.isoformat(),
        "team": team,
        "pays": "yes" if pays else "",
    }
    reader = Reader(uid=account.uid, language=account.locale or "en", zone=billing.zone)
    return Mail.new(f"{billing.bid}-{current.period.id}-{account.wid}", MailKind.TIME_NEARLY_USED, reader, facts, now)
