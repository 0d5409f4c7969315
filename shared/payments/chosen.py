"""The payment provider of this deployment: for each purpose with no more keys than it needs.

None where the deployment has no key: then nothing is sold, and operators set plans by hand.
"""

from functools import lru_cache

from shared.gcp import emulators
from shared.payments.stripe_provider import StripeProvider
from shared.settings import NO_KEY, settings


def is_selling() -> bool:
    return settings().stripe_key != NO_KEY


@lru_cache(maxsize=1)
def selling() -> StripeProvider | None:
    """Opens checkouts and the portal."""
    config = settings()
    if not is_selling():
        return None
    return StripeProvider(
        config.stripe_key,
        project=config.project,
        portal=config.stripe_portal,
        managed=config.stripe_managed,
        endpoint=emulators.stripe_endpoint(),
    )


@lru_cache(maxsize=1)
def asking() -> StripeProvider | None:
    """Says what customers have, cancels and forgets."""
    config = settings()
    if not is_selling():
        return None
    return StripeProvider(config.stripe_key, project=config.project, endpoint=emulators.stripe_endpoint())


@lru_cache(maxsize=1)
def verifying() -> StripeProvider | None:
    """Verifies events."""
    config = settings()
    if not is_selling():
        return None
    secret = config.stripe_webhook_secret
    return StripeProvider(
        config.stripe_key, project=config.project, webhook_secret=secret, endpoint=emulators.stripe_endpoint()
    )
