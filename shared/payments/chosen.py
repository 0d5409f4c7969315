"""The payment provider of this deployment: for each purpose with no more keys than it needs.

None where the deployment has no key: then nothing is sold, and operators set plans by hand.
"""

from functools import lru_cache

from shared.gcp import emulators
from shared.payments.stripe_provider import StripeProvider
from shared.settings import NO_KEY, settings


def is_selling() -> bool:
    return settings().stripe_key != NO_KEY


def selling() -> StripeProvider | None:
    """Opens checkouts and the portal."""
    return _provider(managed=settings().stripe_managed) if is_selling() else None


def asking() -> StripeProvider | None:
    """Says what customers have, cancels and forgets."""
    return _provider() if is_selling() else None


def verifying() -> StripeProvider | None:
    """Verifies events."""
    return _provider(secret=settings().stripe_webhook_secret) if is_selling() else None


def _provider(*, managed: bool = False, secret: str = "") -> StripeProvider:
    config = settings()
    return _made_once(config.stripe_key, config.project, emulators.stripe_endpoint(), managed, secret)


@lru_cache(maxsize=4)
def _made_once(key: str, project: str, endpoint: str | None, managed: bool, secret: str) -> StripeProvider:
    return StripeProvider(key, project=project, endpoint=endpoint, managed=managed, webhook_secret=secret)
