"""What is written about a team: an invitation, which brings its link, and that somebody was removed."""

from datetime import datetime

from shared.accounts.account import Account
from shared.accounts.invitation import Invitation
from shared.accounts.team import Team
from shared.mail.mail import Mail, MailKind, Reader


def mail_about_invitation(team: Team, invited: Invitation, by: Account, token: str, now: datetime) -> Mail:
    """Named for the link, so another link is another mail. Whoever is invited may have no account: it goes to the
    address, which is deleted from the mail once it is over, with the facts."""
    facts = {
        "team": team.name,
        "by": by.name or by.email or "",
        "role": invited.role.value,
        "until": invited.expires.isoformat(),
        "token": token,
    }
    reader = Reader(address=invited.address, language=invited.language)
    return Mail.new(f"{invited.id}-{invited.token_sha256[:16]}", MailKind.INVITATION, reader, facts, now)


def mail_about_removal(team: Team, account: Account, now: datetime) -> Mail:
    reader = Reader(uid=account.uid, language=account.locale or "en")
    return Mail.new(f"{account.wid}-{now:%Y%m%d%H%M%S}", MailKind.REMOVED, reader, {"team": team.name}, now)
