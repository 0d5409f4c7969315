"""What a payment provider's module implements, and what crosses its border. Nothing here is Stripe's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from shared.billing.payer import CheckoutPage, Provider
from shared.billing.subscription import Subscription


class BadSignature(Exception):
    """An event that the provider did not sign, or signed too long ago."""


class Unreachable(Exception):
    """The provider can't be asked now. Asking later helps."""


class NotSold(Exception):
    """The provider has no price for a plan. The deployment creates it."""


class NotSetUp(Exception):
    """The provider has no page on which this kind of payer manages a subscription. The deployment creates it."""


class NotDone(Exception):
    """The provider refuses what it is asked, until a person changes something there: what a key may do, say."""


class Buyer(Struct, frozen=True, kw_only=True):
    """For whom a customer is made at the provider."""

    bid: str
    number: int
    """The same number of the same `bid` is the same customer."""
    email: str | None
    language: str
    """Of the provider's pages and mails: `ko` or `en`."""


class Order(Struct, frozen=True, kw_only=True):
    """What a checkout page sells. The same order is the same page."""

    bid: str
    customer: str
    plan: str
    number: int
    """Distinguishes the orders of one `bid`."""
    expires: datetime
    language: str
    done_url: str
    back_url: str


class Management(Struct, frozen=True, kw_only=True):
    """Which page manages what a customer pays for."""

    customer: str
    of_team: bool
    """The page offers plans that a team can share, and no others; without it plans for one person alone."""
    back_url: str
    language: str
    change: tuple[str, str] | None = None
    """A subscription, and the plan to which the page confirms its change; None of the page that has everything."""


class Fetched(Struct, frozen=True):
    """A provider's whole answer about one customer."""

    subscriptions: Sequence[Subscription]
    """All of them, also those that are over."""
    gone: bool
    """True if the customer was deleted there."""


class Hint(Struct, frozen=True, kw_only=True):
    """What an event is believed: that something about this customer may have changed."""

    event: str
    """The provider's id of the event. It is delivered with the same id again."""
    kind: str
    customer: str | None
    """None if the event concerns no customer, or names none."""


class PaymentProvider(Protocol):
    """Each function raises Unreachable, and does nothing twice if it is called again."""

    @property
    def name(self) -> Provider: ...

    def create_customer(self, buyer: Buyer) -> str:
        """The customer's id."""

    def open_checkout(self, order: Order) -> CheckoutPage:
        """The hosted page on which the order can be paid."""

    def close_checkout(self, page: str) -> bool:
        """Makes the page unusable. Returns False if it was paid on before."""

    def manage(self, asked: Management) -> str:
        """The URL of a hosted page for cards, invoices, cancellation and change of plan. Raises NotSetUp and
        NotSold."""

    def fetch(self, customer: str) -> Fetched:
        """All subscriptions of the customer."""

    def cancel(self, subscription: str) -> None:
        """Ends the subscription at once, without refund. One that is over already is no error. Raises NotDone."""

    def forget(self, customer: str) -> None:
        """Deletes the customer, which ends all their subscriptions at once, without refund. What was paid stays in the
        provider's books. One who is deleted already is no error."""

    def read_hint(self, body: bytes, headers: Mapping[str, str]) -> Hint:
        """The hint in an event. Raises BadSignature."""
