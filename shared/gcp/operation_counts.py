"""What a request costs in Firestore: each function's log line says it, and a test holds it to a budget."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Operations:
    """Documents read and written, as Firestore bills them: a query that finds nothing is one read."""

    reads: int = 0
    writes: int = 0


_counting: ContextVar[Operations | None] = ContextVar("operations", default=None)


@contextmanager
def counted() -> Iterator[Operations]:
    """What this thread reads and writes meanwhile. What the client repeats by itself counts once."""
    operations = Operations()
    token = _counting.set(operations)
    try:
        yield operations
    finally:
        _counting.reset(token)


def count(*, reads: int = 0, writes: int = 0) -> None:
    if operations := _counting.get():
        operations.reads += reads
        operations.writes += writes
