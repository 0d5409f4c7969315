"""What a request costs in Firestore. Each function logs it, and a test compares it with a budget."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Operations:
    """Documents read and written, as Firestore bills them: a query without a result is one read."""

    reads: int = 0
    writes: int = 0


_counting: ContextVar[Operations | None] = ContextVar("operations", default=None)


@contextmanager
def counted() -> Iterator[Operations]:
    """Counts this thread's reads and writes. Retries by the client count once."""
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
