"""Stops a process tree and lets it go on, by SIGSTOP and SIGCONT: a freezer that needs no cgroups."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

# seconds between two looks at a tree that has not stopped yet
PAUSE = 0.002
STOPPED = frozenset("TtZX")
# a parent that waits in vfork sits in D until its stopped child goes on: it cannot run, and never shows T
WAITING = "D"
PATIENCE = 50


class Freezer:
    """For a process that is 1 in a pid namespace of its own, so nothing below it ever leaves the tree."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._wanted = False
        self._stopped: list[int] = []  # parents first
        self.frozen = False

    async def freeze(self) -> None:
        """Returns when every process has stopped, or when somebody thawed them meanwhile."""
        self._wanted = True
        before: list[int] = []
        look = 0
        while self._wanted:
            look += 1
            tree = _tree(self._root)
            moving = [pid for pid, states in tree.items() if not states <= STOPPED]
            if look > PATIENCE:
                moving = [pid for pid in moving if not tree[pid] <= STOPPED | {WAITING}]
            for pid in moving:
                if _send(pid, signal.SIGSTOP):
                    self._stopped.append(pid)
            # a process forked in between is only seen by looking again
            if not moving and list(tree) == before:
                self.frozen = True
                return
            before = list(tree)
            await asyncio.sleep(PAUSE)

    def thaw(self) -> None:
        """Children first: a shell that goes on before them would see them stopped. What was stopped before the
        freeze, such as a job that the member suspended, stays so."""
        self._wanted = self.frozen = False
        for pid in reversed(self._stopped):
            _send(pid, signal.SIGCONT)
        self._stopped.clear()


def _tree(root: int) -> dict[int, set[str]]:
    """Every process from `root` down, parents first, with the states of its threads."""
    tree: dict[int, set[str]] = {}
    queue = [root]
    for pid in queue:
        threads = [_look(thread) for thread in _threads(pid)]
        states = {state for state, _ in threads if state}
        queue += [child for _, children in threads for child in children]
        if states:
            tree[pid] = states
    return tree


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return []  # the process ended meanwhile


def _look(thread: Path) -> tuple[str, list[int]]:
    """The state of one thread and the processes that it started; ("", []) when it has ended."""
    try:
        state = (thread / "stat").read_text().rpartition(")")[2].split()[0]
        return state, [int(child) for child in (thread / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return "", []


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
