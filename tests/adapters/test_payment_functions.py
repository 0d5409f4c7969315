"""From a member's press to the plan, by the functions themselves: Stripe's stand-in sends its events to them, and Cloud
Tasks' its tasks. No event has to come, or come once, or in order."""

import inspect
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.meter import main as meter_function
from functions.payer import main as payer_function
from shared.accounts.account import SuspendedFor
from shared.accounts.invitation import TeamRole, invitation
from shared.billing.disagreement import DisagreementKind
from shared.billing.payer import CHECKOUT_ASK
from shared.errors import TryAgain
from shared.flows import payments
from shared.gcp import tasks
from shared.gcp.store import clock
from shared.gcp.store.accounts import account_ref, close_account
from shared.gcp.store.billing import read_billing
from shared.gcp.store.database import Commit, document, read
from shared.gcp.store.subscriptions import ProviderEvent, event_ref, hurry_payer, read_payer
from shared.gcp.store.teams import change_person, change_team, create_team, empty_team
from shared.request_rates import BUCKETS
from shared.settings import NO_KEY
from tests.adapters.paying import plan
from tests.adapters.payment_functions import Buyer, Deliveries, functions_behind, holds, leads_to, pay, settled
from tests.support.stack.environment import environment
from tests.support.stack.observe import until
from tests.support.standins.stripe import Standin, stripe_standin


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with stripe_standin(tmp_path_factory.mktemp("stripe")) as standin:
        yield standin


@pytest.fixture(scope="module")
def came(
    standin: Standin,
    firestore: dict[str, str],
    storage_emulator: dict[str, str],
    auth_emulator: dict[str, str],
    tasks_standin: dict[str, str],
) -> Iterator[Deliveries]:
    with functions_behind(standin, firestore | storage_emulator | auth_emulator | tasks_standin) as came:
        yield came


@pytest.fixture
def ada(empty_database: None, came: Deliveries, standin: Standin) -> Iterator[Buyer]:
    BUCKETS.clear()
    yield Buyer("ada")
    standin.control("hold", held=False)
    standin.control("faults")


# buying


def test_a_member_buys_and_has_the_plan_within_seconds(standin: Standin, ada: Buyer, came: Deliveries) -> None:
    before = ada.state()
    assert ada.login()["paid_for"] is None
    assert (before["selling"], before["own"], before["paying"], before["plan"]["name"]) == (True, True, None, "free")
    assert [each["name"] for each in before["for_sale"]] == ["starter", "pro", "team"]
    page = ada.page("pro")
    assert ada.state()["paying"]["buying"]["name"] == "pro"
    assert ada.page("pro") == page
    pay(standin, page)
    holds("pro", ada.bid)
    paying = ada.state()["paying"]
    assert (paying["reason"], paying["subscribed"], paying["manageable"], paying["buying"]) == (
        "paid", True, True, None
    )  # fmt: skip
    payer = read_payer(ada.bid)
    assert payer and payer.record.disagreement is None, "an event told"
    pro = {"name": "pro", "title": "Pro"}
    assert ada.login()["paid_for"] == {"plan": pro, "reason": "paid", "until": None, "subscribed": True}
    assert (ada.post("checkout", plan="starter").status, came.count("/payment-events") > 0) == (409, True)
    assert [each for each in came.answers if each[1] >= 500] == []


def test_a_subscriber_changes_and_cancels_in_the_portal(standin: Standin, ada: Buyer) -> None:
    assert ada.post("portal").status == 404
    pay(standin, ada.page("starter"))
    holds("starter", ada.bid)
    payer = read_payer(ada.bid)
    assert payer is not None
    [subscription] = payer.record.subscriptions
    url = ada.post("portal", plan="pro", language="ko").json["url"]
    change = {"subscription": subscription.subscription, "price": standin.catalogue()["pro"]}
    assert leads_to(standin.press(url, do="change", **change)) == "/plans?portal=left"
    holds("pro", ada.bid)
    standin.press(ada.post("portal").json["url"], do="cancel", subscription=subscription.subscription)
    until(lambda: ada.state()["paying"]["reason"] == "ending", "the cancellation")
    assert ada.state()["paying"]["until"] > datetime.now(UTC).timestamp() + 27 * 86400


# events


def test_lost_events_are_made_good_by_meter(standin: Standin, ada: Buyer) -> None:
    standin.control("hold", held=True)
    pay(standin, ada.page())
    standin.control("drop", ids=[each["id"] for each in standin.web.get("/_control/deliveries").json()])
    now = datetime.now(UTC)
    assert metered(now).payers == 0
    assert metered(now + CHECKOUT_ASK + timedelta(minutes=1)).payers == 1
    holds("pro", ada.bid)
    payer = read_payer(ada.bid)
    assert payer and payer.record.disagreement, "an operator is shown that events are lost"
    assert payer.record.disagreement.kind == DisagreementKind.UNTOLD


def metered(now: datetime) -> meter_function.MeterAnswer:
    done: meter_function.MeterAnswer = inspect.unwrap(meter_function.meter)("", meter_function.MeterRequest(), now)
    return done


def test_doubled_and_late_events_change_nothing_more(standin: Standin, ada: Buyer, came: Deliveries) -> None:
    standin.control("hold", held=True)
    pay(standin, ada.page())
    events = [each["id"] for each in standin.web.get("/_control/deliveries").json()]
    for keep in (True, True, False):
        statuses = standin.control("deliver", ids=events[::-1], keep=keep)
        assert {*statuses} == {200}
    holds("pro", ada.bid)
    settled(standin)
    [subscription] = read_payer(ada.bid).record.subscriptions  # type: ignore[union-attr]
    assert (subscription.plan, ada.state()["paying"]["reason"]) == ("pro", "paid")


def test_an_event_whose_task_could_not_be_made_comes_again_and_is_asked_about(
    standin: Standin, ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first delivery has noted the event, and died before the task."""
    standin.control("hold", held=True)
    pay(standin, ada.page())
    [event] = [
        each for each in standin.web.get("/_control/deliveries").json() if each["type"] == "checkout.session.completed"
    ]
    with monkeypatch.context() as silent:
        silent.setattr(tasks, "tasks_client", lambda: 1 / 0)
        assert standin.control("deliver", ids=[event["id"]]) == [500]
    noted = read(event_ref(event["event"]), ProviderEvent)
    assert noted is not None and noted.record.kind == "checkout.session.completed"
    assert plan(ada.bid) == "free"
    assert standin.control("deliver", ids=[event["id"]]) == [200]
    holds("pro", ada.bid)


def test_while_stripe_is_silent_the_task_comes_again(standin: Standin, ada: Buyer, came: Deliveries) -> None:
    page = ada.page()
    before = came.count("/payer", 503)
    standin.control("faults", path="GET /v1/subscriptions", how="error", times=4)
    pay(standin, page)
    holds("pro", ada.bid)
    assert came.count("/payer", 503) > before


def test_an_event_of_nobodys_customer_is_answered_and_done(
    standin: Standin, ada: Buyer, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = standin.v1.customers.create({"email": "eve@example.com"})
    standin.v1.customers.delete(stranger.id)
    settled(standin)
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    told = {each["message"] for each in lines if each.get("customer") == stranger.id}
    assert told == {"payment-event", "customer-unknown"}
    assert plan(ada.bid) == "free"


def test_one_odd_payer_stops_no_other(
    standin: Standin, ada: Buyer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bob = Buyer("bob")
    standin.control("hold", held=True)
    for each in (ada, bob):
        pay(standin, each.page())
    document("payers", "b-odd").set({"bid": "b-odd", "due": datetime(2026, 1, 1, tzinfo=UTC), "standing": 1})
    ask = tasks.ask_about_billing

    def fails_for_ada(bid: str) -> None:
        if bid == ada.bid:
            raise RuntimeError("Cloud Tasks refuses")
        ask(bid)

    monkeypatch.setattr(tasks, "ask_about_billing", fails_for_ada)
    later = datetime.now(UTC) + CHECKOUT_ASK + timedelta(minutes=1)
    assert metered(later).payers == 1
    assert "Cloud Tasks refuses" in capsys.readouterr().out
    holds("pro", bob.bid)
    standin.control("drop", ids=[each["id"] for each in standin.web.get("/_control/deliveries").json()])


def test_old_events_are_forgotten(standin: Standin, ada: Buyer) -> None:
    pay(standin, ada.page())
    holds("pro", ada.bid)
    settled(standin)
    assert metered(datetime.now(UTC)).events == 0
    with pytest.MonkeyPatch.context() as later:
        later.setattr(tasks, "ask_about_billing", lambda _bid: None)
        assert metered(datetime.now(UTC) + timedelta(days=61)).events > 2


# who may


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


# leaving


def erased(ada: Buyer) -> None:
    """What `erase` does of it; tests/adapters/test_erasing.py has the rest."""
    close_account("ada", datetime.now(UTC))
    assert hurry_payer(ada.bid, datetime.now(UTC))
    tasks.ask_about_billing(ada.bid)


def test_who_leaves_is_charged_no_more_and_forgotten(standin: Standin, ada: Buyer) -> None:
    pay(standin, ada.page())
    holds("pro", ada.bid)
    payer = read_payer(ada.bid)
    assert payer is not None and payer.record.customer
    [subscription] = payer.record.subscriptions
    erased(ada)
    until(lambda: read_payer(ada.bid) is None, "it is forgotten")
    settled(standin)
    assert standin.v1.subscriptions.retrieve(subscription.subscription).status == "canceled"
    assert getattr(standin.v1.customers.retrieve(payer.record.customer), "deleted", False)
    assert read_payer(ada.bid) is None, "what Stripe then tells of the customer makes no payer again"


def test_a_page_that_is_open_cannot_be_paid_on_any_more(standin: Standin, ada: Buyer) -> None:
    page = ada.page()
    erased(ada)
    until(lambda: read_payer(ada.bid) is None, "it is forgotten")
    assert standin.press(page, card="pm_card_visa").status_code == 402


def test_a_customer_whose_id_was_lost_is_forgotten_too(standin: Standin, ada: Buyer) -> None:
    """The function died after Stripe had made the customer, and before that was committed."""
    standin.control("faults", path="POST /v1/customers$", how="lose", times=9)
    assert ada.post("checkout", plan="pro").status == 503
    standin.control("faults")
    events = standin.v1.events.list({"type": "customer.created", "limit": 100}).data
    made = [each.data.object.to_dict() for each in events]
    [customer] = [each["id"] for each in made if each["metadata"].get("bid") == ada.bid]
    erased(ada)
    until(lambda: read_payer(ada.bid) is None, "it is forgotten")
    assert getattr(standin.v1.customers.retrieve(customer), "deleted", False)


def test_as_long_as_stripe_is_silent_meter_has_it_tried_again(standin: Standin, ada: Buyer) -> None:
    pay(standin, ada.page())
    holds("pro", ada.bid)
    settled(standin)
    close_account("ada", datetime.now(UTC))
    hurry_payer(ada.bid, datetime.now(UTC))
    standin.control("faults", path="DELETE /v1/customers", how="error", times=9)
    handler = inspect.unwrap(payer_function.payer)
    with pytest.raises(TryAgain):
        handler("", payer_function.AskAbout(billing=ada.bid), clock.now())
    standin.control("faults")
    assert read_payer(ada.bid) is not None
    assert metered(datetime.now(UTC)).payers == 1
    until(lambda: read_payer(ada.bid) is None, "it is forgotten")


def test_a_customer_who_was_deleted_at_stripe_is_due_and_then_no_more(standin: Standin, ada: Buyer) -> None:
    """The ninety days in which what Pro had kept stays end by themselves, though there is nobody to ask about."""
    pay(standin, ada.page())
    holds("pro", ada.bid)
    payer = read_payer(ada.bid)
    assert payer is not None and payer.record.customer
    standin.v1.customers.delete(payer.record.customer)
    holds("free", ada.bid)
    settled(standin)
    gone = read_payer(ada.bid)
    assert gone is not None and gone.record.customer is None and gone.record.due is not None
    assert ada.state()["kept"]["plan"]["name"] == "pro"
    nobody: Any = None  # no provider is asked about a customer who is gone
    later = gone.record.due
    for _ in range(6):
        asked = payments.ask(nobody, ada.bid, base="free", now=moment(later))
        if asked is None or asked.due is None:
            break
        later = asked.due
    ended = read_payer(ada.bid)
    assert ended is not None and ended.record.due is None
    assert read_billing(ada.bid).record.kept is None


def moment(at: datetime) -> Callable[[], datetime]:
    return lambda: at


# a team


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
