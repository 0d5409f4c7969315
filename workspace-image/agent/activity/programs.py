"""Reads the member's programs from /proc. The member chooses all text in it; only the numbers can be trusted."""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from agent.paths import MEMBER

STOPPED = b"Tt"
"""States of a process that stands still: stopped by a signal, or by a debugger."""


# the kernel escapes line ends in a name
_STATUS = re.compile(
    rb"^State:\t(.).*?^TracerPid:\t(\d+).*?^Uid:\t(\d+)(?:.*?^Threads:\t(\d+))?", re.MULTILINE | re.DOTALL
)
_WAITED = re.compile(rb"^voluntary_ctxt_switches:\t(\d+)", re.MULTILINE)


class Program(NamedTuple):
    """One process of the member's."""

    pid: int
    began: int
    """When the process was started, in ticks since the machine was. `pid` and `began` together name one process."""
    parent: int
    group: int
    session: int
    terminal: int
    """The device number of its controlling terminal; 0 if there is none."""
    foreground: int
    """The foreground process group of this terminal; -1 if there is none."""
    state: bytes
    is_traced: bool
    ticks: int
    """CPU time of the process, without its children."""

    @property
    def is_stopped(self) -> bool:
        return self.state in STOPPED


def programs() -> list[Program]:
    """Every living process of the member's."""
    return [program for pid in pids() if (program := read_program(pid)) is not None]


def newest_pid() -> int:
    """The newest id of a process or thread in the container."""
    return int(_read("/proc/loadavg").split()[-1])


def pids() -> Iterator[int]:
    return (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())


def read_program(pid: int) -> Program | None:
    """The process; None if it is not the member's, or is dead."""
    try:
        # bytes: the member chooses a program's name, and the kernel may cut it in the middle of a character
        state, tracer, uid, threads = _status(pid)
        if int(uid) != MEMBER:
            return None
        if state in b"ZX" and int(threads) <= 1:
            return None
        if state in b"ZXD" + STOPPED and int(threads) > 1:
            # the first thread may have ended, or be stopped by a debugger, or wait for a child's exec, while other
            # threads work
            state = _state_of_threads(pid)
            if state == b"Z":  # all threads have ended, and the tracer has not been told yet
                return None
        # the name, in parentheses, may contain anything
        fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split(None, 20)
    except (FileNotFoundError, ProcessLookupError):
        return None
    parent, group, session, terminal, foreground = map(int, fields[1:6])
    ticks = int(fields[11]) + int(fields[12])
    return Program(pid, int(fields[19]), parent, group, session, terminal, foreground, state, tracer != b"0", ticks)


def times_waited(pid: int) -> int:
    """How often the process's threads have given up the CPU by themselves, which they also do when they stop; 0 if the
    process is dead. The number stays the same while the process stands still."""
    try:
        return sum(int(match[1]) for text in _of_threads(pid, "status") if (match := _WAITED.search(text)))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _status(pid: int) -> tuple[bytes, bytes, bytes, bytes]:
    """The state, the tracer's id, the user and the number of threads."""
    match = _STATUS.search(_read(f"/proc/{pid}/status"))
    if match is None:
        raise ProcessLookupError(f"the kernel says nothing of process {pid}")
    state, tracer, uid, threads = match.groups()
    return state, tracer, uid, threads or b"1"


def _state_of_threads(pid: int) -> bytes:
    """The state of the thread that is furthest from standing still."""
    states = {text.rpartition(b")")[2].split(None, 1)[0] for text in _of_threads(pid, "stat")}
    moving = next((state for state in states if state not in b"ZXTtD"), None)
    return moving or next((state for state in (b"D", b"T", b"t") if state in states), b"Z")


def _of_threads(pid: int, name: str) -> Iterator[bytes]:
    """The content of the file `name` of each living thread. Raises FileNotFoundError if there is none."""
    for thread in os.scandir(f"/proc/{pid}/task"):
        try:
            yield _read(f"{thread.path}/{name}")
        except (FileNotFoundError, ProcessLookupError):
            continue


def _read(path: str) -> bytes:
    """Raises FileNotFoundError or ProcessLookupError if the process has ended."""
    # a look at thousands of processes must be quick: pathlib takes several times as long
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
