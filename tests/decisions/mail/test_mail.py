"""A mail is sent once, however often its task comes, and ends in a state that says what became of it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.mail.mail import ATTEMPT_FOR, GIVE_UP_AFTER, KEPT_FOR, Mail, MailKind, MailState, Reader
from shared.record import IllegalTransition

NOW = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
READER = Reader(uid="u-1", language="ko", zone="Asia/Seoul")
FACTS = {"plan": "pro", "until": NOW.isoformat()}


def new() -> Mail:
    return Mail.new("b-1", MailKind.PAYMENT_FAILED, READER, FACTS, NOW)


def test_a_mail_has_exactly_the_facts_of_its_kind() -> None:
    for facts in ({}, FACTS | {"more": "y"}, {"plan": "pro"}):
        with pytest.raises(ValueError, match="needs"):
            Mail.new("b-1", MailKind.PAYMENT_FAILED, READER, facts, NOW)


@pytest.mark.parametrize("uid", [None, "u-1"])
def test_a_mail_goes_to_a_member_or_to_an_address(uid: str | None) -> None:
    reader = Reader(uid=uid, address="a@example.com" if uid else None, language="ko")
    with pytest.raises(ValueError, match="to a member or to an address"):
        Mail.new("b-1", MailKind.ACCOUNT_ERASED, reader, {}, NOW)


def test_an_address_is_forgotten_once_the_mail_is_over() -> None:
    mail = Mail.new("b-1", MailKind.ACCOUNT_ERASED, Reader(address="a@example.com", language="ko"), {}, NOW).begin(NOW)
    assert mail.failed("silent", NOW).address == "a@example.com"
    for over in (mail.sent(NOW), mail.refused("no", NOW), mail.failed("silent", NOW + GIVE_UP_AFTER)):
        assert over.address is None


def test_the_same_thing_told_twice_is_one_mail() -> None:
    assert new().id == new().id == "payment-failed-b-1"


def test_only_one_attempt_at_a_time_and_a_dead_one_is_followed_by_another() -> None:
    begun = new().begin(NOW)
    with pytest.raises(IllegalTransition, match="being sent"):
        begun.begin(NOW + ATTEMPT_FOR - timedelta(seconds=1))
    assert begun.due == NOW + ATTEMPT_FOR
    assert begun.begin(NOW + ATTEMPT_FOR).attempts == 2


@pytest.mark.parametrize("state", [MailState.SENT, MailState.REFUSED])
def test_what_is_over_is_never_sent_again_and_forgotten(state: MailState) -> None:
    begun = new().begin(NOW)
    over = begun.sent(NOW) if state == MailState.SENT else begun.refused("no such address", NOW)
    assert (over.state, over.due, over.forget) == (state, None, NOW + KEPT_FOR)
    with pytest.raises(IllegalTransition, match=state):
        over.begin(NOW + timedelta(days=1))


def test_a_server_that_is_silent_is_asked_less_and_less_often_until_the_mail_is_old() -> None:
    mail, now, pauses = new(), NOW, list[timedelta]()
    while mail.due is not None:
        mail = mail.begin(now).failed("silent", now)
        if mail.due is not None:
            pauses.append(mail.due - now)
            now = mail.due
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=2)
    assert (mail.state, mail.reason) == (MailState.GIVEN_UP, "silent")
    assert now < NOW + GIVE_UP_AFTER
    assert len(pauses) < 20
