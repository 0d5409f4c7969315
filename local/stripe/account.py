"""The account as requests meet it: each request is one transaction, and a key makes it one once and for all."""

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from local.broken_connection import BrokenConnection
from local.stripe import (
    catalogue,
    charges,
    checkout,
    clocks,
    customers,
    invoices,
    lists,
    methods,
    parameters,
    portal,
    schedules,
    subscriptions,
    webhooks,
)
from local.stripe.errors import StripeError, not_played
from local.stripe.forms import decode
from local.stripe.passing_time import pass_until
from local.stripe.state import Json, Saved, State
from local.stripe.world import API_VERSION, World

RESOURCES = (
    catalogue,
    charges,
    checkout,
    customers,
    invoices,
    portal,
    schedules,
    subscriptions,
    clocks,
    webhooks,
)
"""Their methods are registered by being imported."""
KEY_SECONDS = 24 * 3600
"""After this time Stripe forgets an idempotency key."""
LONGEST_KEY = 255


class Fault(Struct):
    """What goes wrong on demand with the next requests whose method and path match."""

    path: str
    """Regular expression: `POST /v1/customers`."""
    how: str
    """`error`: 500 instead of being carried out. `limit`: 429. `refuse`: 403. `lose`: carried out, and the answer is
    lost."""
    times: int = 1


class Call(Struct, frozen=True):
    """A request to the API."""

    verb: str
    path: str
    encoded: str
    """The query, or the body."""
    key: str | None
    """The idempotency key."""
    authorization: str
    version: str | None


class Account:
    """Keeps the world, and answers the API's requests."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: list[Fault] = []
        self.log: list[str] = []
        """Method and path of every request, in order."""

    def answer(self, call: Call) -> tuple[int, Json, bool]:
        """Status and body, and whether they were saved from an earlier request. Raises StripeError, and
        BrokenConnection."""
        self.log.append(f"{call.verb} {call.path}")
        _check(call)
        found, ids = methods.find(call.verb, call.path)
        fault = self._fault(call)
        if fault and fault.how == "limit":
            raise StripeError("Request rate limit exceeded.", status=429, code="rate_limit")
        if fault and fault.how == "refuse":
            raise StripeError("The provided key does not have the required permissions for this.", status=403)
        if fault and fault.how == "error":
            raise StripeError("An unknown error occurred.", status=500, kind="api_error")
        saved = self._saved(call)
        if saved is None:
            form = decode(call.encoded)
            status, body = self._carry_out(call, found, ids, parameters.read(found.params, form))
        else:
            status, body = saved.status, saved.body
        if fault:
            raise BrokenConnection("The connection broke after the request was carried out.")
        return status, body, saved is not None

    def transaction(self, act: Callable[[World], Any], request: Json | None = None) -> Any:
        """What `act` returns. If it raises, nothing has happened, unless the error says otherwise."""
        before = msgspec.json.encode(self.world.state)
        self.world.request = request or {"id": None, "idempotency_key": None}
        try:
            pass_until(self.world, None, int(self.world.wall()))
            return act(self.world)
        except Exception as e:
            if not (isinstance(e, StripeError) and e.kept):
                self.world.state = msgspec.json.decode(before, type=State)
            raise

    def _carry_out(self, call: Call, found: methods.Method, ids: tuple[str, ...], params: Any) -> tuple[int, Json]:
        self.world.state.counter += 1
        request = {"id": f"req_{self.world.state.counter:014}", "idempotency_key": call.key}

        def act(world: World) -> Json:
            body = found.handler(world, params, *ids)
            if unread := sorted(parameters.unread(params)):
                raise not_played(f"the parameter {unread[0]} of {call.verb} {call.path}")
            answered: Json = json.loads(json.dumps(lists.expanded(world, body, params.get("expand", []))))
            return answered

        try:
            status, body = 200, self.transaction(act, request)
        except StripeError as e:
            if e.status == 501:
                raise
            status, body = e.status, e.body
        if call.verb == "POST" and call.key:
            saved = Saved(request=_as_sent(call), status=status, body=body, at=int(self.world.wall()))
            self.world.state.keys[call.key] = saved
        return status, body

    def _saved(self, call: Call) -> Saved | None:
        """The answer to an earlier request with this key. Raises StripeError if that asked for something else."""
        if call.verb != "POST" or not call.key:
            return None
        saved = self.world.state.keys.get(call.key)
        if saved is None or self.world.wall() - saved.at >= KEY_SECONDS:
            return None
        if saved.request != _as_sent(call):
            detail = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            )
            detail += f"Try using a key other than '{call.key}' if you meant to execute a different request."
            raise StripeError(detail, kind="idempotency_error")
        return saved

    def _fault(self, call: Call) -> Fault | None:
        for each in self.faults:
            if each.times and re.search(each.path, f"{call.verb} {call.path}"):
                each.times -= 1
                return each
        return None


def _as_sent(call: Call) -> str:
    return f"{call.verb} {call.path} {json.dumps(decode(call.encoded), sort_keys=True)}"


def _check(call: Call) -> None:
    scheme, _, key = call.authorization.partition(" ")
    if scheme != "Bearer" or not key.startswith(("sk_test_", "rk_test_")):
        detail = "You did not provide a test API key. This stand-in takes any that begins with sk_test_ or rk_test_."
        raise StripeError(detail, status=401)
    if call.version != API_VERSION:
        raise StripeError(f"Invalid Stripe API version: {call.version}. This stand-in plays {API_VERSION} only.")
    if call.key is not None and not 0 < len(call.key) <= LONGEST_KEY:
        raise StripeError(f"Idempotency keys have up to {LONGEST_KEY} characters.")
