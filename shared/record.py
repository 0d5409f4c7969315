"""What the records have in common: legal transitions, and a record together with the version that was read."""

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Struct

R = TypeVar("R")


class IllegalTransition(Exception):
    """A record was asked for a change of state that does not exist. A bug in the caller, never an answer."""


def check_transition(kind: str, table: dict[str, tuple[str, ...]], old: str, new: str) -> None:
    """Raises IllegalTransition unless `table` lets a record of this kind go from `old` to `new`."""
    if new not in table[old]:
        raise IllegalTransition(f"a {kind} can't go from {old} to {new}")


class Versioned(Struct, Generic[R], frozen=True):
    """A record as it was read: guard a commit with `version`, and it succeeds only if nobody has written since."""

    record: R
    version: datetime
