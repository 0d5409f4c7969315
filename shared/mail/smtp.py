"""Hand a message to the operator's mail server."""

import smtplib
import ssl
from email.message import EmailMessage

from msgspec import Struct

ANSWER_SECONDS = 20.0
"""How long the server may take for each answer. A mail takes six."""
IMPLICIT_TLS = 465
"""The port on which a connection is encrypted from the beginning; on every other one STARTTLS must encrypt it."""
FOR_GOOD = range(500, 600)
"""Answers that stay the same (RFC 5321, 4.2.1)."""


class Refused(Exception):
    """The server will never take this mail."""


class Failed(Exception):
    """The server did not take the mail now, can't be reached, or does not know Ondol. A later attempt may succeed."""


class Server(Struct, frozen=True, kw_only=True):
    host: str
    port: int
    user: str = ""
    password: str = ""
    encrypted: bool = True
    """False only of a server on this machine."""

    def __repr__(self) -> str:
        return f"<mail server {self.host}:{self.port}>"  # a password is in no log


def send(message: EmailMessage, server: Server) -> None:
    """Returns once the server has taken the message. Raises Refused and Failed, whose text names no address."""
    try:
        with _connected(server) as connection:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as e:
        [(code, _answer)] = e.recipients.values()
        raise _by_code(code) from e
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as e:
        raise _by_code(e.smtp_code) from e
    except smtplib.SMTPAuthenticationError as e:
        raise Failed("the mail server does not take SMTP_USER and SMTP_PASSWORD") from e
    except smtplib.SMTPNotSupportedError as e:
        raise Failed("the mail server offers no encryption, or no sign-in") from e
    except (smtplib.SMTPException, OSError) as e:
        raise Failed(f"the mail server can't be reached: {type(e).__name__}") from e


def _connected(server: Server) -> smtplib.SMTP:
    if server.encrypted and server.port == IMPLICIT_TLS:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=ANSWER_SECONDS, context=ssl.create_default_context())
    connection = smtplib.SMTP(server.host, server.port, timeout=ANSWER_SECONDS)
    if server.encrypted:
        try:
            connection.starttls(context=ssl.create_default_context())
        except BaseException:
            connection.close()
            raise
    return connection


def _by_code(code: int) -> Exception:
    text = f"the mail server answered {code}"
    return Refused(text) if code in FOR_GOOD else Failed(text)
