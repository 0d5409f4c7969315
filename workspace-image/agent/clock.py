"""Time: the machine's monotonic clock, and the control plane's clock at a moment of it."""

import time

# Seconds. An answer that took longer says too little about the control plane's clock.
PROMPT = 5.0


def elapsed() -> float:
    """Seconds on a clock that never jumps and that continues while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ControlClock:
    """The control plane's clock, learnt from the `now` of its answers."""

    def __init__(self) -> None:
        self._offset: float | None = None

    def learn(self, now: float, sent: float, received: float) -> None:
        """Takes `now` as the time of receiving: a delayed answer makes activity look older, never newer."""
        if self._offset is None or received - sent < PROMPT:
            self._offset = now - received

    def at(self, instant: float) -> float:
        """Unix seconds on the control plane's clock at `instant`, a moment of `elapsed()`."""
        if self._offset is None:
            raise RuntimeError("the control plane has not answered yet")
        return instant + self._offset
