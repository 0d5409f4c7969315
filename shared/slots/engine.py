"""What a slot runs on, as the pool sees it. An engine lists slots and applies writes.

Each slot's record names its engine. The engines are in `shared/gcp/engines`. Each engine must pass
tests/adapters/test_engines.py.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from shared.slots.slot import Slot


class Observed(Struct, frozen=True, kw_only=True):
    """A slot as its engine shows it."""

    name: str
    engine: str
    url: str
    """The slot's address: the same for all its containers, and empty before the first one is ready."""
    image: str
    """The image of the newest container that was requested."""
    incarnation: int
    """The incarnation of that container; 0 if the engine can't tell."""
    kept: bool
    """A container is kept running, also without requests."""
    ready: bool
    """The newest container has started, and only that container answers at the address."""
    outdated: bool
    """The slot's shape or environment differs from the operator's current settings."""
    updated: datetime | None = None
    """When the slot was last written."""


class Verb(StrEnum):
    CREATE = "create"
    REPLACE = "replace"
    """The slot gets a fresh container at the same address."""
    SCALE = "scale"
    """Start or stop keeping a container running. A running container stays as it is."""
    DELETE = "delete"


class Write(Struct, frozen=True):
    """One write to an engine. `slot` is None to delete a slot that has no record."""

    verb: Verb
    name: str
    slot: Slot | None
    engine: str


class WriteRefused(Exception):
    """The engine did not accept a write, because of an outage or because the slot is being changed."""


class QuotaSpent(WriteRefused):
    """The engine accepts no more writes for now."""


class Engine(Protocol):
    """What every engine can do. An engine is created with the shape (`shared.slots.shape`) of its slots; a slot of
    another shape is outdated. Each write may be repeated, because the reply to the first may have been lost."""

    def list(self, names: Collection[str] | None = None) -> dict[str, Observed]:
        """Every slot of this engine by name; with `names`, only those of them that exist."""

    def apply(self, write: Write) -> None:
        """Applies one write without waiting for its effect, which `list` shows. Raises WriteRefused."""
