"""Events as Stripe signs and sends them."""

import json
from typing import Any

import stripe

from tests.support.standins.stripe import NOW

SECRET = "whsec_of_the_tests"


def signed(event: dict[str, Any], secret: str = SECRET, at: int | None = None) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    return body.encode(), {"Stripe-Signature": header}


def an_event(kind: str, about: dict[str, Any]) -> dict[str, Any]:
    return {"id": "evt_1", "object": "event", "type": kind, "data": {"object": about}, "created": NOW}
