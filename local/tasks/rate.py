"""How fast a queue may dispatch: the token bucket that Cloud Tasks documents."""


class TokenBucket:
    """Holds at most `burst` tokens and gains `rate` of them a second. It starts full."""

    def __init__(self) -> None:
        self._tokens = float("inf")
        self._filled = 0.0

    def take(self, rate: float, burst: int, now: float) -> float:
        """Takes a token and answers 0, or takes none and answers in how many seconds there is one.

        `now` is in seconds of a clock that never goes back. Rate and burst may change between calls.
        """
        self._tokens = min(burst, self._tokens + (now - self._filled) * rate)
        self._filled = now
        if self._tokens < 1:
            return (1 - self._tokens) / rate
        self._tokens -= 1
        return 0
