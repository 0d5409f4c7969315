"""A payment provider in memory, as `shared.billing.provider` says what one is: customers, pages, subscriptions, events.

It decides nothing of Ondol's. Whatever happens at it is done by members at its pages, by its operator, or by time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from shared.billing.payer import CheckoutPage, Provider
from shared.billing.provider import BadSignature, Buyer, Fetched, Hint, Management, Order, Unreachable
from shared.billing.subscription import INCOMPLETE_FOR, OVER, Subscription, SubscriptionState
from tests.simulation.processes import Hub, Process

MONTH = timedelta(days=30)
INVOICED_AFTER = timedelta(hours=1)
"""How long after a period's beginning its invoice is due."""
TRIES_FOR = timedelta(days=14)
ANSWERED = "after the provider's answer"
"""Where a request gives way that was answered."""
SIGNATURE = {"Signature": "the provider's"}
"""Without cryptography: tests/standins has that."""

S = SubscriptionState
R = TypeVar("R")


class Unheard(StrEnum):
    REQUEST = "the provider never heard a question"
    REPLY = "the provider's answer was lost"


@dataclass
class Customer:
    id: str
    bid: str
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    gone: bool = False
    card_works: bool = True

    @property
    def running(self) -> list[Subscription]:
        return [each for each in self.subscriptions.values() if each.state not in OVER]


@dataclass
class Page:
    """`state`: open, complete or expired."""

    id: str
    order: Order
    state: str = "open"


@dataclass(frozen=True)
class Event:
    at: datetime
    body: bytes


@dataclass(frozen=True)
class Answer:
    """`number` rises with each question, of whomever."""

    number: int
    customer: str
    subscriptions: list[Subscription]


class SimulatedProvider:
    """A `PaymentProvider`. Each request gives way before and after what it does, and may be lost on its way there or
    back. `undelivered`: events, oldest first."""

    name = Provider.STRIPE

    def __init__(self, hub: Hub, note: Callable[[str | None], None]) -> None:
        self.customers: dict[str, Customer] = {}
        self.pages: dict[str, Page] = {}
        self.undelivered: list[Event] = []
        self.answers: dict[Process | None, Answer] = {}
        """What each process was answered and has not committed yet."""
        self.unheard: Unheard | None = None
        """Of the next request."""
        self._hub = hub
        self._note = note
        self._numbers = self._events = 0

    # what members and the operator find here

    def payable(self) -> list[Page]:
        self.pass_time()
        return [page for page in self.pages.values() if page.state == "open"]

    def running(self, bid: str | None = None) -> list[tuple[Customer, Subscription]]:
        self.pass_time()
        customers = [each for each in self.customers.values() if bid in (None, each.bid)]
        return [(customer, each) for customer in customers for each in customer.running]

    def pay(self, page: Page, *, succeeds: bool) -> None:
        """The first payment on a page begins the subscription. If it fails, the subscription waits for it."""
        customer, now = self.customers[page.order.customer], self._now()
        page.state = "complete"
        subscription = Subscription(
            subscription=f"sub_{page.id}", plan=page.order.plan, created=now, period_end=now + MONTH,
            state=S.ACTIVE if succeeds else S.INCOMPLETE,
        )  # fmt: skip
        self.becomes(customer, subscription)

    def becomes(self, customer: Customer, subscription: Subscription) -> None:
        """Whoever is told of it is told by an event."""
        customer.subscriptions[subscription.subscription] = subscription
        self._tell(customer.id, f"subscription is {subscription.state}")

    def delete(self, customer: Customer) -> None:
        for each in customer.running:
            self.becomes(customer, self._ended(each))
        for page in self.pages.values():
            if page.order.customer == customer.id and page.state == "open":
                page.state = "expired"
        if not customer.gone:
            customer.gone = True
            self._tell(customer.id, "customer is deleted")

    def pass_time(self) -> None:
        """Whatever should have happened by now has."""
        now = self._now()
        for customer in self.customers.values():
            for each in customer.running:
                before = each
                while (after := _later(before, now, card_works=customer.card_works)) is not before:
                    before = after
                if before is not each:
                    self.becomes(customer, before)
        for page in self.pages.values():
            if page.state == "open" and now >= page.order.expires:
                page.state = "expired"

    # what the functions ask

    def create_customer(self, buyer: Buyer) -> str:
        name = f"cus_{buyer.bid.replace('-', '')}_{buyer.number}"

        def act() -> str:
            self.customers.setdefault(name, Customer(name, buyer.bid))
            return name

        return self._asked(act)

    def open_checkout(self, order: Order) -> CheckoutPage:
        """Of a customer who is gone the page can't be paid on."""
        name = f"{order.bid.replace('-', '')}_{order.number}"

        def act() -> CheckoutPage:
            gone = self.customers[order.customer].gone
            page = self.pages.setdefault(name, Page(name, order, "expired" if gone else "open"))
            if page.order != order:
                raise ValueError(f"the number of another order: {page.order}, {order}")
            return CheckoutPage(name, f"https://pay.example/{name}")

        return self._asked(act)

    def close_checkout(self, page: str) -> bool:
        def act() -> bool:
            self.pass_time()
            found = self.pages[page]
            if found.state == "open":
                found.state = "expired"
            return found.state != "complete"

        return self._asked(act)

    def manage(self, asked: Management) -> str:
        """What its page does, members do by themselves here: see `paying_steps.occur`."""
        return self._asked(lambda: f"https://manage.example/{self.customers[asked.customer].id}")

    def fetch(self, customer: str) -> Fetched:
        def act() -> Fetched:
            self.pass_time()
            self._numbers += 1
            found = list(self.customers[customer].subscriptions.values())
            again = self._hub.current in self.answers
            self._note("an answer came too late, and was asked for again" if again else None)
            self.answers[self._hub.current] = Answer(self._numbers, customer, found)
            return Fetched(found, gone=self.customers[customer].gone)

        return self._asked(act)

    def cancel(self, subscription: str) -> None:
        def act() -> None:
            for customer, each in self.running():
                if each.subscription == subscription:
                    self.becomes(customer, self._ended(each))

        self._asked(act)

    def forget(self, customer: str) -> None:
        self._asked(lambda: self.delete(self.customers[customer]))

    def read_hint(self, body: bytes, headers: Mapping[str, str]) -> Hint:
        if dict(headers) != SIGNATURE:
            raise BadSignature("somebody else's")
        return msgspec.json.decode(body, type=Hint)

    # inside

    def _asked(self, act: Callable[[], R]) -> R:
        self._hub.give_way("before a question to the provider")
        unheard, self.unheard = self.unheard, None
        self._note(unheard)
        if unheard == Unheard.REQUEST:
            raise Unreachable(unheard)
        answer = act()
        self._hub.give_way(ANSWERED)
        if unheard:
            raise Unreachable(unheard)
        return answer

    def _now(self) -> datetime:
        """In whole seconds, as providers tell times."""
        return self._hub.now.replace(microsecond=0)

    def _ended(self, subscription: Subscription) -> Subscription:
        return replace(subscription, state=S.ENDED, stopped=self._now())

    def _tell(self, customer: str, kind: str) -> None:
        self._events += 1
        hint = Hint(event=f"evt_{self._events}", kind=kind, customer=customer)
        self.undelivered.append(Event(self._hub.now, msgspec.json.encode(hint)))


def _later(each: Subscription, now: datetime, *, card_works: bool) -> Subscription:
    """The next that time makes of it until `now`; the same if nothing."""
    if each.cancel_at and now >= each.cancel_at and each.state not in (*OVER, S.INCOMPLETE):
        return replace(each, state=S.ENDED, stopped=each.cancel_at)
    if each.state == S.INCOMPLETE and now >= each.created + INCOMPLETE_FOR:
        return replace(each, state=S.EXPIRED)
    if each.state == S.PAST_DUE and each.unpaid_since and now >= each.unpaid_since + TRIES_FOR:
        return replace(each, state=S.UNPAID)
    if each.state == S.ACTIVE and now >= each.period_end + INVOICED_AFTER:
        renewed = replace(each, plan=each.next_plan or each.plan, next_plan=None, period_end=each.period_end + MONTH)
        unpaid = each.period_end + INVOICED_AFTER
        return renewed if card_works else replace(renewed, state=S.PAST_DUE, unpaid_since=unpaid)
    return each
