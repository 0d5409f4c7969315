"""One service: which instance takes its requests, when an instance starts, and when it stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from local.api_error import ApiError

from .instances import Instance, StartFailed
from .services import Revision, Service

# a container that lived shorter than this crashed; the pause before the next try doubles with each crash in a row
CRASH_SECONDS = 10.0
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 30.0

log = logging.getLogger(__name__)

Launch = Callable[[Service, Revision], Awaitable[Instance]]


@dataclass(frozen=True)
class Timing:
    """In seconds: what a change takes at least, how long an instance beyond the minimum stays without requests, and
    how long one has from SIGTERM to SIGKILL."""

    operation_seconds: float
    idle_seconds: float
    grace_seconds: float


class NoInstance(Exception):
    """No instance may take the request. `status` is the HTTP status that Cloud Run's front end answers."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Serving:
    """At most one instance takes requests (`instance`). The instances in `leaving` finish their requests and stop."""

    def __init__(self, service: Service, launch: Launch, timing: Timing) -> None:
        self.service = service
        self.instance: Instance | None = None
        self.leaving: set[Instance] = set()
        self._launch = launch
        self._timing = timing
        self._start: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._farewells: set[asyncio.Task[None]] = set()
        self._crashes = 0
        self._closed = False

    async def roll_out(self, revision: Revision) -> None:
        """Starts an instance of `revision` and gives it all traffic once it is ready; the one before gets SIGTERM.
        Raises StartFailed when it does not become ready; traffic then stays where it was. Raises ApiError ABORTED when
        the service was closed meanwhile."""
        instance = await self._started(revision)
        if self._closed:
            self._dismiss(instance)
            raise ApiError("ABORTED", f"Service '{self.service.id}' was closed.")
        self._crashes = 0
        self._adopt(instance)

    async def settle(self, service: Service) -> None:
        """Carries out what `service` asks for. With a minimum of 1, waits for one attempt to start its instance."""
        self.service = service
        if self._wanted:
            self._cancel_idle()
            if self.instance is None:
                await asyncio.shield(self._starting())
        elif self.instance is not None and self.instance.open_requests == 0:
            self._watch_idle()

    @asynccontextmanager
    async def request(self) -> AsyncIterator[Instance]:
        """The instance for one request, which has CPU until the block ends. Starts one when there is none.
        Raises NoInstance."""
        instance = await self._available()
        if instance.open_requests >= instance.template.concurrency:
            raise NoInstance(429, "Rate exceeded.")
        self._cancel_idle()
        instance.begin_request()
        try:
            yield instance
        finally:
            instance.end_request()
            if instance is self.instance and instance.open_requests == 0 and not self._wanted:
                self._watch_idle()

    async def close(self) -> None:
        """SIGTERM to every instance; returns when all have ended. One that is still starting is sent away when it is
        ready."""
        self._closed = True
        self._cancel_idle()
        if self._retry is not None:
            self._retry.cancel()
        if self.instance is not None:
            self._dismiss(self.instance)
        while self._farewells:
            await asyncio.gather(*self._farewells)

    @property
    def _wanted(self) -> bool:
        return self.service.min_instances > 0 and bool(self.service.serving) and not self._closed

    async def _available(self) -> Instance:
        while self.instance is None:
            if self._closed or not self.service.serving:
                raise NoInstance(404 if self._closed else 503, "No revision of this service is ready.")
            start = self._starting()
            await asyncio.shield(start)
            if self.instance is None and self.service.serving == start.get_name():
                raise NoInstance(503, "The request failed because the instance could not start successfully.")
        return self.instance

    def _starting(self) -> asyncio.Task[None]:
        """The one start that is under way, named after its revision."""
        if self._start is None or self._start.done():
            self._start = asyncio.create_task(self._start_serving(), name=self.service.serving)
        return self._start

    async def _start_serving(self) -> None:
        revision = self.service.revision(self.service.serving)
        try:
            instance = await self._started(revision)
        except StartFailed as error:
            log.warning("%s: %s", revision.id, error)
            self._crashed()
            return
        if self._closed or self.instance is not None or self.service.serving != revision.id:
            self._dismiss(instance)
        else:
            self._adopt(instance)

    async def _started(self, revision: Revision) -> Instance:
        instance = await self._launch(self.service, revision)
        try:
            await instance.ready()
        except StartFailed:
            instance.kill()
            await instance.exited
            raise
        return instance

    def _adopt(self, instance: Instance) -> None:
        before, self.instance = self.instance, instance
        instance.exited.add_done_callback(lambda _: self._ended(instance))
        if before is not None:
            self._dismiss(before)
        if not self._wanted:
            self._watch_idle()

    def _dismiss(self, instance: Instance) -> None:
        if instance is self.instance:
            self.instance = None
        self.leaving.add(instance)
        farewell = asyncio.create_task(instance.stop(self._timing.grace_seconds))
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)
        farewell.add_done_callback(lambda _: self.leaving.discard(instance))

    def _ended(self, instance: Instance) -> None:
        if instance is not self.instance:
            return
        log.warning(
            "%s #%d ended by itself, status %s", instance.revision.id, instance.number, instance.exited.result()
        )
        self.instance = None
        if asyncio.get_running_loop().time() - instance.started < CRASH_SECONDS:
            self._crashed()
        else:
            self._crashes = 0
            self._keep()

    def _crashed(self) -> None:
        self._crashes += 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self._crashes - 1))
        self._retry = asyncio.get_running_loop().call_later(pause, self._keep)

    def _keep(self) -> None:
        if self._wanted and self.instance is None:
            self._starting()

    def _watch_idle(self) -> None:
        self._cancel_idle()
        self._idle = asyncio.get_running_loop().call_later(self._timing.idle_seconds, self._idled)

    def _cancel_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _idled(self) -> None:
        instance = self.instance
        if instance is not None and instance.open_requests == 0 and not self._wanted:
            self._dismiss(instance)
