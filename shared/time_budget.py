"""Time budgets: limits for work whose duration is unknown."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from shared import machine

T = TypeVar("T")

TURN_SECONDS = 900
"""How often `meter` runs."""
TURN = 0.6180339887
"""The fraction of all items by which each turn begins later, so that a few turns reach all of them."""


class TooSlow(Exception):
    """The work did not fit into its time."""


class TimeBudget:
    """A number of seconds from now, by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = machine.monotonic() + seconds

    def share(self, jobs: int) -> "TimeBudget":
        """The budget of the next of `jobs` jobs: an equal part of the rest. Time that a job does not use is left for
        the later ones."""
        return TimeBudget(max(0.0, self._at - machine.monotonic()) / jobs)

    def is_over(self) -> bool:
        return machine.monotonic() >= self._at

    def check(self) -> None:
        """Raises TooSlow once the budget is spent."""
        if self.is_over():
            raise TooSlow("it takes too long to read")


def rotated(all_: Sequence[T], now: datetime) -> list[T]:
    """The same items, beginning at another one in each turn, so that work which is cut short reaches all items in
    time."""
    if not all_:
        return []
    turn = int(now.timestamp() // TURN_SECONDS)
    start = int(len(all_) * (turn * TURN % 1))
    return [*all_[start:], *all_[:start]]
