"""What is special about a method or a kind of resource: the modules in `behaviours/` register here."""

from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from local.google_apis.documents import Json
from local.google_apis.state import Record
from local.google_apis.world import Call, World

Kind = tuple[str, str]
"""API and collection: `("run.v2", "projects.locations.services")`."""

Whole = Callable[[World, Call], Json]
Writing = Callable[[World, Call, str, Record, Json | None], None]
"""Is told of the resource's name, the record that is about to be kept and the body that it had before (None where it is
created). Fills what only Google writes, or raises ApiError."""
Deleting = Callable[[World, Call, str, Record], None]
"""Is told before the resource is deleted. Raises ApiError to refuse."""
Finishing = Callable[[World, str, Record], None]
"""Is told when the operation that wrote the resource is about to end. Raises ApiError to make it fail."""
Showing = Callable[[World, str, Record], Json]
"""What an answer has of the resource."""

F = TypeVar("F")


class Naming(Struct, frozen=True):
    """How a resource gets its name where no query parameter has it."""

    made_up: Callable[[World], str] | None = None
    """Makes up the last part of the name."""
    chosen: bool = False
    """True if the body's `name` is used where there is one."""


METHODS: dict[tuple[str, str], Whole] = {}
"""By API and method: replaces the standard method."""
ADDRESSES: dict[str, Callable[[World, str, bytes], Json]] = {}
"""By host: what takes bytes at addresses that no API describes, and that an answer has named. Is given the path."""
WRITING: dict[Kind, Writing] = {}
DELETING: dict[Kind, Deleting] = {}
FINISHING: dict[Kind, Finishing] = {}
SHOWING: dict[Kind, Showing] = {}
NAMING: dict[Kind, Naming] = {}
BY_NUMBER: set[Kind] = set()
"""The kinds whose answers name the project by its number, however it was asked for."""


def methods(api: str, *names: str) -> Callable[[Whole], Whole]:
    """Registers a method as a whole."""
    return _into(METHODS, [(api, each) for each in names])


def writing(api: str, *collections: str) -> Callable[[Writing], Writing]:
    return _into(WRITING, [(api, each) for each in collections])


def deleting(api: str, *collections: str) -> Callable[[Deleting], Deleting]:
    return _into(DELETING, [(api, each) for each in collections])


def finishing(api: str, *collections: str) -> Callable[[Finishing], Finishing]:
    return _into(FINISHING, [(api, each) for each in collections])


def showing(api: str, *collections: str) -> Callable[[Showing], Showing]:
    return _into(SHOWING, [(api, each) for each in collections])


def _into(table: dict[Kind, F], kinds: list[Kind]) -> Callable[[F], F]:
    def register(function: F) -> F:
        for each in kinds:
            table[each] = function
        return function

    return register
