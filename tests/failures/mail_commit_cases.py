"""All that is ever committed about mails, and by which function of the store."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from shared.gcp.store import accounts, billing, database, mails, sessions
from shared.mail.mail import Mail, MailKind, Reader
from shared.sessions.session import EndReason
from shared.snapshots.storage_quota import LeftOut, OwnLeftOut
from tests.failures.commit_cases import LATER, NOW, UID, Act, a_charged_beat, a_claimed_session, an_account

READER = Reader(uid="u-1", language="ko", zone="Asia/Seoul")
FACTS = {"plan": "pro", "until": LATER.isoformat()}
MAIL = Mail.new("b-1", MailKind.PAYMENT_FAILED, READER, FACTS, NOW)


def a_new_mail() -> Act:
    return lambda: mails.create_mail(MAIL)


def an_attempt_to_send_it() -> Act:
    mails.create_mail(MAIL)
    found = mails.read_mail(MAIL.id)
    assert found
    return lambda: mails.commit_mail(found, found.record.begin(NOW))


def a_mail_whose_time_is_over() -> Act:
    mails.create_mail(MAIL)
    return lambda: mails.delete_mails(mails.expired_mails(MAIL.forget))


def a_closed_account_that_is_confirmed() -> Act:
    an_account()
    mail = Mail.new("1", MailKind.ACCOUNT_ERASED, Reader(address="a@b", language="ko"), {}, NOW)
    return lambda: accounts.close_account(UID, LATER, mail)


def a_beat_after_which_a_months_time_is_nearly_used() -> Act:
    before = a_claimed_session("starter")
    payer = billing.read_billing(before.record.bid)
    nearly = replace(payer.record, used={"2026-11": 4 * 3_600_000 - 1})
    database.Commit().change(billing.billing_ref(nearly.bid), payer, nearly).run()
    return a_charged_beat(before)


def a_reader_who_wants_no_more() -> Act:
    an_account()
    return lambda: accounts.want_mails_about_time(UID, wanted=False, by="link")


def a_reader_of_another_language() -> Act:
    an_account()
    return lambda: accounts.choose_language(UID, "ko")


def an_end_that_left_something_out() -> Act:
    sid = a_claimed_session(left_out=LeftOut(1, 5, own=OwnLeftOut(1, 5))).record.sid
    return lambda: sessions.end_session(sid, LATER, EndReason.IDLE)


COMMITS: dict[Callable[[], Act], set[Callable[..., Any]]] = {
    a_new_mail: {mails.create_mail},
    an_attempt_to_send_it: {mails.commit_mail},
    a_mail_whose_time_is_over: {mails.delete_mails},
    a_closed_account_that_is_confirmed: {accounts.close_account},
    a_beat_after_which_a_months_time_is_nearly_used: {sessions.commit_beat},
    a_reader_who_wants_no_more: {accounts.want_mails_about_time},
    a_reader_of_another_language: {accounts.choose_language},
    an_end_that_left_something_out: {sessions.commit_end},
}
"""What happens, and by which functions it is committed."""
