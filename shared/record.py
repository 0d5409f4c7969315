"""Records: legal transitions, and a record together with its version."""

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Struct

R = TypeVar("R")


class IllegalTransition(Exception):
    """A change of state that does not exist. This is a bug in the caller."""


def check_transition(kind: str, table: dict[str, tuple[str, ...]], old: str, new: str) -> None:
    """Raises IllegalTransition unless `table` lets a record of this kind go from `old` to `new`."""
    if new not in table[old]:
        raise IllegalTransition(f"a {kind} can't go from {old} to {new}")


class Versioned(Struct, Generic[R], frozen=True):
    """A record as it was read. A commit guarded with `version` succeeds only if nobody has written since."""

    record: R
    version: datetime
