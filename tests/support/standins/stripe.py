"""The Stripe stand-in as a process, driven by Stripe's own SDK, and the few calls on it that its tests share."""

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import stripe
from stripe.params import InvoiceListParams

from shared.payments.catalogue import portal_for, prices_of
from tests.support.standins.process import free_port, python, running

NOW = 1_795_942_800
"""2026-11-29 09:00 UTC: where test clocks begin."""
HOUR, DAY = 3600, 86400
PRICES = {"starter": 500, "pro": 1000, "team": 2500}
"""US cents a month."""


class StripeAccount:
    """Stripe's SDK with an account of test mode, or with a stand-in."""

    url: str | None = None

    def __init__(self, key: str = "sk_test_ondol", url: str | None = None) -> None:
        self.key = key
        self._http = stripe.RequestsClient()
        self.client = stripe.StripeClient(
            key, base_addresses={"api": url} if url else {}, http_client=self._http, max_network_retries=2
        )
        self.v1 = self.client.v1

    def close(self) -> None:
        self._http.close()  # type: ignore[no-untyped-call]  # of the SDK

    def catalogue(self) -> dict[str, str]:
        """The ids of the prices, by plan. The same ones each time."""
        return prices_of(self.client)

    def portal_configuration(self, project: str = "tests", *, of_team: bool = False) -> str:
        """As Ondol has it for the project."""
        return portal_for(self.client, project, self.catalogue(), of_team=of_team)


class Standin(StripeAccount):
    """One stand-in: Stripe's SDK, the hosted pages as a browser posts them, and its `/_control/`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(url=self.url)
        self.web = httpx.Client(base_url=self.url, timeout=60)

    def close(self) -> None:
        super().close()
        self.web.close()

    def control(self, what: str, **asked: Any) -> Any:
        answer = self.web.post(f"/_control/{what}", json=asked)
        answer.raise_for_status()
        return answer.json()

    def requests(self) -> list[str]:
        told: list[str] = self.web.get("/_control/requests").json()
        return told

    def press(self, url: str, **form: str) -> httpx.Response:
        """Posts a form of a hosted page."""
        return self.web.post(url, data=form)


class Subscriber:
    """A customer on a test clock of their own, with a card and a subscription."""

    def __init__(
        self, account: StripeAccount, plan: str | None = "pro", card: str = "pm_card_visa", begins: int = NOW
    ) -> None:
        self.v1 = account.v1
        self.is_standin = account.url is not None
        self.prices = account.catalogue()
        self.clock = self.v1.test_helpers.test_clocks.create({"frozen_time": begins}).id
        self.now = begins
        self.customer = self.v1.customers.create(
            {
                "email": "ada@example.com",
                "test_clock": self.clock,
                "payment_method": card,
                "invoice_settings": {"default_payment_method": card},
                "metadata": {"bid": "b-1"},
            }
        ).id
        self.id = ""
        if plan:
            made = self.v1.subscriptions.create({"customer": self.customer, "items": [{"price": self.prices[plan]}]})
            self.id = made.id

    def get(self, *expand: str) -> stripe.Subscription:
        return self.v1.subscriptions.retrieve(self.id, {"expand": list(expand)})

    def item(self) -> stripe.SubscriptionItem:
        item: stripe.SubscriptionItem = self.get()["items"].data[0]
        return item

    def use_card(self, card: str) -> None:
        attached = self.v1.payment_methods.attach(card, {"customer": self.customer})
        self.v1.customers.update(self.customer, {"invoice_settings": {"default_payment_method": attached.id}})

    def pass_to(self, until: int) -> None:
        """Advances the clock, in steps that Stripe allows, and waits until it is ready."""
        while self.now < until:
            self.now = min(until, self.now + 50 * DAY)
            clock = self.v1.test_helpers.test_clocks.advance(self.clock, {"frozen_time": self.now})
            while clock.status != "ready":  # at Stripe advancing takes some seconds
                time.sleep(0 if self.is_standin else 1)
                clock = self.v1.test_helpers.test_clocks.retrieve(self.clock)

    def invoices(self, status: Literal["draft", "open", "paid", "void"] | None = None) -> list[stripe.Invoice]:
        """Oldest first."""
        asked: InvoiceListParams = {"customer": self.customer, "limit": 100}
        return self.v1.invoices.list({**asked, "status": status} if status else asked).data[::-1]

    def events(self) -> list[str]:
        """The types of the events about this customer, in order."""
        told = list[str]()
        for each in self.v1.events.list({"limit": 100}).auto_paging_iter():
            about = each.data.object.to_dict()
            if self.customer in (about.get("customer"), about["id"]):
                told.append(each.type)
        return told[::-1]


@contextlib.contextmanager
def stripe_standin(folder: Path, *options: object) -> Iterator[Standin]:
    port = free_port()
    argv = python("-m", "local.stripe", "--port", port, "--state", folder / "stripe.json", *options)
    with running(argv, folder / "stripe.log"), contextlib.closing(Standin(port)) as standin:
        yield standin


def buttons(page: str) -> list[str]:
    """The labels of a hosted page's buttons."""
    return re.findall(r"<button>(.*?)</button>", page)
