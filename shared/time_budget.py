"""A moment at which work that has no end in sight is given up."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

T = TypeVar("T")

TURN_SECONDS = 900
"""How often `meter` runs: it begins elsewhere each time."""
TURN = 0.6180339887
"""The part of all by which a turn begins later than the one before: so a few turns reach all of them."""


class TooSlow(Exception):
    """There was more to do than there was time for."""


class TimeBudget:
    """So many seconds from now, by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def share(self, jobs: int) -> "TimeBudget":
        """For the next of so many jobs: an equal part of what is left. What it does not need is for those behind it."""
        return TimeBudget(max(0.0, self._at - time.monotonic()) / jobs)

    def is_over(self) -> bool:
        return time.monotonic() >= self._at

    def check(self) -> None:
        """Raises TooSlow once it is over."""
        if self.is_over():
            raise TooSlow("it takes too long to read")


def begin_elsewhere(all_: Sequence[T], now: datetime) -> list[T]:
    """The same, begun in another place in each turn, for whoever may not get through: none waits for ever."""
    if not all_:
        return []
    turn = int(now.timestamp() // TURN_SECONDS)
    start = int(len(all_) * (turn * TURN % 1))
    return [*all_[start:], *all_[:start]]
