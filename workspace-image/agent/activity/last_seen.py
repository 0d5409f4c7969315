"""When each kind of activity was last seen. What the member's side reports can only prolong the member's own
session."""

import time
from pathlib import Path

from agent.clock import ControlClock, elapsed

EDITOR, TERMINAL, PROCESS, PREVIEW = KINDS = ("editor", "terminal", "process", "preview")

NEVER = 0.0
"""Unix seconds of an activity that was watched for and never seen."""
TERMINALS = Path("/dev/pts")


class Activity:
    """Moments are on `elapsed()`. The watch begins when a session begins."""

    def __init__(self) -> None:
        self._watching = False
        self._seen: dict[str, float] = {}
        # false while a browser is open and the extension is not connected: then no activity is known, rather than none
        # seen
        self.editor_is_watched = True

    def begin(self) -> None:
        self._watching = True
        self._seen.clear()

    def saw(self, kind: str, when: float | None = None) -> None:
        moment = elapsed() if when is None else when
        self._seen[kind] = max(self._seen.get(kind, moment), moment)

    def last(self, kind: str) -> float | None:
        """When this kind of activity was last seen; None if never."""
        return self._seen.get(kind)

    def signals(self, clock: ControlClock) -> dict[str, float | None]:
        """The moments on the control plane's clock; None means unknown."""
        signals: dict[str, float | None] = {}
        if self._watching:
            signals |= dict.fromkeys(KINDS, NEVER)
        signals |= {kind: clock.at(moment) for kind, moment in self._seen.items()}
        if not self.editor_is_watched:
            signals[EDITOR] = None
        return signals


def last_terminal_input() -> float | None:
    """When a program last read from a terminal, on `elapsed()`. The kernel keeps this time to within eight seconds."""
    newest = None
    for terminal in TERMINALS.iterdir():
        if terminal.name.isdigit():
            try:
                read = terminal.stat().st_atime
            except FileNotFoundError:
                continue
            newest = max(newest or read, read)
    return None if newest is None else elapsed() - (time.time() - newest)
