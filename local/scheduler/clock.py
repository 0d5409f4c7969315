"""The scheduler's clock: the wall clock, which tests can move ahead."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Runs at the speed of the wall clock, ahead of it by what it was moved."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
