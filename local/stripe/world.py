"""What all methods work on: the state, the clocks, ids that are made up, and events."""

import copy
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from local.stripe.errors import StripeError, missing, unknown_reference
from local.stripe.state import Delivery, Json, State

API_VERSION = "2026-10-28.endive"
"""The only version that is played: that of the SDK in constraints.txt."""
PREFIXES = {
    "billing_portal.configuration": "bpc",
    "billing_portal.session": "bps",
    "charge": "ch",
    "checkout.session": "cs_test",
    "customer": "cus",
    "dispute": "du",
    "event": "evt",
    "invoice": "in",
    "line_item": "il",
    "payment_method": "pm",
    "price": "price",
    "product": "prod",
    "subscription": "sub",
    "subscription_item": "si",
    "subscription_schedule": "sub_sched",
    "test_helpers.test_clock": "clock",
    "webhook_endpoint": "we",
}


class Settings(Struct, frozen=True):
    """What an operator chooses in Stripe's Dashboard."""

    retry_days: tuple[int, ...] = (1, 3, 5, 7)
    """When a failed payment is tried again, in days after the first attempt."""
    after_retries: str = "cancel"
    """What then happens to the subscription: cancel, unpaid, past_due or pause."""
    webhook_secret: str = ""
    """The secret of each webhook endpoint, which is known before there is one; without it each is made up."""


class World:
    """The Stripe account as it now is. `wall` returns the time in seconds."""

    def __init__(self, state: State, wall: Callable[[], float], settings: Settings, url: str) -> None:
        self.state = state
        self.settings = settings
        self.url = url
        """Where the hosted pages are."""
        self._wall = wall
        self.request: Json = {"id": None, "idempotency_key": None}
        """What the events of this request say about it."""
        self.during: dict[str, int] = {}
        """By test clock ("" is the wall clock): the time of what is happening, while time passes."""

    def wall(self) -> float:
        """Of all that belongs to no test clock. Tests can move it ahead."""
        return self.real() + self.state.ahead

    def real(self) -> float:
        """Of this machine."""
        return self._wall()

    def now(self, clock: str | None = None) -> int:
        """The time of a test clock, or of the wall clock."""
        if (clock or "") in self.during:
            return self.during[clock or ""]
        return int(self.need("test_helpers.test_clock", clock)["frozen_time"]) if clock else int(self.wall())

    def new_id(self, kind: str) -> str:
        self.state.counter += 1
        digest = hashlib.sha256(f"{kind} {self.state.counter}".encode()).hexdigest()
        return f"{PREFIXES[kind]}_{digest[:24]}"

    def put(self, kind: str, body: Json) -> Json:
        """Keeps a new object. The same dictionary is the object from then on."""
        self.state.objects.setdefault(kind, {})[body["id"]] = body
        return body

    def find(self, kind: str, name: str) -> Json | None:
        return self.state.objects.get(kind, {}).get(name)

    def need(self, kind: str, name: str, param: str = "") -> Json:
        """The object. Raises StripeError, as for a parameter if `param` names one."""
        found = self.find(kind, name)
        if found is None:
            shown = kind.rpartition(".")[2].replace("_", " ") if kind != "test_helpers.test_clock" else "test clock"
            raise unknown_reference(shown, name, param) if param else missing(shown, name)
        return found

    def drop(self, kind: str, name: str) -> None:
        del self.state.objects[kind][name]

    def all(self, kind: str, **fields: Any) -> Iterator[Json]:
        """The objects of a kind that have these fields, oldest first."""
        for each in list(self.state.objects.get(kind, {}).values()):
            if all(each.get(name) == value for name, value in fields.items()):
                yield each

    def emit(self, kind: str, body: Json, before: Json | None = None) -> None:
        """An event about the object, for each endpoint that wants it. `before` is the object before the change; an
        update that changed nothing makes no event."""
        data: Json = {"object": copy.deepcopy(body)}
        if before is not None:
            changed = {name: value for name, value in before.items() if body.get(name) != value}
            if not changed:
                return
            data["previous_attributes"] = changed
        event = self.put(
            "event",
            {
                "id": self.new_id("event"),
                "object": "event",
                "api_version": API_VERSION,
                "created": self.now(body.get("test_clock")),
                "data": data,
                "livemode": False,
                "pending_webhooks": 0,
                "request": dict(self.request),
                "type": kind,
            },
        )
        for endpoint in self.all("webhook_endpoint", status="enabled"):
            if kind in endpoint["enabled_events"] or "*" in endpoint["enabled_events"]:
                self.state.counter += 1
                name = f"delivery_{self.state.counter}"
                self.state.deliveries[name] = Delivery(name, event["id"], endpoint["id"], self.wall())
                event["pending_webhooks"] += 1


def with_metadata(known: dict[str, str], given: Any) -> dict[str, str]:
    """Metadata after an update: an empty value removes a key, and an empty text removes all."""
    if given == "":
        return {}
    merged = {**known, **given}
    if len(merged) > 50 or any(len(key) > 40 or len(value) > 500 for key, value in merged.items()):
        raise StripeError("Metadata can have up to 50 keys of 40 characters, with values of 500.", param="metadata")
    return {key: value for key, value in merged.items() if value != ""}
