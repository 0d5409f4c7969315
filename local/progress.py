"""What a person sees while things are prepared: a live line for each on a terminal, plain lines otherwise."""

import shutil
import sys
import time
from typing import TextIO


class Progress:
    """Shows one line for each name. Call `close` before anything else is printed."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._live = out.isatty()
        self._states: dict[str, str] = {}
        self._since: dict[str, float] = {}
        self._drawn = 0

    def report(self, name: str, state: str) -> None:
        """`name` is now in `state`, a few words."""
        self._since.setdefault(name, time.monotonic())
        self._states[name] = state
        if self._live:
            self._draw()
        else:
            print(f"{name}: {state} ({self._seconds(name)})", file=self._out, flush=True)

    def detail(self, name: str, line: str) -> None:
        """The newest line of output of `name`; shown on a terminal only."""
        if self._live and line:
            self._states[name] = "".join(character for character in line if character.isprintable())
            self._draw()

    def close(self) -> None:
        """Leaves the live lines as they are: what is printed next stands below them."""
        self._drawn = 0
        self._states.clear()
        self._since.clear()

    def _draw(self) -> None:
        columns = shutil.get_terminal_size().columns
        width = max(map(len, self._states))
        lines = [f"  {name:<{width}}  {state}"[: columns - 1] for name, state in self._states.items()]
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._out.write(up + "".join(f"\x1b[2K{line}\n" for line in lines))
        self._out.flush()
        self._drawn = len(lines)

    def _seconds(self, name: str) -> str:
        return f"{time.monotonic() - self._since[name]:.0f} s"
