"""The order in which left-out things are packed at a session's end, and how many of them the time is enough for."""

import time
from collections.abc import Callable, Iterator, Sequence

from agent.home.storage_quota import Thing

MEASURED = 64 << 20
"""Bytes after which the pace so far says how long a further thing takes. Some 20 MB are always on their way, packed and
not stored yet."""


class ApartQueue:
    """Things with their paths, in the order in which they are packed. `unpacked` has the names of those that are not
    packed yet as a whole."""

    def __init__(
        self,
        things: Sequence[tuple[Thing, Sequence[bytes]]],
        seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._things = things
        self._seconds = seconds
        self._now = now
        self._began = now()
        self._done = 0
        self.unpacked = [thing.name for thing, _ in things]

    def paths(self) -> Iterator[bytes]:
        """The paths of as many things as can be packed in the time. A thing is not begun if, at the pace so far, it
        would not end in time: a layer that does not end is no layer."""
        for thing, paths in self._things:
            if not self._is_time_for(thing.bytes):
                return
            yield from paths
            self._done += thing.bytes
            self.unpacked.remove(thing.name)

    def _is_time_for(self, size: int) -> bool:
        spent = self._now() - self._began
        further = size * spent / self._done if self._done >= MEASURED else 0
        return spent + further <= self._seconds
