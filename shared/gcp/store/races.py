"""Lost races: read, decide, commit, and begin again after a concurrent change."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from shared import logs, machine
from shared.errors import TryAgain
from shared.gcp.store.database import LostRace

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 20
"""A request does not lose so many races by chance. With pauses the attempts take 2 s on average, 4 s at most."""
FIRST_PAUSE = 0.01
LONGEST_PAUSE = 0.25


class TooBusy(TryAgain):
    """One record lost too many races. Other records are not affected."""


def pause_after(lost: int, draw: float) -> float:
    """Seconds to pause after `lost` races, at least one. `draw` from 0 to 1 takes a part of a time that doubles with
    each race, so that the losers of one race do not meet again."""
    return draw * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(lost - 1, 10))


def until_won(
    detail: str = "Too many changes at once. Try again.",
    *,
    attempts: int = ATTEMPTS,
    retry_after: int = 1,
    after: type[Exception] = LostRace,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Repeats a function that reads, decides and commits after each LostRace, or after each `after`.

    Raises TooBusy with `detail` after `attempts` lost races. The function must read everything itself, because its
    arguments were read before the race.
    """

    def wrap(attempt: Callable[P, R]) -> Callable[P, R]:
        @wraps(attempt)
        def again(*args: P.args, **kwargs: P.kwargs) -> R:
            for lost in range(attempts):
                if lost:
                    machine.sleep(pause_after(lost, machine.draw_fraction()))
                try:
                    return attempt(*args, **kwargs)
                except after as e:
                    reason = str(e)
            logs.error("races-lost", what=attempt.__name__, attempts=attempts, reason=reason)
            raise TooBusy("too-busy", detail, retry_after=retry_after)

        return again

    return wrap
