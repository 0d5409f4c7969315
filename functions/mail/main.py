"""Send one mail of the outbox.

The task is a reminder: the mail's record says whether it is to be sent, and when it is tried again.
"""

from datetime import datetime
from functools import partial
from typing import Annotated

import functions_framework
from msgspec import Meta, Struct

from shared.endpoint import endpoint
from shared.flows.mailing import Means, deliver
from shared.gcp import emulators, tasks
from shared.gcp.identity import invoker, person
from shared.gcp.store import clock
from shared.mail.compose import Sender
from shared.mail.smtp import Server
from shared.settings import settings

MailName = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,200}\Z")]


class SendMail(Struct, forbid_unknown_fields=True):
    mail: MailName


class MailAnswer(Struct):
    """What was done."""

    mail: MailName
    outcome: str


@functions_framework.http
@endpoint(partial(invoker, function="mail"), SendMail, task=True)
def mail(_caller: str, body: SendMail, _now: datetime) -> MailAnswer:
    """Send a mail, unless it is over or being sent."""
    after = deliver(body.mail, _means(), _address_of, clock.now)
    if after is None:
        return MailAnswer(body.mail, "nothing to send")
    if after.due is not None:
        tasks.send_mail(after.id, after.due)
    return MailAnswer(after.id, after.state)


def _means() -> Means | None:
    """None if the operator has set up no mail server."""
    config, local = settings(), emulators.smtp_endpoint()
    if local is not None:
        sender = _sender(config.mail_from or "ondol@localhost")
        return Means(sender, Server(host=local[0], port=local[1], encrypted=False))
    if not config.is_mailing:
        return None
    sender = _sender(config.mail_from)
    password = config.smtp_password if config.smtp_user else ""
    return Means(sender, Server(host=config.smtp_host, port=config.smtp_port, user=config.smtp_user, password=password))


def _sender(address: str) -> Sender:
    return Sender(address=address, page=settings().page_origin, unsubscribe_key=settings().unsubscribe_key)


def _address_of(uid: str) -> str | None:
    found = person(uid)
    return found.email if found and found.email_verified and not found.disabled else None
