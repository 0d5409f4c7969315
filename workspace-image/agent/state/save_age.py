"""How long the home has had unsaved changes, and when that is too long. Moments are on `elapsed()`."""

# Changes are unsaved for too long after this many save intervals (20 s each unless an operator says otherwise), and
# never before this many seconds.
INTERVALS = 3
LEAST = 60.0


class SaveAge:
    def __init__(self, now: float) -> None:
        """Nothing in the home has changed at `now`."""
        self._saved_until = now
        self._made = now

    def unchanged(self, began: float) -> None:
        """A scan that began at `began` found no unsaved change."""
        self._saved_until = max(self._saved_until, began)

    def made(self, began: float) -> None:
        """A checkpoint that began at `began` waits for the control plane to accept it."""
        self._made = began

    def accepted(self) -> None:
        """The control plane has accepted the newest checkpoint."""
        self._saved_until = max(self._saved_until, self._made)

    def is_late(self, now: float, every: float) -> bool:
        """Whether changes have been unsaved for too long, with a save each `every` seconds."""
        return self.unsaved_for(now, every) is not None

    def unsaved_for(self, now: float, every: float) -> float | None:
        """Seconds for which changes have been unsaved, if that is too long; otherwise None."""
        since = now - self._saved_until
        return since if since > max(LEAST, INTERVALS * every) else None
