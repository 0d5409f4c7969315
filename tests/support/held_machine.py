"""A machine whose clocks stand where a test sets them, and which draws the same each time."""

from datetime import datetime, timedelta
from random import Random

from tests.support.records.factories import NOW


class HeldMachine:
    """In place of `shared.machine`'s. `slept`: each sleep, in seconds; both clocks go on by it."""

    def __init__(self, at: datetime = NOW, *, seed: int = 1) -> None:
        self.at = at
        self.slept: list[float] = []
        self._started = at
        self._random = Random(seed)  # noqa: S311  # nothing is kept secret

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 100.0 + (self.at - self._started).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.go_on(seconds)

    def go_on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def draw_letters(self, alphabet: str, count: int) -> str:
        return "".join(self._random.choices(alphabet, k=count))

    def draw_bits(self, count: int) -> int:
        return self._random.getrandbits(count)

    def draw_fraction(self) -> float:
        return self._random.random()
