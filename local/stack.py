"""Starts the parts of a stack as their needs allow, watches them, and stops them in the opposite order."""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from local.descendants import Reaper, adopt_orphans, descendants, kill, still_running
from local.parts import Part
from local.ports import answers
from local.problem import Problem
from local.process import Process

READY_WITHIN = 120.0  # seconds; a part that takes longer counts as hanging
VALUE_ERROR = "ValueError: "
REAP_EVERY = 5.0  # seconds
LEFT_WITHIN = 5.0  # seconds for what a part had started, once the part has ended


class Stack:
    """Some parts, running. Use as `async with Stack(...)`: whatever happens inside, every process ends."""

    def __init__(self, parts: Sequence[Part], root: Path, logs: Path, report: Callable[[str, str], None]) -> None:
        """`report(part, state)` is called with every change. Needs outside `parts` are ignored."""
        self._parts = {part.name: part for part in parts}
        self._root = root
        self._logs = logs
        self._report = report
        self._running: dict[str, Process] = {}
        self._ready = {name: asyncio.Event() for name in self._parts}
        self._gone = {name: asyncio.Event() for name in self._parts}

    async def __aenter__(self) -> "Stack":
        adopt_orphans()
        self._before = descendants()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await asyncio.gather(*(self._stop(part) for part in self._parts.values()))
        try:
            await asyncio.to_thread(self._kill_what_is_left)
        except TimeoutError as error:
            if kind is None:
                raise
            print(error, file=sys.stderr)  # the exception that ended the stack says more, and is the one that is raised

    async def start(self) -> None:
        """Returns when every part is ready. Raises Problem when one ends or hangs."""
        async with _first_failure() as group:
            for part in self._parts.values():
                group.create_task(self._start(part))

    async def watch(self) -> None:
        """Never returns. Starts a `replaced` part again when it ends. Raises Problem if another part ends, or if a part
        can't be started again.
        """
        async with _first_failure() as group:
            for part in self._parts.values():
                group.create_task(self._keep(part))
            group.create_task(_reap_orphans())

    async def _keep(self, part: Part) -> None:
        while part.replaced:
            code = await self._running[part.name].ended()
            self._report(part.name, f"ended by itself with exit code {code}")
            await self._running[part.name].stop(part.grace)  # the rest of the part's process group holds the port
            await self._launch(part)
        await self._until_end(part, self._running[part.name])

    async def _start(self, part: Part) -> None:
        for need in self._in_this_stack(part.needs):
            await self._ready[need].wait()
        _start_log(self._log(part))
        await self._launch(part)
        self._ready[part.name].set()

    async def _launch(self, part: Part) -> None:
        """Returns when the part is ready. Raises Problem when it ends before, or hangs."""
        self._report(part.name, "starting")
        process = await Process.start(part.argv, part.env, self._root, self._log(part))
        self._running[part.name] = process
        ended = asyncio.create_task(self._until_end(part, process))
        listening = asyncio.create_task(_listening(part, self._log(part)))
        try:
            async with asyncio.timeout(READY_WITHIN):
                await asyncio.wait([ended, listening], return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise Problem(f"{part.name} is not ready after {READY_WITHIN:.0f} s; its log: {self._log(part)}") from None
        finally:
            listening.cancel()
            ended.cancel()
        if ended.done() and not ended.cancelled():
            if error := _settings_error(self._log(part)):
                raise Problem(f"{part.name} did not start: {error}; its log: {self._log(part)}")
            ended.result()
        self._report(part.name, "ready")

    async def _until_end(self, part: Part, process: Process) -> None:
        code = await process.ended()
        raise Problem(f"{part.name} ended by itself with exit code {code}; its log: {self._log(part)}")

    async def _stop(self, part: Part) -> None:
        """Waits until everything that needs `part` is gone, then ends it."""
        for other in self._parts.values():
            if part.name in other.needs:
                await self._gone[other.name].wait()
        process = self._running.get(part.name)
        if process is not None:
            await process.stop(part.grace)
            self._report(part.name, "stopped")
        self._gone[part.name].set()

    def _kill_what_is_left(self) -> None:
        for each in still_running(LEFT_WITHIN, but=self._before):
            print(f"process {each.pid} ({each.command}) was left by a part and is killed", file=sys.stderr)
        kill(LEFT_WITHIN, but=self._before)

    def _in_this_stack(self, needs: Sequence[str]) -> list[str]:
        return [need for need in needs if need in self._parts]

    def _log(self, part: Part) -> Path:
        return self._logs / f"{part.name}.log"


async def _reap_orphans() -> None:
    reap = Reaper()
    while True:
        await asyncio.sleep(REAP_EVERY)
        reap()


def _start_log(log: Path) -> None:
    """Makes an empty log. The log of the run before is kept as `.before`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".before"))
    log.touch()


def _settings_error(log: Path) -> str:
    """The message of the ValueError by which a Python program refuses its settings. Empty if the log ends otherwise."""
    lines = log.read_text(errors="replace").splitlines()
    return lines[-1].removeprefix(VALUE_ERROR) if lines and lines[-1].startswith(VALUE_ERROR) else ""


async def _listening(part: Part, log: Path) -> None:
    for port in part.ports:
        while not await asyncio.to_thread(answers, port):  # noqa: ASYNC110  # another process's event
            await asyncio.sleep(0.05)
    while part.ready_words not in log.read_text(errors="replace"):  # noqa: ASYNC110, ASYNC240  # a small file of our own
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def _first_failure():  # type: ignore[no-untyped-def]
    """A task group that raises the first Problem instead of a group of exceptions: a person needs one line."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except* Problem as problems:
        raise problems.exceptions[0] from None
