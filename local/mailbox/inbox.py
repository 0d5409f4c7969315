"""The mails that were taken, newest first."""

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

MOST = 200
"""The oldest go first."""


@dataclass(frozen=True)
class Taken:
    number: int
    to: str
    subject: str
    message_id: str
    date: str
    text: str
    html: str


class Inbox:
    """aiosmtpd calls `handle_DATA` with each mail."""

    def __init__(self) -> None:
        self.mails: list[Taken] = []
        self._count = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        message = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)
        self._count += 1
        taken = Taken(
            self._count,
            ", ".join(envelope.rcpt_tos),
            message["Subject"] or "",
            message["Message-ID"] or "",
            message["Date"] or "",
            _part(message, "plain"),
            _part(message, "html"),
        )
        self.mails = [taken, *self.mails][:MOST]
        return "250 Taken"

    def find(self, number: int) -> Taken | None:
        return next((each for each in self.mails if each.number == number), None)


def _part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    return str(body.get_content()) if body is not None else ""
