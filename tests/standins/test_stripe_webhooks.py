"""The webhooks of the Stripe stand-in, read by Stripe's own SDK: signed, at least once, in any order; and its state."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from tests.support.stack.observe import until
from tests.support.standins.stripe import DAY, NOW, Standin, Subscriber, stripe_standin
from tests.support.standins.target import Received, Target


@pytest.fixture
def target() -> Iterator[Target]:
    with Target.serving() as target:
        yield target


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with stripe_standin(tmp_path_factory.mktemp("stripe")) as standin:
        yield standin


@pytest.fixture
def endpoint(standin: Standin, target: Target) -> Iterator[stripe.WebhookEndpoint]:
    made = standin.v1.webhook_endpoints.create(
        {
            "url": f"{target.url}/webhook",
            "enabled_events": ["customer.subscription.created", "customer.subscription.updated"],
            "api_version": "2026-10-28.endive",
        }
    )
    yield made
    standin.control("hold", held=False)
    standin.v1.webhook_endpoints.delete(made.id)


def read(standin: Standin, received: Received, secret: str | None) -> stripe.Event:
    """The event. Raises stripe.SignatureVerificationError."""
    return standin.client.construct_event(received.body, received.headers["Stripe-Signature"], secret)


def test_events_are_signed_with_the_endpoints_secret(
    standin: Standin, target: Target, endpoint: stripe.WebhookEndpoint
) -> None:
    ada = Subscriber(standin)
    received = target.wait_for(2)
    events = [read(standin, each, endpoint.secret) for each in received]
    assert {each.type for each in events} == {"customer.subscription.created", "customer.subscription.updated"}
    assert {each.data.object["id"] for each in events} == {ada.id}
    assert {each.api_version for each in events} == {"2026-10-28.endive"}
    updated = next(each for each in events if each.type == "customer.subscription.updated")
    assert updated.data.previous_attributes is not None
    assert updated.data.previous_attributes.to_dict() == {"status": "incomplete"}
    assert updated.data.object["status"] == "active"
    for wrong in ("whsec_other", None):
        with pytest.raises(stripe.SignatureVerificationError):
            read(standin, received[0], wrong)
    changed = Received(received[0].path, received[0].headers, received[0].body.replace(b"active", b"unpaid") + b" ")
    with pytest.raises(stripe.SignatureVerificationError):
        read(standin, changed, endpoint.secret)


def test_the_secret_is_told_once(standin: Standin, endpoint: stripe.WebhookEndpoint) -> None:
    assert endpoint.secret is not None and endpoint.secret.startswith("whsec_")
    assert "secret" not in standin.v1.webhook_endpoints.retrieve(endpoint.id).to_dict()


def test_what_was_not_accepted_comes_again(standin: Standin, target: Target, endpoint: stripe.WebhookEndpoint) -> None:
    refusals = iter([500, 503])
    target.answer = lambda _: next(refusals, 200)
    Subscriber(standin)
    until(lambda: standin.web.get("/_control/deliveries").json() == [], "all was delivered")
    ids = [read(standin, each, endpoint.secret).id for each in target.received]
    assert (len(ids), len(set(ids))) == (4, 2), "each of the two came twice, with the same id"
    assert {standin.v1.events.retrieve(each).pending_webhooks for each in ids} == {0}


def test_a_test_says_in_which_order_events_come_how_often_and_whether(
    standin: Standin, target: Target, endpoint: stripe.WebhookEndpoint
) -> None:
    standin.control("hold", held=True)
    ada = Subscriber(standin)
    ada.v1.subscriptions.update(ada.id, {"metadata": {"a": "1"}})
    created, updated, again = standin.web.get("/_control/deliveries").json()
    assert [created["type"], updated["type"]] == ["customer.subscription.created", "customer.subscription.updated"]
    assert standin.control("deliver", ids=[again["id"]], keep=True) == [200]
    assert standin.control("deliver", ids=[again["id"], created["id"]]) == [200, 200]
    standin.control("drop", ids=[updated["id"]])
    told = [read(standin, each, endpoint.secret).id for each in target.received]
    assert told == [again["event"], again["event"], created["event"]]
    assert standin.web.get("/_control/deliveries").json() == []
    assert standin.web.post("/_control/deliver", json={"ids": [created["id"]]}).status_code == 404


def test_a_signature_is_of_the_time_of_its_delivery(
    standin: Standin, target: Target, endpoint: stripe.WebhookEndpoint
) -> None:
    """Events of a test clock, and of a wall clock that was moved, are signed by the machine's time."""
    standin.control("advance", seconds=40 * DAY)
    Subscriber(standin)
    for each in target.wait_for(2):
        assert read(standin, each, endpoint.secret).created == NOW


def test_a_disabled_endpoint_and_other_events_are_left_alone(
    standin: Standin, target: Target, endpoint: stripe.WebhookEndpoint
) -> None:
    standin.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    Subscriber(standin)
    standin.v1.webhook_endpoints.update(endpoint.id, {"disabled": False, "enabled_events": ["customer.deleted"]})
    ada = Subscriber(standin)
    ada.v1.customers.delete(ada.customer)
    [received] = target.wait_for(1)
    event = read(standin, received, endpoint.secret)
    assert (event.type, event.data.object["id"]) == ("customer.deleted", ada.customer)


def test_an_operator_and_a_bank_make_events_too(
    standin: Standin, target: Target, endpoint: stripe.WebhookEndpoint
) -> None:
    standin.v1.webhook_endpoints.update(endpoint.id, {"enabled_events": ["charge.refunded", "charge.dispute.created"]})
    ada = Subscriber(standin)
    [invoice] = ada.invoices()
    charge = standin.control("refund", invoice=invoice.id)
    dispute = standin.control("dispute", invoice=invoice.id)
    read_events = [read(standin, each, endpoint.secret) for each in target.wait_for(2)]
    events = {each.type: each.data.object for each in read_events}
    assert (events["charge.refunded"]["customer"], events["charge.refunded"]["amount_refunded"]) == (ada.customer, 1000)
    assert events["charge.dispute.created"]["charge"] == charge["id"] == dispute["charge"]


# the process


def test_a_second_process_sees_what_the_first_one_made(tmp_path: Path, target: Target) -> None:
    with stripe_standin(tmp_path) as standin:
        standin.control("hold", held=True)
        made = standin.v1.webhook_endpoints.create(
            {"url": target.url, "enabled_events": ["customer.subscription.created"]}
        )
        ada = Subscriber(standin)
        options: stripe.RequestOptions = {"idempotency_key": "key-1"}
        first = standin.v1.customers.create({}, options)
    assert target.received == []
    with stripe_standin(tmp_path) as standin:
        assert standin.v1.subscriptions.retrieve(ada.id).status == "active"
        assert standin.v1.customers.create({}, options).id == first.id
        [received] = target.wait_for(1)
        assert read(standin, received, made.secret).data.object["id"] == ada.id


def test_what_makes_no_sense_is_refused(standin: Standin) -> None:
    for what, body in {
        "advance": {"seconds": -1},
        "faults": {"path": 1},
        "hold": {},
        "bank": {"session": "cs_0", "worked": True},
    }.items():
        assert standin.web.post(f"/_control/{what}", json=body).status_code in (400, 404), what
