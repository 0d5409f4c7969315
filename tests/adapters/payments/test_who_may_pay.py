"""Who may buy, manage and see what is paid for: members of a shared plan, of a team, and who is suspended."""

import inspect
from datetime import UTC, datetime

import pytest

from functions.payer import main as payer_function
from shared.accounts.account import SuspendedFor
from shared.accounts.invitation import TeamRole, invitation
from shared.gcp import tasks
from shared.gcp.store import clock
from shared.gcp.store.accounts import account_ref
from shared.gcp.store.database import Commit, document, read
from shared.gcp.store.subscriptions import read_payer
from shared.gcp.store.teams import change_person, change_team, create_team, empty_team
from shared.settings import NO_KEY
from tests.adapters.payments.functions import Buyer, holds, pay, settled
from tests.adapters.payments.paying import plan
from tests.support.stack.environment import environment
from tests.support.stack.observe import until
from tests.support.standins.stripe import Standin


def test_nobody_names_another_billing_account(standin: Standin, ada: Buyer) -> None:
    bob = Buyer("bob")
    for what in ("checkout", "portal"):
        assert bob.post(what, plan="pro", bid=ada.bid).status == 400
        assert bob.post(what, plan="pro", customer="cus_x").status == 400
    pay(standin, bob.page())
    holds("pro", bob.bid)
    assert (plan(ada.bid), ada.state()["paying"]) == ("free", None)
    assert ada.post("portal").status == 404


def test_who_shares_anothers_plan_sees_it_and_can_neither_buy_nor_manage(standin: Standin, ada: Buyer) -> None:
    bob = Buyer("bob")
    pay(standin, ada.page("pro"))
    holds("pro", ada.bid)
    shared = read(account_ref("bob"), type(bob.account))
    assert shared is not None
    document("accounts", "bob").update({"bid": ada.bid})
    seen = bob.state()
    assert (seen["plan"]["name"], seen["own"], seen["paying"]) == ("pro", False, None)
    login = bob.login()
    assert (login["plan"]["name"], login["paid_for"]) == ("pro", None)
    assert bob.post("checkout", plan="pro").status == 403
    assert bob.post("portal").status == 403


def test_who_works_on_a_teams_time_is_told_of_the_own_subscription(standin: Standin, ada: Buyer) -> None:
    pay(standin, ada.page("pro"))
    holds("pro", ada.bid)
    create_team("ada", "Moonlight", "team", datetime.now(UTC))
    login = ada.login()
    assert (login["plan"]["name"], login["paid_for"]["plan"]["name"]) == ("team", "pro")
    document("billing", ada.bid).update({"paid_for.reason": "retrying"})
    assert ada.login()["paid_for"] == {**login["paid_for"], "reason": "retrying"}, "and that it was not paid"


def test_whoever_pays_for_a_team_comes_back_to_the_teams_plan(standin: Standin, ada: Buyer) -> None:
    made = create_team("ada", "Moonlight", "free", datetime.now(UTC)).team
    pay(standin, ada.post("checkout", plan="team", team=True).json["url"], back="/plans?checkout=paid&team=yes")
    holds("team", made.bid)
    assert plan(ada.bid) == "free"


@pytest.mark.parametrize("reason", SuspendedFor)
def test_a_suspended_member_can_end_what_is_charged_and_buy_nothing(
    standin: Standin, ada: Buyer, reason: SuspendedFor
) -> None:
    pay(standin, ada.page())
    holds("pro", ada.bid)
    account = read(account_ref("ada"), type(ada.account))
    assert account is not None
    Commit().change(account_ref("ada"), account, account.record.suspend(reason)).run()
    assert ada.post("checkout", plan="team").json["type"].endswith("/account-suspended")
    assert ada.state()["paying"]["subscribed"]
    assert ada.post("portal").status == 200


@pytest.mark.parametrize("wanted", ["free", "enterprise", "golden", "", "x" * 33])
def test_what_is_not_for_sale_is_refused(ada: Buyer, wanted: str) -> None:
    assert ada.post("checkout", plan=wanted).status == 400
    assert ada.post("portal", plan=wanted).status in (400, 404)


def test_a_plan_for_several_is_sold_to_a_team_and_a_plan_for_one_to_a_person(ada: Buyer) -> None:
    create_team("ada", "Moonlight", "free", datetime.now(UTC))
    for what in ("checkout", "portal"):
        for body in ({"plan": "team"}, {"plan": "pro", "team": True}):
            status, answer = ada.post(what, **body)
            assert (status, answer["detail"].partition(":")[0]) == (400, "plan"), body


def test_where_nothing_is_sold_it_is_said(ada: Buyer, standin: Standin) -> None:
    with environment({"STRIPE_KEY": NO_KEY}):
        seen = ada.state()
        assert (seen["selling"], seen["for_sale"], seen["plan"]["name"]) == (False, [], "free")
        for what in ("checkout", "portal"):
            status, answer = ada.post(what, plan="pro")
            assert (status, answer["type"].rpartition("/")[2]) == (404, "payments-off")
        handler = inspect.unwrap(payer_function.payer)
        assert handler("", payer_function.AskAbout(billing=ada.bid), clock.now()).outcome == "nothing is sold here"


def test_whoever_may_pay_buys_for_the_team_and_a_deleted_team_is_charged_no_more(standin: Standin, ada: Buyer) -> None:
    now = clock.now()
    bid = create_team(ada.uid, "Ours", "free", now).team.bid
    bob = Buyer("bob")
    invited = invitation("i-1", f"{bid}.bob", "bob@example.com", TeamRole.BILLING, "en", ada.uid, now)
    change_team(bid, lambda team, name: team.invite(invited, name, now))
    change_person(bid, "bob", lambda team, name: team.join(f"{bid}.bob", "bob", "bob@example.com", name, now), now)
    status, answer = bob.post("checkout", plan="team", team=True)
    assert status == 200, answer
    pay(standin, answer["url"], back="/plans?checkout=paid&team=yes")
    holds("team", bid)
    assert (plan(ada.bid), plan(bob.bid)) == ("free", "free"), "nobody's own account is touched"

    change_person(bid, "bob", lambda team, name: team.without("bob", now), now)
    eve = Buyer("eve")
    member = invitation("i-2", f"{bid}.eve", "eve@example.com", TeamRole.MEMBER, "en", ada.uid, now)
    change_team(bid, lambda team, name: team.invite(member, name, now))
    change_person(bid, "eve", lambda team, name: team.join(f"{bid}.eve", "eve", "eve@example.com", name, now), now)
    for what, body in (("checkout", {"plan": "team", "team": True}), ("portal", {"team": True})):
        status, answer = eve.post(what, **body)
        assert (status, answer["type"].rpartition("/")[2]) == (403, "forbidden"), "who only works pays nothing"

    payer = read_payer(bid)
    assert payer is not None
    [subscription] = payer.record.subscriptions
    change_team(bid, lambda team, _name: team.close(now))
    empty_team(bid, now)
    tasks.ask_about_billing(bid)
    until(lambda: read_payer(bid) is None, "it is forgotten")
    settled(standin)
    assert standin.v1.subscriptions.retrieve(subscription.subscription).status == "canceled"
