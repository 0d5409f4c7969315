"""The hosted pages of the Stripe stand-in, pressed as a browser presses them: Checkout and the customer portal."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from shared.payments.catalogue import features
from tests.support.standins.stripe import DAY, HOUR, NOW, Standin, Subscriber, buttons, stripe_standin

DONE, BACK = "https://ondol.example/done", "https://ondol.example/plans"
MONTH = 30 * DAY


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with stripe_standin(tmp_path_factory.mktemp("stripe")) as standin:
        yield standin


@pytest.fixture(scope="module")
def configuration(standin: Standin) -> str:
    changed: Any = {"features": features(standin.catalogue())}
    return standin.v1.billing_portal.configurations.create(changed).id


def checkout(ada: Subscriber, plan: str = "pro", **more: Any) -> stripe.checkout.Session:
    params: Any = {
        "mode": "subscription",
        "customer": ada.customer,
        "client_reference_id": "b-1",
        "success_url": f"{DONE}?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": BACK,
        "line_items": [{"price": ada.prices[plan], "quantity": 1}],
        "subscription_data": {"metadata": {"bid": "b-1"}},
        "locale": "ko",
        **more,
    }
    return ada.v1.checkout.sessions.create(params)


def url(session: stripe.checkout.Session | stripe.billing_portal.Session) -> str:
    assert session.url is not None
    return session.url


def subscription_of(ada: Subscriber) -> stripe.Subscription:
    [subscription] = ada.v1.subscriptions.list({"customer": ada.customer}).data
    ada.id = subscription.id
    return subscription


# Checkout


def test_a_plan_is_paid_for_on_the_page(standin: Standin) -> None:
    ada = Subscriber(standin, plan=None)
    session = checkout(ada)
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 1000)
    page = standin.web.get(url(session))
    assert page.status_code == 200
    assert "Subscribe to Pro" in page.text and "10.00 USD per month" in page.text and BACK in page.text
    assert buttons(page.text) == ["Subscribe"]

    paid = standin.press(url(session), card="pm_card_visa")
    assert (paid.status_code, paid.headers["Location"]) == (303, f"{DONE}?session={session.id}")
    subscription = subscription_of(ada)
    assert (subscription.status, subscription.metadata["bid"]) == ("active", "b-1")
    done = ada.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status, done.subscription) == ("complete", "paid", subscription.id)
    assert done.client_reference_id == "b-1"
    assert ada.events()[-1] == "checkout.session.completed"


def test_a_page_is_paid_on_once(standin: Standin) -> None:
    ada = Subscriber(standin, plan=None)
    page = url(checkout(ada))
    standin.press(page, card="pm_card_visa")
    assert standin.press(page, card="pm_card_visa").status_code == 402
    assert "can't be paid on any more" in standin.web.get(page).text
    assert subscription_of(ada).status == "active"


@pytest.mark.parametrize("card", ["pm_card_chargeDeclined", "pm_card_chargeCustomerFail"])
def test_a_declined_card_leaves_nothing_but_the_page(standin: Standin, card: str) -> None:
    ada = Subscriber(standin, plan=None)
    session = checkout(ada)
    refused = standin.press(url(session), card=card)
    assert (refused.status_code, '<p role="alert">Your card was declined.</p>' in refused.text) == (402, True)
    assert ada.events() == ["customer.created"]
    assert standin.press(url(session), card="pm_card_authenticationRequired").status_code == 303


def test_a_page_expires(standin: Standin) -> None:
    ada = Subscriber(standin, plan=None)
    session = checkout(ada, expires_at=NOW + HOUR)
    ada.pass_to(NOW + HOUR - 1)
    assert ada.v1.checkout.sessions.retrieve(session.id).status == "open"
    ada.pass_to(NOW + HOUR)
    assert ada.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert ada.events()[-1] == "checkout.session.expired"
    for wrong in (NOW + HOUR + 1799, NOW + 26 * HOUR):
        with pytest.raises(stripe.InvalidRequestError, match="between 30 minutes and 24 hours"):
            checkout(ada, expires_at=wrong)


def test_a_page_is_closed_on_demand_unless_it_was_paid_on(standin: Standin) -> None:
    ada = Subscriber(standin, plan=None)
    first, second = checkout(ada), checkout(ada, "team")
    ada.v1.checkout.sessions.expire(first.id)
    assert standin.press(url(first), card="pm_card_visa").status_code == 402
    standin.press(url(second), card="pm_card_visa")
    with pytest.raises(stripe.InvalidRequestError, match="is complete"):
        ada.v1.checkout.sessions.expire(second.id)


@pytest.mark.parametrize("worked", [True, False])
def test_a_bank_tells_later_whether_a_payment_worked(standin: Standin, worked: bool) -> None:
    ada = Subscriber(standin, plan=None)
    session = checkout(ada)
    standin.press(url(session), card="bank_debit")
    assert ada.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"
    assert subscription_of(ada).status == "incomplete"
    standin.control("bank", session=session.id, worked=worked)
    assert subscription_of(ada).status == ("active" if worked else "incomplete")
    assert ada.events()[-1] == f"checkout.session.async_payment_{'succeeded' if worked else 'failed'}"


def test_checkout_makes_a_customer_where_there_is_none(standin: Standin) -> None:
    prices = standin.catalogue()
    session = standin.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "success_url": DONE,
            "customer_email": "new@example.com",
            "line_items": [{"price": prices["pro"], "quantity": 1}],
            "managed_payments": {"enabled": True},
        }
    )
    standin.press(url(session), card="pm_card_visa")
    customer = standin.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]}).customer
    assert isinstance(customer, stripe.Customer)
    assert customer.email == "new@example.com"


def test_a_price_that_is_not_sold_any_more_opens_no_page(standin: Standin) -> None:
    ada = Subscriber(standin, plan=None)
    ada.v1.prices.update(ada.prices["team"], {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        checkout(ada, "team")
    ada.v1.prices.update(ada.prices["team"], {"active": True})


# the portal


def portal(ada: Subscriber, configuration: str, **more: Any) -> str:
    params: Any = {"customer": ada.customer, "configuration": configuration, "return_url": BACK, **more}
    return url(ada.v1.billing_portal.sessions.create(params))


def test_the_portal_shows_what_can_be_done(standin: Standin, configuration: str) -> None:
    ada = Subscriber(standin)
    page = standin.web.get(portal(ada, configuration)).text
    assert buttons(page) == [
        "Change to Starter, 5.00 USD per month",
        "Change to Team, 25.00 USD per month",
        "Cancel subscription",
        "Update payment method",
    ]
    assert "Card: Visa 4242" in page and "10.00 USD, paid" in page and BACK in page


def test_the_portal_ends_a_subscription_with_its_period_by_cancel_at(standin: Standin, configuration: str) -> None:
    """In flexible mode, the default, `cancel_at_period_end` stays false."""
    ada = Subscriber(standin)
    page = portal(ada, configuration)
    standin.press(page, do="cancel", subscription=ada.id)
    assert (ada.get().cancel_at, ada.get().cancel_at_period_end, ada.get().status) == (NOW + MONTH, False, "active")
    assert "Don&#x27;t cancel subscription" in standin.web.get(page).text
    standin.press(page, do="renew", subscription=ada.id)
    assert ada.get().cancel_at is None
    standin.press(page, do="cancel", subscription=ada.id)
    ada.pass_to(NOW + MONTH)
    assert ada.get().status == "canceled"


def test_the_portal_upgrades_at_once_and_downgrades_with_the_period(standin: Standin, configuration: str) -> None:
    ada = Subscriber(standin)
    page = portal(ada, configuration)
    standin.press(page, do="change", subscription=ada.id, price=ada.prices["team"])
    assert (ada.item().price.product, ada.invoices()[-1].amount_paid) == ("ondol-team", 1500)
    standin.press(page, do="change", subscription=ada.id, price=ada.prices["starter"])
    assert (ada.item().price.product, ada.get().schedule is not None) == ("ondol-team", True)
    assert "Keep the present plan" in buttons(standin.web.get(page).text)
    again = standin.press(page, do="change", subscription=ada.id, price=ada.prices["pro"])
    assert (again.status_code, "Take it back first" in again.text) == (402, True)
    ada.pass_to(NOW + MONTH + HOUR)
    assert (ada.item().price.product, ada.invoices()[-1].amount_paid) == ("ondol-starter", 500)


def test_a_downgrade_is_taken_back(standin: Standin, configuration: str) -> None:
    ada = Subscriber(standin)
    page = portal(ada, configuration)
    standin.press(page, do="change", subscription=ada.id, price=ada.prices["starter"])
    standin.press(page, do="renew", subscription=ada.id)
    ada.pass_to(NOW + MONTH + HOUR)
    assert (ada.item().price.product, ada.get().schedule) == ("ondol-pro", None)


def test_a_cancellation_takes_a_downgrade_with_it(standin: Standin, configuration: str) -> None:
    ada = Subscriber(standin)
    page = portal(ada, configuration)
    standin.press(page, do="change", subscription=ada.id, price=ada.prices["starter"])
    standin.press(page, do="cancel", subscription=ada.id)
    assert (ada.get().schedule, ada.get().cancel_at) == (None, NOW + MONTH)


def test_a_declined_upgrade_changes_nothing(standin: Standin, configuration: str) -> None:
    ada = Subscriber(standin)
    page = portal(ada, configuration)
    standin.press(page, do="card", card="pm_card_chargeCustomerFail")
    refused = standin.press(page, do="change", subscription=ada.id, price=ada.prices["team"])
    assert (refused.status_code, "Your card was declined." in refused.text) == (402, True)
    assert (ada.item().price.product, len(ada.invoices())) == ("ondol-pro", 1)


def test_what_is_open_is_paid_in_the_portal(standin: Standin, configuration: str) -> None:
    ada = Subscriber(standin)
    ada.use_card("pm_card_chargeCustomerFail")
    ada.pass_to(NOW + MONTH + HOUR)
    page = portal(ada, configuration)
    [invoice] = ada.invoices("open")
    assert f"Pay {invoice.number}" in buttons(standin.web.get(page).text)
    assert standin.press(page, do="pay", invoice=invoice.id).status_code == 402
    standin.press(page, do="card", card="pm_card_visa")
    standin.press(page, do="pay", invoice=invoice.id)
    assert ada.get().status == "active"


def test_a_flow_confirms_one_change_and_goes_back(standin: Standin, configuration: str) -> None:
    ada = Subscriber(standin)
    flow = {
        "type": "subscription_update_confirm",
        "subscription_update_confirm": {
            "subscription": ada.id,
            "items": [{"id": ada.item().id, "price": ada.prices["team"], "quantity": 1}],
        },
        "after_completion": {"type": "redirect", "redirect": {"return_url": DONE}},
    }
    page = portal(ada, configuration, flow_data=flow)
    shown = standin.web.get(page).text
    assert (buttons(shown), "Due today: 15.00 USD" in shown) == (["Confirm"], True)
    pressed = standin.press(page, do="change", subscription=ada.id, price=ada.prices["team"])
    assert pressed.headers["Location"] == DONE
    assert ada.item().price.product == "ondol-team"


@pytest.mark.parametrize("kind", ["payment_method_update", "subscription_cancel"])
def test_other_flows_lead_to_their_one_thing(standin: Standin, configuration: str, kind: str) -> None:
    ada = Subscriber(standin)
    more = {"subscription_cancel": {"subscription": ada.id}} if kind == "subscription_cancel" else {}
    shown = standin.web.get(portal(ada, configuration, flow_data={"type": kind, **more})).text
    assert buttons(shown) == ["Cancel subscription" if more else "Update payment method"]


def test_the_portal_keeps_strangers_subscriptions_and_prices_apart(standin: Standin, configuration: str) -> None:
    ada, bob = Subscriber(standin), Subscriber(standin)
    assert standin.press(portal(ada, configuration), do="cancel", subscription=bob.id).status_code == 402
    assert bob.get().cancel_at is None
    hidden = ada.v1.prices.create(
        {"product": "ondol-pro", "currency": "usd", "unit_amount": 1, "recurring": {"interval": "month"}}
    )
    refused = standin.press(portal(ada, configuration), do="change", subscription=ada.id, price=hidden.id)
    assert (refused.status_code, "not in the portal configuration" in refused.text) == (402, True)
    assert standin.web.get("/p/session/bps_0").status_code == 404
    assert standin.press(portal(ada, configuration), do="nonsense").status_code == 402
