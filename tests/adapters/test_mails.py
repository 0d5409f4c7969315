"""The outbox, on a real database and with a real mail server: each mail is sent once, and what fails is tried again."""

import email.policy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message

import pytest

from shared.flows.mailing import Means, deliver
from shared.gcp.store.mails import create_mail, delete_mails, due_mails, expired_mails, mails_to, read_mail
from shared.mail.compose import Sender
from shared.mail.mail import ATTEMPT_FOR, KEPT_FOR, Mail, MailKind, MailState, Reader
from shared.mail.smtp import Failed, Server, send
from tests.support.mail_server import Mailbox, mail_server

NOW = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
SENDER = Sender(address="hello@ondol.example", page="https://ondol.example", unsubscribe_key=32 * "k")
pytestmark = pytest.mark.usefixtures("empty_database")


@pytest.fixture(name="server")
def a_server() -> Iterator[tuple[Mailbox, Server]]:
    with mail_server() as started:
        yield started


def a_mail(uid: str = "u-1", language: str = "ko", now: datetime = NOW) -> Mail:
    reader = Reader(uid=uid, language=language, zone="Asia/Seoul")
    facts = {"plan": "pro", "until": (now + timedelta(days=7)).isoformat()}
    return Mail.new(uid, MailKind.PAYMENT_FAILED, reader, facts, now)


def address_of(uid: str) -> str | None:
    return None if uid == "u-unverified" else f"{uid}@example.com"


def sent(name: str, server: Server | None, now: datetime = NOW) -> MailState | None:
    """What became of it by this delivery; None if it made no attempt."""
    after = deliver(name, Means(SENDER, server) if server else None, address_of, lambda: now)
    return after.state if after else None


def record(name: str) -> Mail:
    found = read_mail(name)
    assert found
    return found.record


def body_of(message: Message, kind: str) -> str:
    parsed = message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    part = parsed.get_body((kind,))
    assert part
    text: str = part.get_content()
    return text


def test_a_mail_arrives_in_the_readers_language_and_only_once(server: tuple[Mailbox, Server]) -> None:
    mailbox, host = server
    mail = a_mail()
    assert create_mail(mail)
    assert not create_mail(mail), "what is told twice is one mail"
    assert sent(mail.id, host) == MailState.SENT
    assert sent(mail.id, host) is None, "a second delivery of the task"
    [message] = mailbox.messages
    assert (message["To"], message["Message-ID"]) == ("u-1@example.com", "<payment-failed-u-1@ondol.example>")
    assert "2026년 12월 8일까지는" in body_of(message, "plain")
    assert 'lang="ko"' in body_of(message, "html")
    assert (record(mail.id).state, record(mail.id).due) == (MailState.SENT, None)


def test_a_mail_to_an_address_needs_no_member_and_leaves_no_address(server: tuple[Mailbox, Server]) -> None:
    mailbox, host = server
    reader = Reader(address="gone@example.com", language="en")
    mail = Mail.new("1", MailKind.ACCOUNT_ERASED, reader, {}, NOW)
    create_mail(mail)
    assert sent(mail.id, host) == MailState.SENT
    assert [message["To"] for message in mailbox.messages] == ["gone@example.com"]
    assert "gone@" not in repr(record(mail.id))


def test_deliveries_at_the_same_time_send_one_mail(server: tuple[Mailbox, Server]) -> None:
    mailbox, host = server
    mail = a_mail()
    create_mail(mail)
    with ThreadPoolExecutor(8) as pool:
        outcomes = [*pool.map(lambda _: sent(mail.id, host), range(8))]
    assert outcomes.count(MailState.SENT) == 1
    assert len(mailbox.messages) == 1


def test_what_the_server_refuses_for_good_is_not_tried_again(server: tuple[Mailbox, Server]) -> None:
    mailbox, host = server
    mailbox.answers = ["550 5.1.1 no such user u-1@example.com"]
    mail = a_mail()
    create_mail(mail)
    assert sent(mail.id, host) == MailState.REFUSED
    assert record(mail.id).reason == "the mail server answered 550", "no address in a record's reason, nor in the log"
    assert sent(mail.id, host) is None
    assert mailbox.messages == []


def test_what_fails_is_due_again_and_then_arrives(server: tuple[Mailbox, Server]) -> None:
    mailbox, host = server
    mailbox.answers = ["451 4.7.1 greylisted"]
    mail = a_mail()
    create_mail(mail)
    assert sent(mail.id, host) == MailState.PENDING
    due = record(mail.id).due
    assert due
    assert due_mails(due - timedelta(seconds=1)) == []
    assert [each.id for each in due_mails(due)] == [mail.id]
    assert sent(mail.id, host, due) == MailState.SENT
    assert len(mailbox.messages) == 1


def test_a_process_that_died_while_it_sent_is_followed_by_another(server: tuple[Mailbox, Server]) -> None:
    _mailbox, host = server
    mail = a_mail()
    create_mail(mail)

    class Died(BaseException):
        pass

    def clock() -> datetime:
        clock.calls += 1  # type: ignore[attr-defined]
        if clock.calls > 1:  # type: ignore[attr-defined]
            raise Died
        return NOW

    clock.calls = 0  # type: ignore[attr-defined]
    with pytest.raises(Died):
        deliver(mail.id, Means(SENDER, host), address_of, clock)
    assert sent(mail.id, host, NOW + ATTEMPT_FOR - timedelta(seconds=1)) is None, "it may still be sending"
    assert sent(mail.id, host, NOW + ATTEMPT_FOR) == MailState.SENT


def test_a_server_that_is_not_there_or_not_encrypted_gets_no_mail(server: tuple[Mailbox, Server]) -> None:
    mailbox, host = server
    message = EmailMessage()
    message["From"], message["To"] = "hello@ondol.example", "ada@example.com"
    with pytest.raises(Failed, match="can't be reached"):
        send(message, Server(host="127.0.0.1", port=1, encrypted=False))
    with pytest.raises(Failed, match="no encryption"):
        send(message, Server(host=host.host, port=host.port))
    with pytest.raises(Failed, match="no encryption, or no sign-in"):
        send(message, Server(host=host.host, port=host.port, user="ondol", password="secret", encrypted=False))
    assert mailbox.messages == []


@pytest.mark.parametrize(("uid", "why"), [("u-1", "no mail server"), ("u-unverified", "no verified address")])
def test_a_mail_that_nobody_can_send_is_over_and_comes_in_no_later_week(
    server: tuple[Mailbox, Server], uid: str, why: str
) -> None:
    mailbox, host = server
    mail = a_mail(uid)
    create_mail(mail)
    assert sent(mail.id, host if uid == "u-unverified" else None) == MailState.REFUSED
    assert why in (record(mail.id).reason or "")
    assert sent(mail.id, host, NOW + timedelta(hours=1)) is None
    assert mailbox.messages == []


def test_mails_are_forgotten_and_erased_with_their_reader(server: tuple[Mailbox, Server]) -> None:
    _mailbox, host = server
    for uid in ("u-1", "u-2"):
        create_mail(a_mail(uid))
    assert sent("payment-failed-u-1", host) == MailState.SENT
    assert expired_mails(NOW + KEPT_FOR - timedelta(seconds=1)) == []
    assert delete_mails(expired_mails(NOW + KEPT_FOR)) == 1
    assert read_mail("payment-failed-u-1") is None
    assert delete_mails(mails_to("u-2")) == 1
    assert sent("payment-failed-u-2", host) is None
