"""Send one mail of the outbox, once."""

from collections.abc import Callable
from datetime import datetime

from shared import logs
from shared.gcp.store.database import LostRace
from shared.gcp.store.mails import commit_mail, read_mail
from shared.gcp.store.races import until_won
from shared.mail import smtp
from shared.mail.compose import Sender, compose
from shared.mail.mail import OVER, Mail
from shared.record import IllegalTransition, Versioned

Now = Callable[[], datetime]


def deliver(name: str, sender: Sender, server: smtp.Server, *, decline_link: str | None, now: Now) -> str:
    """Sends the mail, and says what came of it.

    An attempt is committed before it is made, so two deliveries of the task never send at the same time. Whoever dies
    between the server's answer and the commit sends the mail once more, with the same Message-ID.
    """
    try:
        begun = _begin(name, now())
    except IllegalTransition as e:
        return str(e)
    if begun is None:
        return "no such mail"
    mail = begun.record
    try:
        smtp.send(compose(mail, sender, decline_link), server)
    except smtp.Refused as e:
        after = mail.refused(str(e), now())
    except smtp.Failed as e:
        after = mail.failed(str(e), now())
    else:
        after = mail.sent(now())
    try:
        commit_mail(begun, after)
    except LostRace:  # erased with its account, or another attempt took this one for dead
        return f"{after.state}, and changed by somebody else"
    if after.state in OVER:
        logs.info("mail-over", mail=mail.id, state=after.state, attempts=after.attempts, reason=after.reason)
    else:
        logs.warning("mail-failed", mail=mail.id, attempts=after.attempts, due=after.due, reason=after.reason)
    return after.state


@until_won()
def _begin(name: str, now: datetime) -> Versioned[Mail] | None:
    """The mail with the attempt committed; None if there is no such mail. Raises IllegalTransition."""
    found = read_mail(name)
    if found is None:
        return None
    commit_mail(found, found.record.begin(now))
    return read_mail(name)
