"""A mail and a password reach the operator's mail server encrypted, on both ways, and no other server."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.mail import smtp
from tests.support.certificates import HOST, certified
from tests.support.mail_server import Mailbox, encrypted_mail_server

# the library counts STARTTLS alone
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

WAYS = {"465": True, "587": False}
"""Whether the connection is encrypted from the beginning, by the usual port."""


@pytest.fixture(params=WAYS)
def server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Mailbox, smtp.Server]]:
    implicit = WAYS[request.param]
    with encrypted_mail_server(certified(tmp_path), implicit=implicit) as (mailbox, server):
        if implicit:  # a test may not take the port 465
            monkeypatch.setattr(smtp, "IMPLICIT_TLS", server.port)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / HOST))
        yield mailbox, server


def a_mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ondol@example.com", "ada@example.com", "Encrypted"
    message.set_content("Hello")
    return message


def test_a_mail_is_taken_from_whoever_signs_in(server: tuple[Mailbox, smtp.Server]) -> None:
    mailbox, known = server
    smtp.send(a_mail(), known)
    assert [each["Subject"] for each in mailbox.messages] == ["Encrypted"]
    for wrong in (replace(known, password="another"), replace(known, user="")):
        with pytest.raises((smtp.Failed, smtp.Refused)):
            smtp.send(a_mail(), wrong)
    assert len(mailbox.messages) == 1


def test_a_server_that_nobody_vouches_for_gets_nothing(
    server: tuple[Mailbox, smtp.Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox, known = server
    (tmp_path / "none.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(smtp.Failed, match="SSLCertVerificationError"):
        smtp.send(a_mail(), known)
    assert mailbox.messages == []
