"""What a mail says, in both languages, and how it looks to the programs that carry it."""

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from html import unescape

import pytest
from jinja2 import Environment, meta

from shared.mail import english, korean
from shared.mail.compose import Sender, compose
from shared.mail.mail import DECLINABLE, FACTS, Mail, MailKind, Reader
from shared.mail.words import Words

NOW = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
SENDER = Sender(address="hello@ondol.example", page="https://ondol.example")
DECLINE = "https://ondol.example/api/mail/decline?token=t"
GIVEN = {
    "plan": "pro",
    "now": "free",
    "until": "2026-12-07T20:00:00+00:00",
    "again": "2026-12-31T15:00:00+00:00",
    "left": "4530",
    "left_out": "210400000",
    "storage": "125000000",
}


def mail(kind: MailKind, language: str = "en", **changed: str) -> Mail:
    reader = Reader(uid="u-1", address="ada@example.com", language=language, zone="Asia/Seoul")
    facts = {name: value for name, value in (GIVEN | changed).items() if name in FACTS[kind]}
    return Mail.new("s-1", kind, reader, facts, NOW)


def composed(kind: MailKind, language: str = "en", **changed: str) -> EmailMessage:
    return compose(mail(kind, language, **changed), SENDER, DECLINE if kind in DECLINABLE else None)


def part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    assert body is not None
    text: str = body.get_content()
    return text


def facts_named(words: Words) -> set[str]:
    return meta.find_undeclared_variables(named(" ".join([words.subject, *words.paragraphs])))


def named(text: str):  # type: ignore[no-untyped-def]  # Jinja's node
    environment = Environment(autoescape=True)
    environment.filters |= dict.fromkeys(("plan", "size", "duration", "day"), str)
    return environment.parse(text)


@pytest.mark.parametrize("kind", MailKind)
def test_both_languages_say_the_same_of_each_kind(kind: MailKind) -> None:
    one, other = english.LETTERS[kind], korean.LETTERS[kind]
    assert facts_named(one) == facts_named(other) == FACTS[kind]
    assert (len(one.paragraphs), one.page) == (len(other.paragraphs), other.page)
    assert one.button != other.button


@pytest.mark.parametrize("language", ["en", "ko-KR"])
@pytest.mark.parametrize("kind", MailKind)
def test_text_and_page_say_the_same_and_lead_to_ondol_only(kind: MailKind, language: str) -> None:
    message = composed(kind, language)
    text, html = part(message, "plain"), unescape(part(message, "html"))
    assert message.get_content_type() == "multipart/alternative"
    for paragraph in text.split("\n\n")[1:3]:
        assert paragraph in html
    assert "{{" not in text + html
    assert bool(re.search("[가-힣]", text)) == (language == "ko-KR")
    links = re.findall(r"https?://[^\s\"<]+", text + html)
    assert links
    assert all(link.startswith("https://ondol.example/") for link in links)


def test_facts_are_written_as_the_reader_writes_them() -> None:
    """A day is the reader's: in Seoul the eighth has begun."""
    in_english, in_korean = (part(composed(MailKind.PAYMENT_FAILED, each), "plain") for each in ("en", "ko"))
    assert "until 8 December 2026" in in_english
    assert "2026년 12월 8일까지" in in_korean
    left = composed(MailKind.ALLOWANCE_NEARLY_USED)
    assert left["Subject"] == "You have 1 hour 15 minutes left"
    assert composed(MailKind.ALLOWANCE_NEARLY_USED, "ko")["Subject"] == "사용 시간이 1시간 15분 남았습니다"
    assert "210.4 MB were left" in " ".join(part(composed(MailKind.STORAGE_LEFT_OUT), "plain").split())
    soon = composed(MailKind.ALLOWANCE_NEARLY_USED, left="59.9")
    assert soon["Subject"] == "You have less than a minute left"


def test_a_plan_that_is_sold_no_more_is_called_by_its_name() -> None:
    assert composed(MailKind.PLAN_ENDED, plan="<b>old")["Subject"] == "<b>old has ended; you are on Free now"
    assert "&lt;b&gt;old" in part(composed(MailKind.PLAN_ENDED, plan="<b>old"), "html")


def test_the_same_mail_is_the_same_message() -> None:
    first, second = (composed(MailKind.PAYMENT_FAILED) for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"] == "<payment-failed-s-1@ondol.example>"
    assert (first["From"], first["To"]) == ("Ondol <hello@ondol.example>", "ada@example.com")
    assert first["Auto-Submitted"] == "auto-generated"


def test_only_what_advises_can_be_declined_and_with_one_click() -> None:
    for kind in MailKind:
        message = composed(kind)
        declinable = kind in DECLINABLE
        assert (message["List-Unsubscribe"] == f"<{DECLINE}>") is declinable
        assert (message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") is declinable
        assert (DECLINE in part(message, "plain")) is declinable
        with pytest.raises(ValueError, match="link to decline"):
            compose(mail(kind), SENDER, None if declinable else DECLINE)


@pytest.mark.parametrize("address", ["ada@example.com\r\nBcc: eve@example.com", "a@b, c@d", "nobody"])
def test_an_address_that_is_none_breaks_no_header(address: str) -> None:
    reader = Reader(uid="u-1", address=address, language="en", zone="UTC")
    facts = {name: GIVEN[name] for name in FACTS[MailKind.BEFORE_ERASING]}
    with pytest.raises(ValueError, match=r"."):
        compose(Mail.new("s-1", MailKind.BEFORE_ERASING, reader, facts, NOW), SENDER)
