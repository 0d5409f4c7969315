"""A mail server on this machine, which keeps what it takes and answers as it is told."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from local.ports import free_base
from shared.mail.smtp import Server


class Mailbox(Handler):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self.answers: list[str] = []
        """To the next recipients, before the usual one."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def handle_message(self, message: Message) -> None:
        self.messages.append(message)


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, Server]]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_base())
    controller.start()
    try:
        yield mailbox, Server(host="127.0.0.1", port=controller.port, encrypted=False)
    finally:
        controller.stop()


@contextmanager
def encrypted_mail_server(context: ssl.SSLContext, *, implicit: bool) -> Iterator[tuple[Mailbox, Server]]:
    """It takes mails of its one user alone. `implicit`: encrypted from the beginning, and else when asked to be."""
    mailbox = Mailbox()

    def knows(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, said: LoginPassword) -> AuthResult:
        return AuthResult(success=said == LoginPassword(b"ondol", b"a password"))

    encryption = {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": True}
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=free_base(), authenticator=knows, auth_required=True,
        auth_require_tls=not implicit, **encryption,
    )  # fmt: skip
    controller.start()
    try:
        yield mailbox, Server(host="127.0.0.1", port=controller.port, user="ondol", password="a password")
    finally:
        controller.stop()
