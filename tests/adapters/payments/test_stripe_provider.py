"""What Stripe says of a customer, in Ondol's words. With a key of Stripe's test mode in STRIPE_TEST_KEY it is Stripe
itself that is asked, else the stand-in; what only a browser or a bank does is for the stand-in alone."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
import stripe

from shared.billing.provider import (
    Buyer,
    Fetched,
    Management,
    NotDone,
    NotSetUp,
    NotSold,
    Order,
    PaymentProvider,
    Unreachable,
)
from shared.billing.subscription import Subscription, SubscriptionState
from shared.payments.stripe_client import API_VERSION
from shared.payments.stripe_provider import (
    EVENTS,
    STATES,
    OddSubscription,
    StripeProvider,
    lookup_key_of,
    portal_of,
    product_of,
)
from tests.adapters.payments.paying import stripe_provider
from tests.adapters.payments.stripe_events import SECRET, an_event, signed
from tests.support.standins.stripe import DAY, HOUR, NOW, Standin, StripeAccount, Subscriber, stripe_standin

KEY = os.environ.get("STRIPE_TEST_KEY")
MONTH = 30 * DAY
DONE, BACK = "https://ondol.example/done", "https://ondol.example/plans"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeAccount]:
    if KEY:
        with closing(StripeAccount(KEY)) as account:
            yield account
    else:
        with stripe_standin(tmp_path_factory.mktemp("stripe")) as standin:
            yield standin


@pytest.fixture
def standin(account: StripeAccount) -> Iterator[Standin]:
    if not isinstance(account, Standin):
        pytest.skip("Stripe itself has no such button")
    yield account
    account.control("faults")


@pytest.fixture(scope="module")
def provider(account: StripeAccount) -> Iterator[StripeProvider]:
    for of_team in (False, True):
        account.portal_configuration(of_team=of_team)
    made = StripeProvider(
        account.key,
        project="tests",
        webhook_secret=SECRET,
        endpoint=account.url,
    )
    with closing(made):
        yield made


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def only(provider: PaymentProvider, ada: Subscriber) -> Subscription:
    [subscription] = provider.fetch(ada.customer).subscriptions
    return subscription


def test_the_api_version_is_the_sdks() -> None:
    assert stripe.api_version == API_VERSION
    [named] = [each for each in get_args(stripe.Subscription.__annotations__["status"]) if get_args(each)]
    assert {*STATES} == {*get_args(named)}
    assert {*EVENTS} <= {*get_args(stripe.Event.__annotations__["type"])}


# what is fetched


def test_an_active_subscription(account: StripeAccount, provider: StripeProvider) -> None:
    ada = Subscriber(account)
    assert only(provider, ada) == Subscription(
        subscription=ada.id, plan="pro", state=SubscriptionState.ACTIVE, created=at(NOW), period_end=at(NOW + MONTH)
    )


def test_a_failed_payment_is_due_since_its_invoice_was_finalized(
    account: StripeAccount, provider: StripeProvider
) -> None:
    ada = Subscriber(account)
    ada.use_card("pm_card_chargeCustomerFail")
    ada.pass_to(NOW + MONTH + 2 * HOUR)
    found = only(provider, ada)
    [invoice] = ada.invoices("open")
    finalized = invoice.status_transitions.finalized_at
    assert finalized is not None and NOW + MONTH <= finalized <= NOW + MONTH + 2 * HOUR
    assert (found.state, found.unpaid_since) == (SubscriptionState.PAST_DUE, at(finalized))
    ada.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
    assert (only(provider, ada).state, only(provider, ada).unpaid_since) == (SubscriptionState.ACTIVE, None)


def test_an_incomplete_subscription_expires(account: StripeAccount, provider: StripeProvider) -> None:
    ada = Subscriber(account, card="pm_card_chargeCustomerFail")
    assert only(provider, ada).state == SubscriptionState.INCOMPLETE
    ada.pass_to(NOW + 24 * HOUR)
    assert (only(provider, ada).state, only(provider, ada).stopped) == (SubscriptionState.EXPIRED, None)


@pytest.mark.parametrize(
    "asked", [{"cancel_at_period_end": True}, {"cancel_at": "min_period_end"}], ids=["as the API", "as the portal"]
)
def test_an_end_is_read_however_it_was_asked_for(account: StripeAccount, provider: StripeProvider, asked: Any) -> None:
    ada = Subscriber(account)
    ada.v1.subscriptions.update(ada.id, asked)
    assert only(provider, ada).cancel_at == at(NOW + MONTH)
    ada.pass_to(NOW + MONTH + HOUR)
    assert (only(provider, ada).state, only(provider, ada).stopped) == (SubscriptionState.ENDED, at(NOW + MONTH))


def test_a_downgrade_is_the_next_plan_until_the_period_ends(account: StripeAccount, provider: StripeProvider) -> None:
    ada = Subscriber(account)
    schedule = ada.v1.subscription_schedules.create({"from_subscription": ada.id})
    assert (only(provider, ada).plan, only(provider, ada).next_plan) == ("pro", None)
    present = {"items": [{"price": ada.prices["pro"], "quantity": 1}]}
    times = {"start_date": schedule.phases[0].start_date, "end_date": schedule.phases[0].end_date}
    following = {"items": [{"price": ada.prices["starter"], "quantity": 1}], "duration": {"interval": "month"}}
    phases: Any = [present | times, following]
    ada.v1.subscription_schedules.update(schedule.id, {"phases": phases, "end_behavior": "release"})
    assert (only(provider, ada).plan, only(provider, ada).next_plan) == ("pro", "starter")
    ada.pass_to(NOW + MONTH + 2 * HOUR)
    assert (only(provider, ada).plan, only(provider, ada).next_plan) == ("starter", None)


def test_a_price_that_is_not_sold_any_more_has_its_plan_all_the_same(
    account: StripeAccount, provider: StripeProvider
) -> None:
    """A new price takes the lookup key over."""
    ada = Subscriber(account, "team")
    key = lookup_key_of("team")
    new: Any = {"product": product_of("team"), "currency": "usd", "unit_amount": 2500, "lookup_key": key}
    ada.v1.prices.create(new | {"recurring": {"interval": "month"}, "transfer_lookup_key": True})
    assert only(provider, ada).plan == "team"
    ada.v1.prices.update(ada.prices["team"], {"lookup_key": key, "transfer_lookup_key": True})


def test_several_subscriptions_are_all_told_also_those_that_are_over(
    account: StripeAccount, provider: StripeProvider
) -> None:
    ada = Subscriber(account)
    provider.cancel(ada.id)
    provider.cancel(ada.id)
    second = ada.v1.subscriptions.create({"customer": ada.customer, "items": [{"price": ada.prices["team"]}]})
    found = {each.subscription: (each.plan, each.state) for each in provider.fetch(ada.customer).subscriptions}
    assert found == {ada.id: ("pro", SubscriptionState.ENDED), second.id: ("team", SubscriptionState.ACTIVE)}


def test_what_is_none_of_ours_is_left_out(account: StripeAccount, provider: StripeProvider) -> None:
    ada = Subscriber(account, plan=None)
    product = ada.v1.products.create({"name": "Another shop's"})
    price = ada.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 100, "recurring": {"interval": "month"}}
    )
    ada.v1.subscriptions.create({"customer": ada.customer, "items": [{"price": price.id}]})
    assert provider.fetch(ada.customer) == Fetched([], gone=False)


def test_what_another_deployment_of_the_account_made_is_none_of_ours(
    account: StripeAccount, provider: StripeProvider
) -> None:
    """A subscription that an operator made by hand has no mark, and counts."""
    ada = Subscriber(account)
    ada.v1.subscriptions.update(ada.id, {"metadata": {"project": "another"}})
    assert provider.fetch(ada.customer) == Fetched([], gone=False)
    ada.v1.subscriptions.update(ada.id, {"metadata": {"project": "tests"}})
    assert only(provider, ada).subscription == ada.id


def test_a_customer_of_another_deployment_is_neither_asked_about_nor_deleted(
    account: StripeAccount, provider: StripeProvider
) -> None:
    """Its records may be a copy of the other's, with the other's customers in them."""
    ada = Subscriber(account)
    ada.v1.customers.update(ada.customer, {"metadata": {"project": "another"}})
    assert provider.fetch(ada.customer) == Fetched([], gone=True)
    provider.forget(ada.customer)
    assert ada.get().status == "active"
    ada.v1.customers.update(ada.customer, {"metadata": {"project": "tests"}})
    provider.forget(ada.customer)
    provider.forget(ada.customer)
    assert provider.fetch(ada.customer).gone


def test_a_deleted_or_unknown_customer_is_gone(account: StripeAccount, provider: StripeProvider) -> None:
    ada = Subscriber(account)
    ada.v1.customers.delete(ada.customer)
    gone = provider.fetch(ada.customer)
    assert gone.gone
    assert [each.state for each in gone.subscriptions] in ([SubscriptionState.ENDED], [])
    assert provider.fetch("cus_of_nobody") == Fetched([], gone=True)


def test_a_status_that_nobody_knows_decides_nothing(
    account: StripeAccount, provider: StripeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Subscriber(account)
    monkeypatch.delitem(STATES, "active")
    with pytest.raises(OddSubscription, match="is active"):
        provider.fetch(ada.customer)


# pages


def an_order(customer: str, number: int = 1, plan: str = "pro", **more: Any) -> Order:
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=12)
    known: dict[str, Any] = {"bid": "b-1", "language": "ko", "done_url": DONE, "back_url": BACK, "expires": expires}
    return Order(customer=customer, number=number, plan=plan, **{**known, **more})


def a_customer(provider: StripeProvider, bid: str, number: int = 1) -> str:
    return provider.create_customer(Buyer(bid=bid, number=number, email="ada@example.com", language="ko"))


def a_bid() -> str:
    """Another one in each run: Stripe remembers the keys of the last day."""
    return f"b-{os.urandom(6).hex()}"


def test_the_same_number_is_the_same_customer(account: StripeAccount, provider: StripeProvider) -> None:
    bid = a_bid()
    first = a_customer(provider, bid)
    assert (a_customer(provider, bid), a_customer(provider, bid, 2) == first) == (first, False)
    made = account.v1.customers.retrieve(first)
    assert (made.email, made.preferred_locales) == ("ada@example.com", ["ko"])
    assert made.metadata is not None and made.metadata.to_dict() == {"bid": bid, "project": "tests"}


def test_the_same_order_is_the_same_page(account: StripeAccount, provider: StripeProvider) -> None:
    bid = a_bid()
    order = an_order(a_customer(provider, bid), bid=bid)
    first = provider.open_checkout(order)
    assert provider.open_checkout(order) == first
    session = account.v1.checkout.sessions.retrieve(first.id)
    assert (session.client_reference_id, session.url, session.locale) == (bid, first.url, "ko")
    assert provider.close_checkout(first.id) and provider.close_checkout(first.id)
    assert account.v1.checkout.sessions.retrieve(first.id).status == "expired"


@pytest.mark.parametrize("managed", [False, True])
def test_a_page_sells_a_plan_once_and_says_whether_stripe_is_the_merchant_of_record(
    standin: Standin, provider: StripeProvider, managed: bool
) -> None:
    """Not of every account: Stripe refuses `managed_payments` where it is not available."""
    bid = a_bid()
    with stripe_provider(standin, managed=managed) as made:
        page = made.open_checkout(an_order(a_customer(provider, bid), plan="team", bid=bid))
    session = standin.v1.checkout.sessions.retrieve(page.id)
    [sold] = standin.v1.checkout.sessions.line_items.list(page.id).data
    assert (sold.quantity, sold.amount_total) == (1, 2500)
    assert sold.price is not None and sold.price.lookup_key == lookup_key_of("team")
    assert session.managed_payments is not None and session.managed_payments.enabled == managed


def test_a_page_that_was_paid_on_is_not_closed(standin: Standin, provider: StripeProvider) -> None:
    bid = a_bid()
    page = provider.open_checkout(an_order(a_customer(provider, bid), bid=bid))
    assert standin.press(page.url, card="pm_card_visa").status_code == 303
    assert not provider.close_checkout(page.id)


def test_a_plan_without_a_price_is_not_sold(provider: StripeProvider) -> None:
    bid = a_bid()
    with pytest.raises(NotSold):
        provider.open_checkout(an_order(a_customer(provider, bid), plan="hobby", bid=bid))


def test_a_key_that_may_not_cancel_says_so(standin: Standin, provider: StripeProvider) -> None:
    ada = Subscriber(standin)
    standin.control("faults", path="DELETE /v1/subscriptions", how="refuse")
    with pytest.raises(NotDone, match="PermissionError 403"):
        provider.cancel(ada.id)
    assert only(provider, ada).state == SubscriptionState.ACTIVE


def managing(ada: Subscriber, change: tuple[str, str] | None, *, of_team: bool = False) -> Management:
    return Management(customer=ada.customer, of_team=of_team, back_url=BACK, language="en", change=change)


def test_the_portal_opens_whole_or_for_one_change(account: StripeAccount, provider: StripeProvider) -> None:
    ada = Subscriber(account, "starter")
    for change in (None, (ada.id, "pro")):
        assert provider.manage(managing(ada, change)).startswith("http")


def test_a_change_is_confirmed_in_the_portal(standin: Standin, provider: StripeProvider) -> None:
    ada = Subscriber(standin, "starter")
    url = provider.manage(managing(ada, (ada.id, "pro")))
    assert standin.press(url, do="change", subscription=ada.id, price=ada.prices["pro"]).headers["Location"] == BACK
    assert only(provider, ada).plan == "pro"


@pytest.mark.parametrize(("of_team", "plans"), [(False, ["starter", "pro"]), (True, ["team"])])
def test_a_portal_offers_the_plans_of_its_payers_alone(
    account: StripeAccount, provider: StripeProvider, of_team: bool, plans: list[str]
) -> None:
    ada = Subscriber(account, "team" if of_team else "pro")
    other = next(each for each in ada.prices if each not in plans)
    with pytest.raises(stripe.InvalidRequestError):
        provider.manage(managing(ada, (ada.id, other), of_team=of_team))
    portal = portal_of(account.client, "tests", of_team=of_team)
    assert portal is not None
    told = portal.to_dict()["features"]["subscription_update"]["products"]
    assert sorted(each["product"] for each in told) == sorted(f"ondol-{each}" for each in plans)


def test_without_a_portal_of_ours_none_of_the_accounts_is_taken(standin: Standin, provider: StripeProvider) -> None:
    """The account's own offers whatever it does."""
    ours = portal_of(standin.client, "tests", of_team=True)
    assert ours is not None
    standin.v1.billing_portal.configurations.update(ours.id, {"active": False})
    with pytest.raises(NotSetUp, match="ondol_portal_of"):
        provider.manage(managing(Subscriber(standin, "team"), None, of_team=True))
    standin.portal_configuration(of_team=True)


def test_a_dispute_names_its_customer_by_the_charge(standin: Standin, provider: StripeProvider) -> None:
    ada = Subscriber(standin)
    dispute = standin.control("dispute", invoice=ada.invoices()[0].id)
    event = signed(an_event("charge.dispute.created", dispute))
    standin.control("faults", path="GET /v1/charges", how="error", times=9)
    with pytest.raises(Unreachable):  # so it is not answered 2xx, and Stripe sends it again
        provider.read_hint(*event)
    standin.control("faults")
    assert provider.read_hint(*event).customer == ada.customer


# outages


@pytest.mark.parametrize("how", ["error", "limit"])
def test_an_outage_is_told_as_one(standin: Standin, provider: StripeProvider, how: str) -> None:
    ada = Subscriber(standin)
    standin.control("faults", path="GET /v1/invoices", how=how, times=9)
    with pytest.raises(Unreachable):
        provider.fetch(ada.customer)
    standin.control("faults")
    assert only(provider, ada).state == SubscriptionState.ACTIVE


def test_a_lost_answer_makes_no_second_customer(standin: Standin, provider: StripeProvider) -> None:
    bid = a_bid()
    standin.control("faults", path="POST /v1/customers$", how="lose", times=9)
    with pytest.raises(Unreachable):
        a_customer(provider, bid)
    standin.control("faults")
    a_customer(provider, bid)
    made = standin.v1.events.list({"type": "customer.created", "limit": 100}).auto_paging_iter()
    assert len([each for each in made if each.data.object["metadata"].to_dict().get("bid") == bid]) == 1


def test_a_key_that_stripe_refuses_is_no_outage(account: StripeAccount) -> None:
    wrong = StripeProvider("sk_wrong", project="tests", endpoint=account.url)
    with closing(wrong), pytest.raises(stripe.AuthenticationError):
        wrong.fetch("cus_1")
