"""Whether programs of the member's are at work: their use of the CPU between two looks, without the editor's own."""

import os
from pathlib import Path

from agent.clock import elapsed
from agent.processes import member_processes
from agent.settings import IMAGE

# Share of one CPU, all programs together. A development server that waits for changes stays far below it.
NOTICEABLE = 0.10

_TICKS = os.sysconf("SC_CLK_TCK")
_EDITOR = str(IMAGE / "node/node_modules/code-server/").encode()


class CpuWatch:
    def __init__(self) -> None:
        self._looked = elapsed()
        self._used: dict[int, float] = {}

    def is_busy(self) -> bool:
        """Whether they used a noticeable share since the last look."""
        now, used = elapsed(), {pid: _cpu_seconds(pid) for pid in member_processes() if not _is_editor(pid)}
        spent = sum(seconds - self._used.get(pid, 0.0) for pid, seconds in used.items())
        span = now - self._looked
        self._looked, self._used = now, used
        return span > 0 and spent / span > NOTICEABLE


def _cpu_seconds(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    # the program's name, in parentheses, may contain anything
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _is_editor(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return any(word.startswith(_EDITOR) for word in words[1:4])
