"""A moment at which work that has no end in sight is given up."""

import time


class TooSlow(Exception):
    """There was more to do than there was time for."""


class Deadline:
    """So many seconds from now, by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def is_over(self) -> bool:
        return time.monotonic() >= self._at

    def check(self) -> None:
        """Raises TooSlow once it is over."""
        if self.is_over():
            raise TooSlow("it takes too long to read")
