"""What a mail says, in both languages, and how it looks to the programs that carry it."""

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from html import unescape

import pytest
from jinja2 import Environment, meta, nodes

from deploy.resources.data import DAY, WEEKLY_KEPT
from shared.mail import english, korean
from shared.mail.compose import Sender, compose
from shared.mail.filters import ENGLISH_FILTERS
from shared.mail.mail import FACTS, OPTIONAL, Mail, MailKind, Reader
from shared.mail.unsubscribing import PATH, link
from shared.mail.words import Words

NOW = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
SENDER = Sender(address="hello@ondol.example", page="https://ondol.example", unsubscribe_key=32 * "k")
GIVEN = {
    "plan": "pro",
    "now": "free",
    "until": "2026-12-07T20:00:00+00:00",
    "count": "1203",
    "bytes": "157000000",
    "kept": "157000000",
    "team": "Moonlight",
    "by": "Minji Park",
    "role": "member",
    "token": "b-1.secret",
    "seat": "yes",
    "left": "3540",
    "renews": "2026-12-31T15:00:00+00:00",
    "pays": "yes",
}


def composed(kind: MailKind, language: str = "en", to: str = "ada@example.com", **changed: str) -> EmailMessage:
    reader = Reader(uid="u-1", language=language, zone="Asia/Seoul")
    facts = {name: value for name, value in (GIVEN | changed).items() if name in FACTS[kind]}
    return compose(Mail.new("b-1", kind, reader, facts, NOW), to, SENDER)


def part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    assert body is not None
    text: str = body.get_content()
    return text


def facts_named(words: Words) -> set[str]:
    return meta.find_undeclared_variables(parsed(" ".join([words.subject, *words.paragraphs, words.page])))


def parsed(text: str) -> nodes.Template:
    environment = Environment(autoescape=True)
    environment.filters |= ENGLISH_FILTERS
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


def test_a_day_is_the_readers() -> None:
    """In Seoul the eighth has begun."""
    assert "until 8 December 2026" in part(composed(MailKind.PAYMENT_FAILED), "plain")
    assert "2026년 12월 8일까지" in part(composed(MailKind.PAYMENT_FAILED, "ko"), "plain")


def test_a_plan_that_is_sold_no_more_is_called_by_its_name() -> None:
    assert composed(MailKind.PLAN_ENDED, plan="<b>old")["Subject"] == "<b>old has ended; you are on Free now"
    assert "&lt;b&gt;old" in part(composed(MailKind.PLAN_ENDED, plan="<b>old"), "html")


def test_the_same_mail_is_the_same_message() -> None:
    first, second = (composed(MailKind.PAYMENT_FAILED) for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"] == "<payment-failed-b-1@ondol.example>"
    assert (first["From"], first["To"]) == ("Ondol <hello@ondol.example>", "ada@example.com")
    assert first["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("facts", "english_words", "korean_words"),
    [
        (
            {},
            ["1,203 of your own files", "are not in the", "What is missing is kept"],
            ["1,203개(157 MB)", "모두 2026년"],
        ),
        ({"count": "1"}, ["One of your own files or folders, 157 MB, is not in the"], ["폴더 1개(157 MB)"]),
        (
            {"kept": "57000000"},
            ["Of what is missing, 57 MB is kept beside the snapshot until 8 December", "no room to keep the rest"],
            ["그 가운데 57 MB는 2026년 12월 8일까지", "나머지는"],
        ),
        ({"kept": "0", "until": ""}, ["no room to keep them beside"], ["따로 보관할 공간도 없었습니다"]),
        ({"kept": "0", "until": "", "count": "1"}, ["no room to keep it beside"], ["따로 보관할 공간도 없었습니다"]),
    ],
    ids=["all is kept", "one thing", "a part is kept", "nothing is kept", "one thing, not kept"],
)
def test_what_was_left_out_is_told_with_what_is_kept_of_it(
    facts: dict[str, str], english_words: list[str], korean_words: list[str]
) -> None:
    for language, words in (("en", english_words), ("ko", korean_words)):
        text = part(composed(MailKind.LEFT_OUT, language, **facts), "plain")
        assert [each for each in words if each not in text] == [], text
        assert ("until 8" in text or "8일까지" in text) == ("until" not in facts)
        assert ("rest" in text or "나머지" in text) == (facts.get("kept") == "57000000")


def test_a_size_has_the_largest_unit_of_which_there_is_one() -> None:
    for count, size in (("1500", "1.5 kB"), ("157000000", "157 MB"), ("999999", "1.0 MB"), ("12", "12 B")):
        assert composed(MailKind.LEFT_OUT, bytes=count)["Subject"].startswith(f"{size} of")


def test_an_invitation_brings_its_link_and_makes_none_of_the_names_that_people_chose() -> None:
    message = composed(MailKind.INVITATION, team="Win at\r\n https://evil.example now", by="")
    assert "\r\n" not in message["Subject"]
    for text in (part(message, "plain"), unescape(part(message, "html"))):
        assert "https://ondol.example/invitation#b-1.secret" in text
        assert "evil.example" not in text
        assert "evil.\u2060example" in text
        assert "You are invited to the team" in text
    assert "need no seat" in part(composed(MailKind.INVITATION, role="billing"), "plain")
    assert "you have an account" not in part(composed(MailKind.INVITATION), "plain")


@pytest.mark.parametrize(
    ("language", "own", "closed"), [("en", "gone with you", "stay as they are"), ("ko", "가지고 나왔", "그대로입니다")]
)
def test_who_only_paid_for_a_deleted_team_reads_of_no_workspace_that_was_closed(
    language: str, own: str, closed: str
) -> None:
    for seat in ("yes", ""):
        text = part(composed(MailKind.TEAM_DELETED, language, seat=seat), "plain")
        assert (own in text, closed in text) == (bool(seat), not seat)


def test_the_last_mail_says_how_long_backups_are_kept_and_not_that_there_is_an_account() -> None:
    days = WEEKLY_KEPT // DAY
    for language, backups in (("en", f"after {days} days"), ("ko", f"{days}일")):
        text = part(composed(MailKind.ACCOUNT_ERASED, language), "plain")
        assert backups in text
        assert ("you have an account" in text, "계정이 있어" in text) == (False, False)


@pytest.mark.parametrize("address", ["ada@example.com\r\nBcc: eve@example.com", "a@b, c@d", "nobody"])
def test_an_address_that_is_none_breaks_no_header(address: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        composed(MailKind.PLAN_ENDED, to=address)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_only_a_mail_that_can_be_stopped_has_the_link_that_stops_it(language: str) -> None:
    for kind in MailKind:
        message = composed(kind, language)
        page = part(message, "html") + part(message, "plain")
        has = kind in OPTIONAL
        assert ("List-Unsubscribe" in message, "List-Unsubscribe-Post" in message) == (has, has)
        assert page.count(PATH) == (2 if has else 0), kind


def test_the_link_stands_in_the_header_as_it_is_and_in_one_line() -> None:
    """Folded by Python it would be written in encoded words, and no mail program would find it."""
    message = composed(MailKind.TIME_NEARLY_USED)
    url = link("https://ondol.example", "u-1", SENDER.unsubscribe_key)
    headers = message.as_bytes().partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert f"List-Unsubscribe: <{url}>".encode() in headers
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in headers
    assert url in unescape(part(message, "html"))
    assert SENDER.unsubscribe_key not in repr(SENDER)


@pytest.mark.parametrize(
    ("facts", "english_words", "korean_words"),
    [
        (
            {"team": ""},
            ["You have used most", "59 minutes were left", "1 January 2027", "you can go on at once"],
            ["회원님이", "59분 남아"],
        ),
        ({"left": "7199"}, ["The team “Moonlight” has used", "119 minutes"], ["'Moonlight' 팀이", "119분"]),
        ({"left": "72000", "pays": ""}, ["20 hours", "Whoever pays for the team"], ["20시간", "요금을 내는 사람"]),
    ],
    ids=["own", "team", "who can't pay"],
)
def test_time_that_is_nearly_used_is_told_with_what_is_left_and_what_helps(
    facts: dict[str, str], english_words: list[str], korean_words: list[str]
) -> None:
    for language, words in (("en", english_words), ("ko", korean_words)):
        text = part(composed(MailKind.TIME_NEARLY_USED, language, **facts), "plain")
        assert [each for each in words if each not in text] == [], text
