"""What /proc tells of the member's programs. All of it is theirs to choose but the numbers."""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from agent.places import MEMBER

STOPPED = b"Tt"
"""States of a process that stands still: by a signal, or because a debugger holds it."""


# a name in it has no line's end that is not escaped
_STATUS = re.compile(
    rb"^State:\t(.).*?^TracerPid:\t(\d+).*?^Uid:\t(\d+)(?:.*?^Threads:\t(\d+))?", re.MULTILINE | re.DOTALL
)
_WAITED = re.compile(rb"^voluntary_ctxt_switches:\t(\d+)", re.MULTILINE)


class Program(NamedTuple):
    """One process of the member's."""

    pid: int
    began: int
    """When it was started, in ticks since the machine was: with `pid` no other process is taken for it."""
    parent: int
    group: int
    session: int
    terminal: int
    """The device number of the terminal that controls it; 0 if none does."""
    foreground: int
    """The process group that this terminal's input goes to; -1 if there is none."""
    state: bytes
    is_traced: bool
    ticks: int
    """How long it has used the CPU, without its children."""

    @property
    def is_stopped(self) -> bool:
        return self.state in STOPPED


def programs() -> list[Program]:
    """Every process that runs as the member and is not yet dead."""
    return [program for pid in pids() if (program := read_program(pid)) is not None]


def newest_pid() -> int:
    """The id that was given last to a process or thread of the container."""
    return int(_read("/proc/loadavg").split()[-1])


def pids() -> Iterator[int]:
    return (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())


def read_program(pid: int) -> Program | None:
    """None if it is not the member's, or is dead."""
    try:
        # bytes: a program's name is the member's to choose, and the kernel cuts it in the middle of a character
        state, tracer, uid, threads = _status(pid)
        if int(uid) != MEMBER:
            return None
        if state in b"ZX" and int(threads) <= 1:
            return None
        if state in b"ZXD" + STOPPED and int(threads) > 1:
            # the first thread may have ended, a debugger may hold it alone, or it may wait for a child to exec, while
            # the others work on
            state = _state_of_threads(pid)
            if state == b"Z":  # all have ended, and whoever traces one has not heard of it yet
                return None
        # the program's name, in parentheses, may contain anything
        fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split(None, 20)
    except (FileNotFoundError, ProcessLookupError):
        return None
    parent, group, session, terminal, foreground = map(int, fields[1:6])
    ticks = int(fields[11]) + int(fields[12])
    return Program(pid, int(fields[19]), parent, group, session, terminal, foreground, state, tracer != b"0", ticks)


def times_waited(pid: int) -> int:
    """How often its threads have given the CPU back by themselves, which they do to stand still too; 0 if it is dead.
    What stands still and is not woken keeps its number."""
    try:
        return sum(int(found[1]) for text in _of_threads(pid, "status") if (found := _WAITED.search(text)))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _status(pid: int) -> tuple[bytes, bytes, bytes, bytes]:
    """State, who traces it, user, and how many threads."""
    found = _STATUS.search(_read(f"/proc/{pid}/status"))
    if found is None:
        raise ProcessLookupError(f"the kernel says nothing of process {pid}")
    state, tracer, uid, threads = found.groups()
    return state, tracer, uid, threads or b"1"


def _state_of_threads(pid: int) -> bytes:
    """Of the one that is furthest from standing still."""
    states = {text.rpartition(b")")[2].split(None, 1)[0] for text in _of_threads(pid, "stat")}
    moving = next((state for state in states if state not in b"ZXTtD"), None)
    return moving or next((state for state in (b"D", b"T", b"t") if state in states), b"Z")


def _of_threads(pid: int, name: str) -> Iterator[bytes]:
    """The file of each thread that is not dead. Raises FileNotFoundError if all are."""
    for thread in os.scandir(f"/proc/{pid}/task"):
        try:
            yield _read(f"{thread.path}/{name}")
        except (FileNotFoundError, ProcessLookupError):
            continue


def _read(path: str) -> bytes:
    """Raises FileNotFoundError or ProcessLookupError if the process has ended."""
    # a look at thousands must not take long: pathlib takes several times as much
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
