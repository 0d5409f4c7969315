"""Since when everything in the home is surely saved, and when that is too long ago. Moments are on `elapsed()`."""

# An interval is 20 s unless an operator says otherwise: this many of them, and never less than this many seconds.
INTERVALS = 3
LEAST = 60.0


class SaveAge:
    def __init__(self, now: float) -> None:
        """At `now` nothing has been changed yet."""
        self._saved_until = now
        self._made = now

    def unchanged(self, began: float) -> None:
        """A look that began then found nothing that is not saved."""
        self._saved_until = max(self._saved_until, began)

    def made(self, began: float) -> None:
        """A checkpoint that began then waits for the control plane to take it."""
        self._made = began

    def accepted(self) -> None:
        """The control plane has taken the newest checkpoint."""
        self._saved_until = max(self._saved_until, self._made)

    def is_late(self, now: float, every: float) -> bool:
        """Whether something has been unsaved for too long, with a save each `every` seconds."""
        return self.unsaved_for(now, every) is not None

    def unsaved_for(self, now: float, every: float) -> float | None:
        """Seconds, if that is too long."""
        since = now - self._saved_until
        return since if since > max(LEAST, INTERVALS * every) else None
