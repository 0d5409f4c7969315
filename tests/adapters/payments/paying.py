"""A billing account that pays through the Stripe stand-in: the few calls that the tests of payments share."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from shared.billing.payer import Payer
from shared.flows.payments import ask
from shared.gcp.store.accounts import ensure_account
from shared.gcp.store.billing import read_billing
from shared.gcp.store.subscriptions import commit_payer, ensure_payer
from shared.payments.stripe_provider import StripeProvider
from tests.support.standins.stripe import Standin, Subscriber


def now() -> datetime:
    return datetime.now(UTC)


def new_account() -> str:
    """The id of its billing account."""
    return ensure_account("u-1", email=None, name=None, now=now()).bid


@contextmanager
def stripe_provider(standin: Standin, **more: Any) -> Iterator[StripeProvider]:
    with closing(StripeProvider(standin.key, project="tests", endpoint=standin.url, **more)) as provider:
        yield provider


def asked(provider: StripeProvider, bid: str, now: Callable[[], datetime] = now) -> Payer:
    payer = ask(provider, bid, base="free", now=now)
    assert payer is not None
    return payer


def plan(bid: str) -> str:
    return read_billing(bid).record.plan


def subscriber(standin: Standin, bid: str, **more: Any) -> Subscriber:
    """A subscriber on a test clock, who pays for the billing account."""
    ada = Subscriber(standin, **more)
    payer = ensure_payer(bid, StripeProvider.name)
    commit_payer(payer, payer.record.with_customer(ada.customer))
    return ada
