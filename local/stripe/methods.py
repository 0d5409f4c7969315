"""The methods that are played: the modules of resources register here, by Stripe's paths."""

import re
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from msgspec import Struct

from local.stripe.errors import not_played
from local.stripe.state import Json
from local.stripe.world import World

P = TypeVar("P")
Ids = ParamSpec("Ids")


class Method(Struct, frozen=True):
    verb: str
    path: re.Pattern[str]
    params: Any
    """A TypedDict of `stripe.params`."""
    handler: Callable[..., Json]
    """Called with the world, the parameters, and the ids in the path."""


METHODS: list[Method] = []


def method(
    verb: str, path: str, params: type[P]
) -> Callable[[Callable[Concatenate[World, P, Ids], Json]], Callable[Concatenate[World, P, Ids], Json]]:
    """Registers a handler for a path such as `/v1/customers/{customer}`."""
    pattern = re.compile(re.sub(r"\{\w+\}", "([^/]+)", path))

    def register(handler: Callable[Concatenate[World, P, Ids], Json]) -> Callable[Concatenate[World, P, Ids], Json]:
        METHODS.append(Method(verb, pattern, params, handler))
        return handler

    return register


def find(verb: str, path: str) -> tuple[Method, tuple[str, ...]]:
    """The method and the ids in the path. Raises StripeError."""
    for each in METHODS:
        matched = each.path.fullmatch(path)
        if matched and each.verb == verb:
            return each, matched.groups()
    raise not_played(f"{verb} {path}")
