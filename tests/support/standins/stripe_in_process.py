"""The Stripe stand-in without sockets: Stripe's SDK asks it in this process, and can die at any request."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import stripe

from local.google_apis.session import Interrupted
from local.stripe.account import Account, Call
from local.stripe.errors import StripeError
from local.stripe.state import State
from local.stripe.world import Settings, World
from shared.payments.stripe_client import connect

KEY = "sk_test_ondol"


class InProcess(stripe.HTTPClient):
    """The SDK's HTTP client, and the account that answers it."""

    name = "in-process"

    def __init__(self, state: State | None = None) -> None:
        super().__init__()
        self.account = Account(World(state or State(), time.time, Settings(), "http://stand-in"))
        self.asked = 0
        self.written: list[str] = []
        """Method and path of every request that was no question."""
        self._dies: tuple[int, bool] | None = None

    def client(self, key: str = KEY) -> stripe.StripeClient:
        return connect(key, "http://stand-in", self)

    def copy(self) -> "InProcess":
        """Another account that is as this one is now."""
        return InProcess(msgspec.json.decode(msgspec.json.encode(self.account.world.state), type=State))

    def interrupt_at(self, number: int, *, after: bool) -> None:
        """Raises Interrupted at the `number`-th request from the first, before or after it is carried out."""
        self._dies = (number, after)

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """Raises Interrupted."""
        self.asked += 1
        if self._dies == (self.asked, False):
            raise Interrupted(f"before request {self.asked}")
        status, body = self._answer(method.upper(), url, headers or {}, post_data or "")
        if self._dies == (self.asked, True):
            raise Interrupted(f"after request {self.asked}")
        return json.dumps(body), status, {}

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, verb: str, url: str, headers: Mapping[str, str], content: str) -> tuple[int, Any]:
        parts = urlsplit(url)
        if verb != "GET":
            self.written.append(f"{verb} {parts.path}")
        encoded = parts.query if verb in ("GET", "DELETE") else content
        told = [headers.get(name) for name in ("Idempotency-Key", "Authorization", "Stripe-Version")]
        try:
            status, body, _replayed = self.account.answer(
                Call(verb, parts.path, encoded, told[0], told[1] or "", told[2])
            )
        except StripeError as e:
            return e.status, e.body
        return status, body
