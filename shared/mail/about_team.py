"""What is written about a team: an invitation, which brings its link, that somebody was removed, and its end."""

from datetime import datetime

from shared.accounts.account import Account
from shared.accounts.invitation import Invitation
from shared.accounts.team import Team, Teammate
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


def mail_about_deletion(team: Team, person: Teammate, account: Account, now: datetime) -> Mail:
    """To a person who was in the team until now. Whoever deleted it knows of it."""
    reader = Reader(uid=account.uid, language=account.locale or "en")
    facts = {"team": team.name, "seat": "yes" if person.role.takes_seat else ""}
    return Mail.new(f"{team.bid}-{account.wid}", MailKind.TEAM_DELETED, reader, facts, now)
