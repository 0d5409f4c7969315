"""How long this container may serve: a length of time that counts from the request to which it was granted."""

from agent.clock import elapsed


class Lease:
    def __init__(self) -> None:
        self._until: float | None = None

    def extend(self, sent: float, seconds: float) -> None:
        """`sent` is when the granted request left, on `elapsed()`. A late answer never shortens a lease."""
        self._until = max(self._until or 0.0, sent + seconds)

    def end(self) -> None:
        self._until = None

    def holds(self) -> bool:
        return self._until is not None and elapsed() < self._until
