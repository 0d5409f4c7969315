"""What a member is told of a plan that is paid for, and that nobody is told twice."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.billing.kept_plan import KEPT_FOR, Kept
from shared.billing.payer import Payer, Provider
from shared.billing.subscription import Reason, Standing
from shared.mail.about_plan import NEWS_FOR, mails_about_plan
from shared.mail.mail import GIVE_UP_AFTER, MailKind, Reader
from shared.mail.mail import KEPT_FOR as MAILS_KEPT_FOR

NOW = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
READER = Reader(uid="u-1", language="ko", zone="Asia/Seoul")
KEPT = Kept(plan="pro", since=NOW)


def payer(reason: Reason, *, until: datetime | None = None, kept: Kept | None = None) -> Payer:
    plan = "pro" if until else "free"
    standing = Standing(plan=plan, reason=reason, until=until, kept=kept)
    return Payer(bid="b-1", provider=Provider.STRIPE, standing=standing)


def kinds(found: Payer, now: datetime) -> list[MailKind]:
    return [mail.kind for mail in mails_about_plan(found, READER, now)]


@pytest.mark.parametrize("reason", [Reason.PAID, Reason.ENDING, Reason.BY_HAND, Reason.NOTHING_BOUGHT])
def test_nothing_is_written_while_all_is_well(reason: Reason) -> None:
    assert kinds(payer(reason, until=NOW + timedelta(days=3) if reason == Reason.ENDING else None), NOW) == []


def test_a_payment_that_fails_is_told_once_for_all_its_retries() -> None:
    until = NOW + timedelta(days=7)
    failing = payer(Reason.RETRYING, until=until)
    told = [mail for days in range(7) for mail in mails_about_plan(failing, READER, NOW + timedelta(days=days))]
    assert {mail.id for mail in told} == {f"payment-failed-b-1-{until:%Y%m%d%H%M%S}"}
    assert told[0].facts == {"plan": "pro", "until": until.isoformat()}
    assert until - NOW < GIVE_UP_AFTER + MAILS_KEPT_FOR, "as long as it is asked about, the mail is remembered"
    again = replace(failing, standing=replace(failing.standing, until=until + timedelta(days=30)))
    assert {mail.id for mail in mails_about_plan(again, READER, NOW)} != {told[0].id}, "another failure is another mail"


def test_a_plans_end_is_news_for_two_days_and_then_only_the_end_of_what_it_kept_is() -> None:
    ended = payer(Reason.ENDED, kept=KEPT)
    assert kinds(ended, NOW) == [MailKind.PLAN_ENDED]
    assert kinds(ended, NOW + NEWS_FOR) == []
    for days in (30, 7, 1):
        at = NOW + KEPT_FOR - timedelta(days=days)
        assert kinds(ended, at - timedelta(seconds=1)) == ([] if days == 30 else [MailKind.KEPT_ENDS])
        assert kinds(replace(ended, told=at - timedelta(days=1)), at) == [MailKind.KEPT_ENDS]
        assert kinds(replace(ended, told=at), at) == []
    assert kinds(ended, NOW + KEPT_FOR) == []


def test_the_mail_says_which_plan_holds_now_and_until_when_the_rest_is_kept() -> None:
    [mail] = mails_about_plan(payer(Reason.ENDED, kept=KEPT), READER, NOW)
    assert mail.facts == {"plan": "pro", "now": "free", "until": (NOW + KEPT_FOR).isoformat()}
    assert (mail.uid, mail.language, mail.zone) == ("u-1", "ko", "Asia/Seoul")
