"""The machine's clocks, its sleep and its randomness: the control plane asks for them here and nowhere else.

The simulation puts a machine of its own in their place (`replaced_by`), so that a schedule is played in no time, and
the same each time. Ruff (`banned-api`) keeps `time`, `random`, `secrets` and `datetime.now` out of every other module.
"""

import random
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol


class Machine(Protocol):
    """What a machine is asked for. All draws are as good as those of `secrets`, but for `draw_fraction`."""

    def now(self) -> datetime:
        """The time of day by this machine's clock, in UTC. Decisions go by `shared.gcp.store.clock.now`."""

    def monotonic(self) -> float:
        """Seconds of a clock that is never set: only differences count."""

    def sleep(self, seconds: float) -> None: ...

    def draw_letters(self, alphabet: str, count: int) -> str: ...

    def draw_bits(self, count: int) -> int:
        """A whole number from 0 to 2^count - 1."""

    def draw_fraction(self) -> float:
        """A random fraction from 0 to 1 that spreads things in time. It is no secret."""


class RealMachine:
    """The machine that this process runs on."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def draw_letters(self, alphabet: str, count: int) -> str:
        return "".join(secrets.choice(alphabet) for _ in range(count))

    def draw_bits(self, count: int) -> int:
        return secrets.randbits(count)

    def draw_fraction(self) -> float:
        return random.random()  # noqa: S311  # it spreads, and keeps no secret


_machine: Machine = RealMachine()


@contextmanager
def replaced_by(machine: Machine) -> Iterator[None]:
    """Until the block ends, this whole process has another machine."""
    global _machine
    before, _machine = _machine, machine
    try:
        yield
    finally:
        _machine = before


def now() -> datetime:
    return _machine.now()


def monotonic() -> float:
    return _machine.monotonic()


def sleep(seconds: float) -> None:
    _machine.sleep(seconds)


def draw_letters(alphabet: str, count: int) -> str:
    return _machine.draw_letters(alphabet, count)


def draw_bits(count: int) -> int:
    return _machine.draw_bits(count)


def draw_fraction() -> float:
    return _machine.draw_fraction()
