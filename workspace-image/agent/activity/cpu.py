"""Whether the member's programs are at work: the CPU time that they used between two looks, without the editor's own
processes."""

import os
from pathlib import Path

from agent.activity.processes import member_processes
from agent.clock import elapsed
from agent.paths import IMAGE

# Share of one CPU, of all programs together. A development server that waits for changes stays far below it.
NOTICEABLE = 0.10

_TICKS = os.sysconf("SC_CLK_TCK")
_EDITOR = tuple(str(IMAGE / folder).encode() for folder in ("editor/", "node/node_modules/code-server/"))


class CpuWatch:
    def __init__(self) -> None:
        self._looked = elapsed()
        self._used = _cpu_seconds_of_programs()

    def is_busy(self) -> bool:
        """Whether the programs used a noticeable share of the CPU since the last call."""
        now, used = elapsed(), _cpu_seconds_of_programs()
        spent, span = used - self._used, now - self._looked
        self._looked, self._used = now, used
        return span > 0 and spent / span > NOTICEABLE


def _cpu_seconds_of_programs() -> float:
    return sum(_cpu_seconds(pid) for pid in member_processes() if not _is_editor(pid))


def _cpu_seconds(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    # the program's name, in parentheses, may contain anything
    fields = text.rpartition(b")")[2].split()
    # with its ended children: a build is many short programs that no look would see
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS


def _is_editor(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return True
    # the editor starts bash with an init file of its own; bash is the member's program
    return words[0].endswith(b"node") and any(word.startswith(_EDITOR) for word in words[1:])
