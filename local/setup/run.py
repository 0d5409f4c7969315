"""Runs the steps of the set-up, as many at once as their needs allow."""

import asyncio
import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.problem import Problem
from local.progress import Progress
from local.setup.shell import Shell
from local.setup.step import Stamps, Step


def prepare(root: Path, steps: Sequence[Step]) -> None:
    """Runs the steps that are not done yet. Raises the first failed step's Problem. Two set-ups of one checkout run one
    after the other.
    """
    progress = Progress()
    try:
        with _turn(root / "build") as turn:
            asyncio.run(_Preparation(root, steps, progress, turn).run())
    finally:
        progress.close()


class _Preparation:
    def __init__(self, root: Path, steps: Sequence[Step], progress: Progress, turn: int) -> None:
        self._root = root
        self._turn = turn
        self._steps = steps
        self._progress = progress
        self._stamps = Stamps(root / "build/stamps")
        self._done = {step.name: asyncio.Event() for step in steps}

    async def run(self) -> None:
        if not self._stamps.are_any():
            print("The first set-up takes about three minutes, and downloads some 600 MB.", flush=True)
        try:
            async with asyncio.TaskGroup() as group:
                for step in self._steps:
                    group.create_task(self._do(step))
        except* Problem as problems:
            raise problems.exceptions[0] from None

    async def _do(self, step: Step) -> None:
        for need in step.needs:
            await self._done[need].wait()
        if not self._stamps.is_done(step):
            self._progress.report(step.name, "preparing")
            log = self._root / "build/log" / f"{step.name.replace(' ', '-')}.log"
            self._stamps.begin(step)
            await step.run(Shell(self._root, step.name, log, self._progress.detail, self._turn))
            self._stamps.record(step)
        self._progress.report(step.name, "ready")
        self._done[step.name].set()


@contextmanager
def _turn(folder: Path) -> Iterator[int]:
    """Holds a lock file in the block. The programs of the steps inherit the lock: a set-up that follows a killed one
    waits until those programs have ended.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()
