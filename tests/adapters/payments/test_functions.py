"""From a member's press to the plan, by the functions themselves: Stripe's stand-in sends its events to them, and Cloud
Tasks' its tasks. No event has to come, or come once, or in order."""

import inspect
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.meter import main as meter_function
from functions.payer import main as payer_function
from shared.billing.disagreement import DisagreementKind
from shared.billing.payer import CHECKOUT_ASK
from shared.errors import TryAgain
from shared.flows import payments
from shared.gcp import tasks
from shared.gcp.store import clock
from shared.gcp.store.accounts import close_account
from shared.gcp.store.billing import read_billing
from shared.gcp.store.database import document, read
from shared.gcp.store.subscriptions import ProviderEvent, event_ref, hurry_payer, read_payer
from tests.adapters.payments.functions import Buyer, Deliveries, holds, leads_to, pay, settled
from tests.adapters.payments.paying import plan
from tests.support.stack.observe import until
from tests.support.standins.stripe import Standin

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
