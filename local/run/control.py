"""What a caller of the Admin API can change, and how each change is carried out."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import defaultdict, deque
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.api_error import ApiError

from . import services
from .container import Images
from .instances import Instance, StartFailed
from .launcher import Launcher
from .operations import Operation, Operations
from .registry import Registry
from .services import RECONCILING, Json, Service
from .serving import Serving, Timing
from .views import service_json

log = logging.getLogger(__name__)


class Control:
    def __init__(
        self,
        images: Images,
        state: Path,
        ingress_port: int,
        timing: Timing,
        writes_per_minute: int,
    ) -> None:
        self.registry = Registry(state / "services")
        self.operations = Operations()
        self.ingress_port = ingress_port
        self._launcher = Launcher(images, state / "logs")
        self._timing = timing
        self._writes_per_minute = writes_per_minute
        self._writes: deque[float] = deque()
        self._serving: dict[str, Serving] = {}
        self._closing: dict[Serving, asyncio.Task[None]] = {}
        self._busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._resumed: set[asyncio.Task[None]] = set()

    def resume(self) -> None:
        """Takes up the services of an earlier process: containers start afresh, unfinished changes go on."""
        for service in self.registry.all():
            self._open(service)
            taking_up = asyncio.create_task(self._take_up(service))
            self._resumed.add(taking_up)
            taking_up.add_done_callback(self._resumed.discard)

    def create(self, parent: str, service_id: str, body: Json) -> Operation:
        """Raises ApiError."""
        self._spend_write()
        service = services.created(parent, service_id, str(uuid.uuid4()), body, _now())
        self.registry.add(service)
        self._open(service)
        return self._begin(service, self._reconcile(service))

    def patch(self, name: str, body: Json, mask: list[str]) -> Operation:
        """Raises ApiError."""
        self._spend_write()
        service = services.patched(self._living(name), body, mask, _now())
        self.registry.save(service)
        return self._begin(service, self._reconcile(service))

    def delete(self, name: str, etag: str) -> Operation:
        """Deletes the service: it takes no request from now on, and is gone when the operation is done. Raises
        ApiError.
        """
        self._spend_write()
        services.check_etag(self._living(name), etag)
        service = services.deleted(self._living(name), _now())
        self.registry.save(service)
        return self._begin(service, self._remove(service))

    def view(self, service: Service) -> Json:
        return service_json(service, self.ingress_port)

    def find(self, service_id: str) -> Serving | None:
        """The service that the ingress sends requests to."""
        return self._serving.get(service_id)

    def instances(self) -> list[tuple[str, Instance, bool]]:
        """Each instance with its service, and whether it takes new requests."""
        found = []
        for serving in [*self._serving.values(), *self._closing]:
            if serving.instance is not None:
                found.append((serving.service.id, serving.instance, True))
            found += [(serving.service.id, instance, False) for instance in serving.leaving]
        return found

    async def close(self) -> None:
        """Stops all instances at once, each with SIGTERM and its grace."""
        for service_id in list(self._serving):
            self._shut(service_id)
        await asyncio.gather(*self._closing.values())

    async def _take_up(self, service: Service) -> None:
        try:
            if service.deleted:
                await self._remove(service)
            elif service.state == RECONCILING:
                await self._reconcile(service)
            else:
                await self._serving[service.id].settle(service)
        except ApiError as error:
            log.warning("%s: %s", service.id, error.message)

    async def _reconcile(self, wish: Service) -> Json:
        """Rolls out the newest state of the service, which may be newer than `wish`. Raises ApiError."""
        await asyncio.sleep(self._timing.operation_seconds)
        async with self._busy[wish.id]:
            service = self._living(wish.name)
            if service.observed_generation >= wish.generation:
                return self.view(service)
            serving = self._serving[service.id]
            try:
                if service.newest.id != service.serving:
                    await serving.roll_out(service.newest)
            except StartFailed as error:
                newest, now = service.newest.id, _now()
                failed = services.failed(self._living(wish.name), newest, service.generation, str(error), now)
                self.registry.save(failed)
                serving.service = failed
                raise ApiError("FAILED_PRECONDITION", services.not_ready(newest, str(error))) from error
            done = services.rolled_out(self._living(wish.name), service.newest.id, service.generation, _now())
            self.registry.save(done)
            await serving.settle(done)
            return self.view(done)

    async def _remove(self, service: Service) -> Json:
        self._shut(service.id)
        await asyncio.sleep(self._timing.operation_seconds)
        async with self._busy[service.id]:
            self.registry.remove(service)
        return self.view(service)

    def _open(self, service: Service) -> None:
        self._serving[service.id] = Serving(service, self._launcher.launch, self._timing)

    def _shut(self, service_id: str) -> None:
        serving = self._serving.pop(service_id)
        closing = asyncio.create_task(serving.close())
        self._closing[serving] = closing
        closing.add_done_callback(lambda _: self._closing.pop(serving))

    def _living(self, name: str) -> Service:
        service = self.registry.get(name)
        if service.deleted:
            raise ApiError("NOT_FOUND", f"Resource '{service.id}' of kind 'SERVICE' was deleted.")
        return service

    def _spend_write(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._writes and self._writes[0] <= now - 60:
            self._writes.popleft()
        if len(self._writes) >= self._writes_per_minute:
            what = "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per region'"
            raise ApiError("RESOURCE_EXHAUSTED", f"{what} ({self._writes_per_minute}).")
        self._writes.append(now)

    def _begin(self, service: Service, work: Coroutine[Any, Any, Json]) -> Operation:
        return self.operations.start(service.parent, self.view(service), work)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
