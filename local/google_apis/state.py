"""What the stand-in keeps: JSON in one file, so that a second process sees what the first one made."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from local.google_apis.documents import Json


class Record(Struct):
    """A resource."""

    api: str
    kind: str
    """The collection of the discovery document: `projects.locations.services`."""
    collection: str
    """What it was created in: `projects/P/locations/R/services`."""
    body: Json
    hidden: dict[str, Any] = field(default_factory=dict)
    """What Google knows of it and no field shows, such as the value of a secret's version."""


class Operation(Struct):
    """A long-running operation. It is done once `due` requests have been answered in all."""

    api: str
    due: int
    kind: str
    target: str
    """The resource that the operation is about."""
    response: str
    """The schema of the resource, or `Empty`."""
    metadata: Json
    done: bool = False
    outcome: Json = field(default_factory=dict)
    """`response` or `error`, once it is done."""


class State(Struct):
    """Everything. Keys are `host/name`, with the project by its id and not by its number."""

    resources: dict[str, Record] = field(default_factory=dict)
    policies: dict[str, Json] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    enabled: list[str] = field(default_factory=list)
    deleted: dict[str, str] = field(default_factory=dict)
    """When a name was given up that can't be used again at once."""
    usable: dict[str, int] = field(default_factory=dict)
    """From which request on a new account, by its address, or a new API, by its host, can be used."""
    requests: int = 0
    counter: int = 0
    """How many names were made up."""


def load(file: Path) -> State | None:
    """None where there is no file. Raises ValueError for one that isn't a state."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=State)
    except FileNotFoundError:
        return None


def save(state: State, file: Path) -> None:
    """Writes the file whole or not at all."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_bytes(msgspec.json.encode(state))
    beside.replace(file)
