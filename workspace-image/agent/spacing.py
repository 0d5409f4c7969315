"""Limits how often something is done that anybody can ask for: a few times at once, then at intervals."""


class Spacing:
    """A token bucket: `burst` tokens at once, and one more each `every` seconds. Moments are on `elapsed()`."""

    def __init__(self, burst: int) -> None:
        self._burst = burst
        self._left = float(burst)
        self._at = 0.0

    def wait(self, now: float, every: float) -> float:
        """Seconds until there is a token; 0 if there is one now."""
        return max(0.0, (1 - self._filled(now, every)) * every)

    def take(self, now: float, every: float) -> None:
        """Takes a token."""
        self._left, self._at = max(0.0, self._filled(now, every) - 1), now

    def _filled(self, now: float, every: float) -> float:
        return min(self._burst, self._left + max(0.0, now - self._at) / every)
