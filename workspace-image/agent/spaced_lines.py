"""Limits log lines that strangers can cause without limit: each line is stored and paid for."""

from agent.clock import elapsed
from agent.spacing import Spacing

BURST = 20
EVERY = 10.0
"""Seconds between two lines of a kind, after BURST lines at once."""


class SpacedLines:
    """A kind is a code, never text that was sent: so there are only so many kinds."""

    def __init__(self) -> None:
        self._spacing: dict[tuple[str, ...], Spacing] = {}
        self._unsaid: dict[tuple[str, ...], int] = {}

    def admit(self, *kind: str) -> int | None:
        """How many lines of this kind were left out before this one; None if this one is left out too."""
        spacing, now = self._spacing.setdefault(kind, Spacing(BURST)), elapsed()
        if spacing.wait(now, EVERY) > 0:
            self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
            return None
        spacing.take(now, EVERY)
        return self._unsaid.pop(kind, 0)
