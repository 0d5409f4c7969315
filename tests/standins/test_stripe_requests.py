"""The Stripe stand-in's requests through Stripe's own SDK: what is refused, what a key makes one, lists and faults."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
import stripe

from tests.support.standins.stripe import PRICES, Standin, Subscriber, stripe_standin


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with stripe_standin(tmp_path_factory.mktemp("stripe")) as standin:
        yield standin


def refused(standin: Standin, method: str, path: str, **params: Any) -> stripe.StripeError:
    with pytest.raises(stripe.StripeError) as refusal:
        standin.client.raw_request(method, path, **params)
    return refusal.value


def test_parameters_are_refused_as_stripe_refuses_them(standin: Standin) -> None:
    for params, told in {
        "emial": "Received unknown parameter: emial",
        "invoice_settings": "Received unknown parameter: invoice_settings[card]",
    }.items():
        given = {"emial": "a@example.com"} if params == "emial" else {"invoice_settings": {"card": "x"}}
        error = refused(standin, "post", "/v1/customers", **given)
        assert isinstance(error, stripe.InvalidRequestError)
        assert (error.user_message, error.http_status, error.code) == (told, 400, "parameter_unknown")
    missing = refused(standin, "post", "/v1/products")
    assert (missing.user_message, missing.code) == ("Missing required param: name.", "parameter_missing")
    number = refused(standin, "post", "/v1/test_helpers/test_clocks", frozen_time="soon")
    assert (number.user_message, number.code) == ("Invalid integer: soon", "parameter_invalid_integer")
    choice = refused(standin, "post", "/v1/checkout/sessions", mode="gift")
    assert choice.user_message == "Invalid mode: must be one of payment, setup, subscription"
    empty = refused(standin, "post", "/v1/products", name="")
    assert "'name' cannot be unset" in str(empty)


def test_what_the_standin_does_not_play_is_refused_and_changes_nothing(standin: Standin) -> None:
    error = refused(standin, "post", "/v1/customers", phone="1")
    assert error.http_status == 501
    assert "does not play the parameter phone of POST /v1/customers" in str(error)
    assert not [each for each in standin.v1.events.list().data if each.type == "customer.created"]
    assert refused(standin, "get", "/v1/coupons").http_status == 501
    unplayed = refused(standin, "post", "/v1/prices", currency="usd", product=a_product(standin), unit_amount=1)
    assert "does not play prices that are paid once" in str(unplayed)


def a_product(standin: Standin) -> str:
    standin.catalogue()
    return "ondol-pro"


def test_a_stranger_and_another_version_are_refused(standin: Standin) -> None:
    stranger = standin.web.get("/v1/prices", headers={"Authorization": "Bearer sk_live_1"})
    assert (stranger.status_code, stranger.json()["error"]["type"]) == (401, "invalid_request_error")
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version: 2024-04-10"):
        standin.v1.prices.list(options={"stripe_version": "2024-04-10"})


def test_what_is_not_there_is_missing(standin: Standin) -> None:
    for path in ("customers/cus_0", "subscriptions/sub_0", "invoices/in_0", "checkout/sessions/cs_0", "prices/price_0"):
        error = refused(standin, "get", f"/v1/{path}")
        assert (error.http_status, error.code) == (404, "resource_missing")
    error = refused(standin, "post", "/v1/subscriptions", customer="cus_0", items=[{"price": "price_0"}])
    assert (error.http_status, error.user_message) == (400, "No such customer: 'cus_0'")


# keys


def test_the_same_key_and_parameters_are_one_request(standin: Standin) -> None:
    options: Any = {"idempotency_key": "key-1"}
    first = standin.v1.customers.create({"email": "a@example.com"}, options)
    second = standin.v1.customers.create({"email": "a@example.com"}, options)
    assert first.id == second.id
    assert second.last_response is not None
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError, match="'key-1'"):
        standin.v1.customers.create({"email": "b@example.com"}, options)
    with pytest.raises(stripe.IdempotencyError):
        standin.v1.products.create({"name": "Pro"}, options)


def test_a_refusal_is_saved_once_the_method_was_carried_out(standin: Standin) -> None:
    options: Any = {"idempotency_key": "key-2"}
    prices = standin.catalogue()
    first = {"customer": "cus_0", "items": [{"price": prices["pro"]}]}
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="cus_0"):
            standin.v1.subscriptions.create(first, options)  # type: ignore[arg-type]  # the right dictionary
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        standin.client.raw_request("post", "/v1/customers", emial="x", idempotency_key="key-3")
    assert standin.v1.customers.create({}, {"idempotency_key": "key-3"}).id, "what was not carried out is not saved"


def test_a_key_is_forgotten_after_a_day(standin: Standin) -> None:
    options: Any = {"idempotency_key": "key-4"}
    first = standin.v1.customers.create({}, options)
    standin.control("advance", seconds=24 * 3600 - 60)
    assert standin.v1.customers.create({}, options).id == first.id
    standin.control("advance", seconds=61)
    assert standin.v1.customers.create({}, options).id != first.id


def test_a_lost_answer_is_repeated_and_not_the_request(standin: Standin) -> None:
    before = standin.requests().count("POST /v1/customers")
    standin.control("faults", path="POST /v1/customers", how="lose")
    customer = standin.v1.customers.create({"email": "lost@example.com"})
    assert standin.requests().count("POST /v1/customers") == before + 2, "the SDK has asked twice, with one key"
    events = standin.v1.events.list({"type": "customer.created", "limit": 100}).data
    assert [each.data.object["id"] for each in events if each.data.object["email"] == "lost@example.com"] == [
        customer.id
    ]


@pytest.mark.parametrize(("how", "kind"), [("error", stripe.APIError), ("limit", stripe.RateLimitError)])
def test_faults_come_on_demand(standin: Standin, how: str, kind: type[Exception]) -> None:
    standin.control("faults", path="GET /v1/prices", how=how, times=1)
    with pytest.raises(kind):
        standin.v1.prices.list(options={"max_network_retries": 0})
    standin.v1.prices.list()


# the catalogue, lists, expansion


def test_prices_are_found_by_lookup_keys_which_a_new_price_can_take_over(standin: Standin) -> None:
    prices = standin.catalogue()
    known = standin.v1.prices.retrieve(prices["team"])
    again: Any = {
        "product": "ondol-team",
        "currency": "usd",
        "unit_amount": 3000,
        "recurring": {"interval": "month"},
        "lookup_key": "ondol-team-month",
    }
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        standin.v1.prices.create(again)
    taken = standin.v1.prices.create(again | {"transfer_lookup_key": True})
    assert standin.v1.prices.list({"lookup_keys": ["ondol-team-month"]}).data == [taken]
    assert standin.v1.prices.retrieve(known.id).lookup_key is None
    standin.v1.prices.update(known.id, {"lookup_key": "ondol-team-month", "transfer_lookup_key": True})
    assert standin.catalogue() == prices
    assert standin.v1.prices.retrieve(known.id).unit_amount == PRICES["team"]


def test_a_product_has_the_id_that_it_was_given_once(standin: Standin) -> None:
    standin.catalogue()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        standin.v1.products.create({"id": "ondol-pro", "name": "Pro"})
    assert refusal.value.code == "resource_already_exists"
    assert standin.v1.products.update("ondol-pro", {"name": "Pro!", "metadata": {"a": "1"}}).name == "Pro!"
    assert not standin.v1.products.update("ondol-pro", {"name": "Pro", "metadata": {"a": ""}}).metadata.to_dict()


def test_lists_come_in_pages_newest_first(standin: Standin) -> None:
    made = [standin.v1.customers.create({"email": f"{number}@pages.example"}).id for number in range(5)]
    page = standin.v1.events.list({"type": "customer.created", "limit": 2})
    assert [each.data.object["id"] for each in page.data] == made[:2:-1]
    assert page.has_more
    found = standin.v1.events.list({"type": "customer.created", "limit": 2}).auto_paging_iter()
    assert [next(found).data.object["id"] for _ in range(5)] == made[::-1]
    assert refused(standin, "get", "/v1/events", limit=101).http_status == 400


def test_an_id_can_be_expanded_to_its_object(standin: Standin) -> None:
    subscriber = Subscriber(standin)
    expanded = subscriber.get("latest_invoice", "customer")
    assert isinstance(expanded.latest_invoice, stripe.Invoice)
    assert isinstance(expanded.customer, stripe.Customer)
    listed = standin.v1.subscriptions.list({"customer": subscriber.customer, "expand": ["data.latest_invoice"]})
    assert isinstance(listed.data[0].latest_invoice, stripe.Invoice)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        subscriber.get("status")


OBJECTS: dict[str, Any] = {
    "customer": stripe.Customer,
    "invoice": stripe.Invoice,
    "price": stripe.Price,
    "product": stripe.Product,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "subscription_schedule": stripe.SubscriptionSchedule,
    "checkout.session": stripe.checkout.Session,
    "billing_portal.session": stripe.billing_portal.Session,
    "billing_portal.configuration": stripe.billing_portal.Configuration,
    "test_helpers.test_clock": stripe.test_helpers.TestClock,
    "event": stripe.Event,
    "webhook_endpoint": stripe.WebhookEndpoint,
    "payment_method": stripe.PaymentMethod,
    "line_item": stripe.InvoiceLineItem,
    "item": stripe.LineItem,
}


def test_every_field_of_an_answer_is_one_of_the_sdks(standin: Standin) -> None:
    subscriber = Subscriber(standin)
    configuration = standin.portal_configuration()
    prices = standin.catalogue()
    v1 = standin.v1
    session = v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "success_url": "https://ondol.example/done",
            "line_items": [{"price": prices["pro"], "quantity": 1}],
        }
    )
    endpoint = v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["invoice.paid"]})
    answers: list[Any] = [
        subscriber.get("latest_invoice", "customer.invoice_settings.default_payment_method"),
        v1.subscription_schedules.create({"from_subscription": subscriber.id}),
        session,
        v1.checkout.sessions.line_items.list(session.id).data[0],
        v1.billing_portal.sessions.create({"customer": subscriber.customer, "configuration": configuration}),
        v1.billing_portal.configurations.retrieve(configuration),
        v1.test_helpers.test_clocks.retrieve(subscriber.clock),
        v1.events.list({"limit": 1}).data[0],
        endpoint,
        v1.products.retrieve("ondol-pro"),
    ]
    v1.webhook_endpoints.delete(endpoint.id)
    seen = {kind for answer in answers for kind in check_fields(answer.to_dict())}
    assert seen == OBJECTS.keys()
    kinds = get_args(stripe.Event.__annotations__["type"])
    assert {each.type for each in v1.events.list({"limit": 100}).auto_paging_iter()} <= {*kinds}


def check_fields(value: Any) -> Iterator[str]:
    """The kinds of all objects in an answer, whose fields are all known."""
    if isinstance(value, list):
        for each in value:
            yield from check_fields(each)
    elif isinstance(value, dict):
        kind = value.get("object")
        if isinstance(kind, str) and kind in OBJECTS:
            known = {name for each in OBJECTS[kind].__mro__ for name in getattr(each, "__annotations__", {})}
            assert value.keys() <= known, kind
            yield kind
        for each in value.values():
            yield from check_fields(each)
