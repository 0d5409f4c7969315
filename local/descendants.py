"""Every descendant of this process, also one in a session of its own whose parent has ended.

A descendant without a parent is found only if `adopt_orphans` was called before the first process was started.
"""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36


class Descendant(NamedTuple):
    pid: int
    began: int
    """clock ticks since the machine started: a process id alone may be another process's by now"""

    @property
    def command(self) -> str:
        """Its command line; empty once it has ended."""
        return _read(self.pid, "cmdline").replace("\0", " ").strip()

    def variable(self, name: str) -> str | None:
        """The variable's value when the process started. None if the process had no such variable, or belongs to
        another user.
        """
        lines = (line.partition("=") for line in _read(self.pid, "environ").split("\0"))
        return next((value for key, _, value in lines if key == name), None)


def adopt_orphans() -> None:
    """From now on a descendant whose parent ends becomes this process's child, and not that of process 1."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def descendants(but: Collection[Descendant] = ()) -> set[Descendant]:
    """The descendants that run, without those of `but` and their descendants. A zombie does not count."""
    return set(_below(os.getpid(), but))


def still_running(within: float, but: Collection[Descendant] = ()) -> list[Descendant]:
    """The `descendants` that still run after `within` seconds. Returns as soon as there are none."""
    return _outlasting(lambda: sorted(descendants(but)), within)


def kill(within: float, but: Collection[Descendant] = ()) -> None:
    """Sends SIGKILL to `descendants` until there are none. Raises TimeoutError if one still runs after `within`
    seconds.
    """

    def killed() -> list[Descendant]:
        found = sorted(descendants(but))
        for each in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(each.pid, signal.SIGKILL)
        return found

    if remaining := _outlasting(killed, within):
        raise TimeoutError(f"these processes do not end: {', '.join(str(each.pid) for each in remaining)}")


class Reaper:
    """Reaps adopted orphans that have ended.

    A child that was a zombie at two calls in a row is an orphan: whoever starts a child waits for the child sooner.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def __call__(self) -> None:
        zombies = {child for child in _children(os.getpid()) if _status(child)[:1] == ["Z"]}
        for pid in zombies & self._seen:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        self._seen = zombies


@contextmanager
def ending_all() -> Iterator[None]:
    """Kills, at the end of the block, every descendant that was started in the block and still runs.

    A process that was started by a descendant from before the block is left alone, unless its parent ends.
    """
    before = descendants()
    try:
        yield
    finally:
        kill(10, but=before)


def _outlasting(look: Callable[[], list[Descendant]], within: float) -> list[Descendant]:
    """What `look` still finds after `within` seconds. `look` must find nothing twice: while the parent of a process
    ends, that process is seen neither below the old parent nor below the new one.
    """
    deadline = time.monotonic() + within
    empty = 0
    while empty < 2:
        found = look()
        if found and time.monotonic() > deadline:
            return found
        empty = 0 if found else empty + 1
        time.sleep(0.02)
    return []


def _below(pid: int, but: Collection[Descendant]) -> Iterator[Descendant]:
    for child in _children(pid):
        status = _status(child)
        if status and status[0] not in "ZX":
            found = Descendant(child, int(status[19]))
            if found not in but:
                yield found
                yield from _below(child, but)


def _children(pid: int) -> list[int]:
    """The children of all threads of the process."""
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in _read(pid, f"task/{task.name}/children").split()]
    return []


def _status(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on, see proc(5). Empty once the process is gone."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _read(pid: int, name: str) -> str:
    """The text of a file of /proc/PID. Empty if the process has ended or belongs to another user."""
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        return Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
    return ""
