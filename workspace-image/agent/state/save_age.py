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
        self._still_since: float | None = None

    def unchanged(self, began: float) -> None:
        """A scan that began at `began` found no unsaved change."""
        self._saved_until = max(self._saved_until, began)

    def made(self, began: float) -> None:
        """A checkpoint that began at `began` waits for the control plane to accept it."""
        self._made = began

    def accepted(self) -> None:
        """The control plane has accepted the newest checkpoint."""
        self._saved_until = max(self._saved_until, self._made)

    def stand_still(self, since: float) -> None:
        """Nothing in the home changes from `since` on: the member's programs are stopped, and the container may be
        frozen, with all that would save. That time makes no save late. Another call changes nothing."""
        if self._still_since is None:
            self._still_since = since

    def go_on(self, now: float) -> None:
        """The member's programs run. Another call changes nothing."""
        if self._still_since is not None:
            stood = now - self._still_since
            self._saved_until = min(self._saved_until + stood, now)
            self._made = min(self._made + stood, now)
            self._still_since = None

    def is_late(self, now: float, every: float) -> bool:
        """Whether changes have been unsaved for too long, with a save each `every` seconds."""
        return self.unsaved_for(now, every) is not None

    def unsaved_for(self, now: float, every: float) -> float | None:
        """Seconds for which changes have been unsaved, if that is too long; otherwise None."""
        unsaved = (now if self._still_since is None else self._still_since) - self._saved_until
        return unsaved if unsaved > max(LEAST, INTERVALS * every) else None
