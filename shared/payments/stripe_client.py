"""Stripe's SDK with a key, pinned to one version of Stripe's API."""

import re

import stripe

API_VERSION = "2026-10-28.endive"
"""What the SDK in constraints.txt was made for. The webhook endpoint has it too."""
CALL_SECONDS = 8.0
RETRIES = 2
KEY = re.compile(r"^(sk|rk)_[A-Za-z0-9_]+\Z")
"""A secret key, or one with fewer rights."""


def checked_key(text: str) -> str:
    """The key without white space around it. Raises ValueError for what is no key, in words that hold nothing of it.

    A line break in a key would come back in the error of the HTTP library, with the whole key.
    """
    key = text.strip()
    if not KEY.match(key):
        raise ValueError("This is no secret key of Stripe's: one begins with sk_ or rk_, and has no spaces.")
    return key


def connect(key: str, endpoint: str | None, http: stripe.HTTPClient) -> stripe.StripeClient:
    """Raises ValueError for what is no key. `endpoint` is a stand-in's."""
    return stripe.StripeClient(
        checked_key(key),
        stripe_version=API_VERSION,
        base_addresses={"api": endpoint} if endpoint else {},
        max_network_retries=RETRIES,
        http_client=http,
    )
