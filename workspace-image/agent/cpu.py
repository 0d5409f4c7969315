"""Whether programs of the member's are at work: their use of the CPU between two looks, without the editor's own."""

import os
from pathlib import Path

from agent.clock import elapsed
from agent.places import IMAGE
from agent.processes import member_processes

# Share of one CPU, all programs together. A development server that waits for changes stays far below it.
NOTICEABLE = 0.10

_TICKS = os.sysconf("SC_CLK_TCK")
_EDITOR = str(IMAGE / "node/node_modules/code-server/").encode()


class CpuWatch:
    def __init__(self) -> None:
        self._looked = elapsed()
        self._used = _cpu_seconds_of_programs()

    def is_busy(self) -> bool:
        """Whether they used a noticeable share since the last look."""
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
    # with its ended children's: a build is many short programs that no look would ever see
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS


def _is_editor(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return True
    # not bash, which the editor starts with a file of its own
    return words[0].endswith(b"node") and any(word.startswith(_EDITOR) for word in words[1:])
