"""Time: how long ago something was here, and what the control plane's clock showed then."""

import time

# An answer that took longer than this says too little about when it was given.
PROMPT = 5.0


def elapsed() -> float:
    """Seconds on a clock that never jumps and that goes on while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ControlClock:
    """The control plane's clock, as learnt from the `now` of its answers."""

    def __init__(self) -> None:
        self._offset: float | None = None

    def learn(self, now: float, sent: float, received: float) -> None:
        """Takes the moment of receiving: an answer delayed on its way makes activity look older, never newer."""
        if self._offset is None or received - sent < PROMPT:
            self._offset = now - received

    def at(self, instant: float) -> float:
        """Unix seconds on the control plane's clock at `instant` of `elapsed()`."""
        if self._offset is None:
            raise RuntimeError("the control plane has not answered yet")
        return instant + self._offset
