"""What the stand-in keeps: objects by kind and id, idempotency keys, and what webhooks are still to be delivered."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

Json = dict[str, Any]


class Saved(Struct):
    """The answer to the first request with an idempotency key."""

    request: str
    """Method, path and body."""
    status: int
    body: Json
    at: int


class Delivery(Struct):
    """An event that is still to be delivered to an endpoint."""

    id: str
    event: str
    endpoint: str
    due: float
    """In seconds of the stand-in's wall clock."""
    attempts: int = 0


class State(Struct):
    objects: dict[str, dict[str, Json]] = field(default_factory=dict)
    """By kind (the `object` of Stripe's objects) and id, oldest first."""
    keys: dict[str, Saved] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    sold: dict[str, Json] = field(default_factory=dict)
    """By checkout session: the price, and the metadata that its subscription will have."""
    secrets: dict[str, str] = field(default_factory=dict)
    """By webhook endpoint: what signs its events."""
    counter: int = 0
    """How many ids were made up."""
    ahead: float = 0
    """How many seconds the wall clock was moved ahead."""


def load(file: Path) -> State:
    """A new state where there is no file. Raises ValueError for one that isn't a state."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=State)
    except FileNotFoundError:
        return State()


def save(encoded: bytes, file: Path) -> None:
    """Writes the file whole or not at all."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_bytes(encoded)
    beside.replace(file)
