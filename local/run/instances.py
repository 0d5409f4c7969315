"""One instance: a container from its start to its end, frozen whenever no request is open."""

from __future__ import annotations

import asyncio
import logging
import os
import signal

from .freezer import Freezer
from .probes import until_ready
from .services import Revision

# a page is hundreds of requests in a row; without this, each would freeze and thaw the whole tree
FREEZE_AFTER = 0.02

log = logging.getLogger(__name__)


class StartFailed(Exception):
    """A container ended, or its time was up, before it was ready. The message is Cloud Run's."""


class Instance:
    """Made by a Launcher. `pid` is the container's process 1, as this machine counts."""

    def __init__(
        self, revision: Revision, number: int, port: int, process: asyncio.subprocess.Process, pid: int
    ) -> None:
        self.revision = revision
        self.number = number
        self.port = port
        self.pid = pid
        self.template = revision.read()
        self.open_requests = 0
        self.started = asyncio.get_running_loop().time()
        self.exited = asyncio.create_task(process.wait())
        self._process = process
        self._freezer = Freezer(pid)
        self._freezing: asyncio.Task[None] | None = None
        self._has_cpu = True

    @property
    def frozen(self) -> bool:
        return self._freezer.frozen

    async def ready(self) -> None:
        """Waits for the startup probe, with CPU; from then on CPU is for requests. Raises StartFailed."""
        limit = self.template.startup_seconds
        probe = asyncio.create_task(until_ready(self.port, self.template.startup_path))
        try:
            done, _ = await asyncio.wait({probe, self.exited}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        finally:
            probe.cancel()
        if probe not in done:
            how = f"It ended with status {self.exited.result()}." if done else f"It had {limit:g} seconds."
            raise StartFailed(
                "The user-provided container failed to start and listen on the port defined provided by the"
                f" PORT={self.port} environment variable within the allocated timeout. {how}"
            )
        self._has_cpu = not self.template.throttled
        self._rest()

    def begin_request(self) -> None:
        self.open_requests += 1
        self._wake()

    def end_request(self) -> None:
        self.open_requests -= 1
        self._rest()

    async def stop(self, grace_seconds: float) -> None:
        """Sends SIGTERM, with CPU, and SIGKILL after the grace. Returns when every process has ended."""
        self._has_cpu = True
        self._wake()
        self._signal(signal.SIGTERM)
        done, _ = await asyncio.wait({self.exited}, timeout=grace_seconds)
        if not done:
            log.warning("%s #%d did not end within its grace: SIGKILL", self.revision.id, self.number)
            self.kill()
            await self.exited

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _wake(self) -> None:
        if self._freezing is not None:
            self._freezing.cancel()
            self._freezing = None
            if not self.exited.done():
                self._freezer.thaw()

    def _rest(self) -> None:
        if self.open_requests == 0 and not self._has_cpu and self._freezing is None and not self.exited.done():
            self._freezing = asyncio.create_task(self._freeze())

    async def _freeze(self) -> None:
        await asyncio.sleep(FREEZE_AFTER)
        await self._freezer.freeze()

    def _signal(self, number: signal.Signals) -> None:
        # the kernel gives the child's process id to no other process until bubblewrap itself is reaped
        if self._process.returncode is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                log.info("%s #%d had just ended", self.revision.id, self.number)
