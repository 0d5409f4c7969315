"""Send one mail of the outbox, once."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from shared import logs
from shared.gcp.store.accounts import find_account
from shared.gcp.store.database import LostRace
from shared.gcp.store.mails import commit_mail, read_mail
from shared.gcp.store.races import until_won
from shared.mail import smtp
from shared.mail.compose import Sender, compose
from shared.mail.mail import OPTIONAL, OVER, Mail
from shared.record import IllegalTransition, Versioned

Now = Callable[[], datetime]
AddressOf = Callable[[str], str | None]
"""The verified address of a member, by uid; None for who has none. Raises TryAgain."""


class Means(Struct, frozen=True):
    """By what mails are sent."""

    sender: Sender
    server: smtp.Server


def deliver(name: str, means: Means | None, address_of: AddressOf, now: Now) -> Mail | None:
    """Sends the mail. Returns it as it is afterwards; None if there is no such mail, or if another attempt is under way
    or was the last. Without `means` it is over: it would come weeks late, once an operator has set up a mail server.

    An attempt is committed before it is made, so two deliveries of the task never send at the same time. Whoever dies
    between the server's answer and the commit sends the mail once more, with the same Message-ID.
    """
    try:
        begun = _begin(name, now())
    except IllegalTransition as e:
        logs.info("mail-not-sent", mail=name, reason=str(e))
        return None
    if begun is None:
        return None
    mail = begun.record
    try:
        _send(mail, means, address_of)
    except smtp.Refused as e:
        after = mail.refused(str(e), now())
    except smtp.Failed as e:
        after = mail.failed(str(e), now())
    else:
        after = mail.sent(now())
    try:
        commit_mail(begun, after)
    except LostRace:  # it was erased with its account, or another attempt took this one for dead
        return None
    log = logs.info if after.state in OVER else logs.warning
    log("mail-attempted", mail=mail.id, state=after.state, attempts=after.attempts, reason=after.reason)
    return after


def _send(mail: Mail, means: Means | None, address_of: AddressOf) -> None:
    """Raises Refused and Failed of `smtp`, and TryAgain."""
    if means is None:
        raise smtp.Refused("no mail server is set up")
    if mail.kind in OPTIONAL and mail.uid is not None and not _is_wanted(mail.uid):
        raise smtp.Refused("the member wants none")
    to = address_of(mail.uid) if mail.uid is not None else mail.address
    if to is None:
        raise smtp.Refused("the member has no verified address")
    smtp.send(compose(mail, to, means.sender), means.server)


def _is_wanted(uid: str) -> bool:
    """Asked when it is sent: a mail may wait for two days, and be unsubscribed meanwhile."""
    account = find_account(uid)
    return account is not None and account.mails_about_time


@until_won()
def _begin(name: str, now: datetime) -> Versioned[Mail] | None:
    """The mail with the attempt committed; None if there is no such mail. Raises IllegalTransition."""
    found = read_mail(name)
    if found is None:
        return None
    commit_mail(found, found.record.begin(now))
    return read_mail(name)
