"""What Stripe has signed is believed, and says whom to ask about. Nothing is asked of Stripe."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.billing.provider import BadSignature
from shared.payments.stripe_provider import EVENTS, StripeProvider
from tests.adapters.payments.stripe_events import SECRET, an_event, signed


@pytest.fixture
def provider() -> Iterator[StripeProvider]:
    with closing(StripeProvider("sk_test", project="tests", webhook_secret=SECRET)) as made:
        yield made


def test_the_events_are_those_that_were_decided() -> None:
    """Each is one after which the plan may be another, or an operator has to look."""
    checkout = ("completed", "async_payment_succeeded", "async_payment_failed", "expired")
    subscription = ("created", "updated", "deleted", "paused", "resumed")
    invoice = ("paid", "payment_failed", "payment_action_required", "finalization_failed")
    assert sorted(EVENTS) == sorted(
        [
            *(f"checkout.session.{each}" for each in checkout),
            *(f"customer.subscription.{each}" for each in subscription),
            *(f"invoice.{each}" for each in invoice),
            "customer.deleted",
            "charge.refunded",
            "charge.dispute.created",
        ]
    )
    assert len(EVENTS) == 16


@pytest.mark.parametrize(
    ("kind", "about", "customer"),
    [
        ("invoice.paid", {"id": "in_1", "object": "invoice", "customer": "cus_1"}, "cus_1"),
        ("customer.deleted", {"id": "cus_1", "object": "customer"}, "cus_1"),
        ("checkout.session.expired", {"id": "cs_1", "object": "checkout.session", "customer": None}, None),
        ("payout.paid", {"id": "po_1", "object": "payout"}, None),
    ],
)
def test_an_event_says_whom_to_ask_about(
    provider: StripeProvider, kind: str, about: dict[str, Any], customer: str | None
) -> None:
    hint = provider.read_hint(*signed(an_event(kind, about)))
    assert (hint.event, hint.kind, hint.customer) == ("evt_1", kind, customer)


def test_what_stripe_did_not_sign_is_refused(provider: StripeProvider) -> None:
    event = an_event("invoice.paid", {"id": "in_1", "object": "invoice", "customer": "cus_1"})
    body, headers = signed(event)
    now = int(datetime.now(UTC).timestamp())
    for forged, given in (
        (body, {}),
        (body, {"Stripe-Signature": ""}),
        (body, {"Stripe-Signature": "t=now,v1=0"}),
        (body + b" ", headers),
        signed(event, "whsec_of_somebody_else"),
        signed(event, at=now - 301),
        (b"\xff", headers),
    ):
        with pytest.raises(BadSignature):
            provider.read_hint(forged, given)
    assert provider.read_hint(*signed(event, at=now - 290)).event == "evt_1"


def test_without_a_secret_no_event_is_believed() -> None:
    with closing(StripeProvider("sk_test", project="tests")) as provider:
        body, headers = signed(an_event("invoice.paid", {"id": "in_1", "object": "invoice"}), "")
        with pytest.raises(BadSignature):
            provider.read_hint(body, headers)
