"""A month's time that is nearly used: told once, with the charge; and the link that stops it, whoever presses it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import flask
import pytest
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState
from shared.accounts.invitation import TeamRole, invitation
from shared.billing.account import Billing
from shared.billing.periods import PeriodKind, period_at
from shared.flows.mailing import Means, deliver
from shared.gcp.operation_counts import Operations, counted
from shared.gcp.store.accounts import (
    account_ref,
    choose_language,
    close_account,
    ensure_account,
    find_account,
    want_mails_about_time,
)
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit, read
from shared.gcp.store.mails import mails_to
from shared.gcp.store.sessions import commit_beat, commit_end, read_session, session_ref
from shared.gcp.store.teams import change_person, change_team, create_team
from shared.mail.compose import Sender
from shared.mail.mail import MailKind, MailState
from shared.mail.smtp import Server
from shared.mail.unsubscribing import token
from shared.request_rates import BUCKETS
from shared.sessions.heartbeats import accept_beat
from shared.sessions.session import EndReason, Session
from tests.support.mail_server import mail_server
from tests.support.records.factories import POLICY, a_beat, a_session
from tests.support.stack.environment import SETTINGS, environment

with environment(SETTINGS):  # they read their settings when they are imported
    from functions.unsubscribe.main import unsubscribe

NOW = datetime.now(UTC)
BEAT = timedelta(seconds=30)
HOUR = 3_600_000
KEY = SETTINGS["UNSUBSCRIBE_KEY"]
pytestmark = pytest.mark.usefixtures("empty_database")


def month(at: datetime = NOW) -> str:
    return period_at(PeriodKind.MONTH, "UTC", at).id


def billed(bid: str, plan: str, used: int, **fields: Any) -> None:
    """The account is on this plan, and has used so many milliseconds of each period."""
    periods = {month(NOW + n * BEAT): used for n in range(4)} | {f"{NOW + n * BEAT:%Y-%m-%d}": used for n in range(4)}
    before = read_billing(bid)
    after = replace(before.record, plan=plan, time_zone="UTC", **fields).count(periods)
    Commit().change(billing_ref(bid), before, after).run()


def working(account: Account, bid: str, plan: str, **fields: Any) -> Session:
    session = a_session(
        sid=f"s-{account.uid}",
        uid=account.uid,
        wid=account.wid,
        bid=bid,
        plan=plan,
        connected=True,
        opened=NOW,
        seen=NOW,
        **fields,
    )
    Commit().create(session_ref(session.sid), session).run()
    return session


def beaten(session: Session, seq: int) -> Operations:
    before, payer = read_session(session.sid), read_billing(session.bid)
    assert before is not None
    accepted = accept_beat(
        before.record, a_beat(seq, session=session.sid), None, billing=payer.record, policy=POLICY, now=NOW + seq * BEAT
    )
    assert accepted is not None
    with counted() as operations:
        commit_beat(before, payer, accepted)
    return operations


def member(uid: str) -> Account:
    return ensure_account(uid, email=f"{uid}@example.com", name=None, locale="ko", now=NOW)


def told(uid: str) -> list[dict[str, str]]:
    return [each.record.facts for each in mails_to(uid) if each.record.kind == MailKind.TIME_NEARLY_USED]


def test_it_is_told_once_a_month_and_costs_other_heartbeats_nothing() -> None:
    ada = member("ada")
    billed(ada.bid, "starter", 4 * HOUR - 40_000)
    session = working(ada, ada.bid, "starter")
    usual = beaten(session, 1)
    assert told("ada") == [], "80 % is an hour left of Starter's five, and is not reached"
    telling = beaten(session, 2)
    assert (telling.reads, telling.writes) == (usual.reads + 1, usual.writes + 1)
    [facts] = told("ada")
    assert (facts["plan"], facts["team"], facts["pays"]) == ("starter", "", "yes")
    assert 3_500 < int(facts["left"]) < 3_600
    assert beaten(session, 3) == usual
    assert len(told("ada")) == 1


def test_it_is_told_in_the_language_that_was_chosen_last() -> None:
    ada = member("ada")
    ensure_account("ada", email=None, name=None, locale="en", now=NOW)  # another browser of theirs signs in
    billed(ada.bid, "starter", 4 * HOUR - 10_000)
    choose_language("ada", "en")
    beaten(working(ada, ada.bid, "starter"), 1)
    assert [each.record.language for each in mails_to("ada")] == ["en"]


def test_a_deleted_account_chooses_no_language() -> None:
    member("ada")
    close_account("ada", NOW)
    choose_language("ada", "ko")
    choose_language("nobody", "ko")
    account = find_account("ada")
    assert account is not None and account.locale is None
    assert find_account("nobody") is None


def test_it_is_told_with_the_last_charge_of_a_session_too() -> None:
    ada = member("ada")
    billed(ada.bid, "starter", 4 * HOUR - 10_000)
    session = working(ada, ada.bid, "starter", least=NOW + BEAT)
    before = read_session(session.sid)
    assert before is not None
    commit_end(before, NOW + BEAT, EndReason.MEMBER)
    assert (len(told("ada")), read_billing(ada.bid).record.told_nearly_used) == (1, month(NOW + BEAT))


@pytest.mark.parametrize("plan", ["free", "enterprise"])
def test_nothing_is_told_of_a_day_nor_of_what_has_no_limit(plan: str) -> None:
    ada = member("ada")
    billed(ada.bid, plan, 29 * 60_000)
    beaten(working(ada, ada.bid, plan), 1)
    assert told("ada") == []


def joined(bid: str, uid: str) -> None:
    address, secret = f"{uid}@example.com", f"{bid}.{uid}"
    new = invitation(f"i-{uid}", secret, address, TeamRole.MEMBER, "en", "owner", NOW)
    change_team(bid, lambda team, plan: team.invite(new, plan, NOW))
    change_person(bid, uid, lambda team, plan: team.join(secret, uid, address, plan, NOW), NOW)


def test_of_a_team_everybody_is_told_who_wants_it() -> None:
    people = {uid: member(uid) for uid in ("owner", "guest", "quiet")}
    bid = create_team("owner", "Ours", "team", NOW).team.bid
    for uid in ("guest", "quiet"):
        joined(bid, uid)
    assert want_mails_about_time("quiet", wanted=False, by="member")
    billed(bid, "team", 80 * HOUR)
    beaten(working(people["guest"], bid, "team"), 1)
    assert [[each["pays"] for each in told(uid)] for uid in people] == [["yes"], [""], []]


def test_what_waits_is_not_sent_to_who_wants_none_by_now() -> None:
    ada = member("ada")
    billed(ada.bid, "pro", 19 * HOUR)
    beaten(working(ada, ada.bid, "pro"), 1)
    [mail] = mails_to("ada")
    with mail_server() as (mailbox, server):
        sender = Sender(address="hello@ondol.example", page="https://ondol.example", unsubscribe_key=KEY)
        assert want_mails_about_time("ada", wanted=False, by="link")
        after = sent(mail.record.id, sender, server)
        assert (after.state, after.reason, mailbox.messages) == (MailState.REFUSED, "the member wants none", [])


def sent(name: str, sender: Sender, server: Server) -> Any:
    return deliver(name, Means(sender, server), lambda uid: f"{uid}@example.com", lambda: NOW)


# the link


def pressed(link: str | None, method: str = "POST", **more: Any) -> flask.Response:
    """As a mail program presses it: without a cookie, and without a sign-in."""
    query = {} if link is None else {"token": link}
    one_click = {"List-Unsubscribe": "One-Click"} if method == "POST" else None
    with flask.Flask("test").test_request_context(
        path="/unsubscribe", method=method, query_string=query, data=one_click, **more
    ):
        answer: Any = unsubscribe(flask.request)
    assert isinstance(answer, flask.Response)
    return answer


@pytest.fixture
def ada() -> Account:
    BUCKETS.clear()
    return member("ada")


def wants(uid: str) -> bool:
    account = find_account(uid)
    assert account is not None
    return account.mails_about_time


def test_one_click_stops_it_and_another_changes_nothing(ada: Account) -> None:
    member("bob")
    link = token("ada", KEY)
    for _ in range(2):
        answer = pressed(link)
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        assert (wants("ada"), wants("bob")) == (False, True)
    text = answer.get_data(as_text=True)
    assert "보내지 않습니다" in text and "You get no more mails" in text
    version = read(account_ref("ada"), Account)
    assert pressed(link).status_code == 200
    assert read(account_ref("ada"), Account) == version, "and writes nothing"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_to_open_the_link_shows_a_button_and_changes_nothing(ada: Account, method: str) -> None:
    """Whatever looks for harm in mails opens each link before its reader does."""
    answer = pressed(token("ada", KEY), method)
    assert (answer.status_code, wants("ada")) == (200, True)
    if method == "GET":
        text = answer.get_data(as_text=True)
        assert text.count('<form method="post"') == 2
        assert "그만 받기" in text and "Unsubscribe" in text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize(
    "forged",
    [
        None,
        "ada",
        token("ada", "another key, of another deployment"),
        token("bob", KEY).partition(".")[0] + "." + token("ada", KEY).partition(".")[2],
        '"><script>alert(1)</script>',
    ],
)
def test_a_link_that_ondol_did_not_make_stops_nothing(ada: Account, forged: str | None) -> None:
    member("bob")
    assert pressed(forged).status_code == 400
    looked = pressed(forged, "GET")
    assert (looked.status_code, "script" in looked.get_data(as_text=True)) == (404, False)
    assert (wants("ada"), wants("bob")) == (True, True)


def test_other_methods_and_a_sign_in_stop_nothing(ada: Account) -> None:
    assert pressed(token("ada", KEY), "PUT").status_code == 405
    assert pressed(None, headers={"Authorization": "Bearer x.y.z"}).status_code == 400
    assert wants("ada")


def test_the_link_of_an_erased_account_is_answered_as_any_other_and_revives_nothing(ada: Account) -> None:
    close_account("ada", NOW)
    before = read(account_ref("ada"), Account)
    assert before is not None and before.record.state == AccountState.DELETED
    assert pressed(token("ada", KEY)).status_code == 200
    assert read(account_ref("ada"), Account) == before
    assert pressed(token("nobody", KEY)).status_code == 200
    assert find_account("nobody") is None


def test_the_charge_of_an_account_without_an_owner_is_committed_all_the_same() -> None:
    bid = "b-lost"
    Commit().create(billing_ref(bid), Billing(bid=bid, owner="u-lost", plan="pro", time_zone="UTC")).run()
    billed(bid, "pro", 19 * HOUR)
    beaten(working(member("ada"), bid, "pro"), 1)
    assert read_billing(bid).record.told_nearly_used is not None
