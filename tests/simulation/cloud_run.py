"""Cloud Run: services with their containers, and the calls that reach them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.errors import TryAgain
from shared.gcp.slot_client import ANSWER_MARGIN_SECONDS, ATTACH_SECONDS, RELEASE_SECONDS, Gone, Silent
from shared.slots.engine import Observed, Verb, Write
from shared.slots.pool import Health
from shared.slots.slot import FIRST_ENGINE
from tests.simulation.container import Container
from tests.simulation.functions import Token
from tests.simulation.network import Network
from tests.simulation.processes import Hub

START_SECONDS = 2.0
GRACE_SECONDS = 10.0


@dataclass
class Service:
    name: str
    image: str
    generation: int
    min_instances: int
    containers: list[Container] = field(default_factory=list)
    """The newest last: it has all the traffic."""

    @property
    def newest(self) -> Container | None:
        return next((container for container in reversed(self.containers) if not container.dead), None)


class Fleet:
    def __init__(self, hub: Hub, network: Network, draw: Callable[[int], int]) -> None:
        self.known: dict[str, Service] = {}
        self.throttles = False
        self.grows = 0
        self._hub = hub
        self._network = network
        self._draw = draw
        self._boots = 0

    def containers(self) -> list[Container]:
        return [container for service in self.known.values() for container in service.containers if not container.dead]

    def make(
        self, name: str, image: str, *, generation: int, min_instances: int, seconds: float = START_SECONDS
    ) -> None:
        service = self.known[name] = Service(name, image, generation, min_instances)
        self.start(service, seconds)

    def start(self, service: Service, seconds: float) -> Container:
        self._boots += 1
        ready_at = self._hub.now + timedelta(seconds=seconds)
        container = Container(self._hub, self._network, service.name, f"boot{self._boots:012}", ready_at)
        container.throttled, container.grows = self.throttles, self.grows
        service.containers.append(container)
        return container

    def kill(self, container: Container) -> None:
        """It is gone without a word. Where one is to be kept, the next one starts."""
        container.dead = True
        for process in [process for process in self._hub.processes if process.owner is container]:
            process.kill()
        service = self.known.get(container.slot)
        if service is not None:
            service.containers.remove(container)
            if service.min_instances and service.newest is None:
                self.start(service, START_SECONDS)

    def stop(self, container: Container) -> None:
        """SIGTERM, and the end when its time is over. The next one has the traffic at once."""
        container.stop()
        self._hub.spawn(f"end of {container.boot}", lambda: self._end(container))

    def _end(self, container: Container) -> None:
        self._hub.sleep(GRACE_SECONDS)
        if not container.dead:
            self.kill(container)

    # the Admin API

    def list(self, names: Collection[str] | None = None) -> dict[str, Observed]:
        self._hub.give_way("before the services are listed")
        asked = [service for service in self.known.values() if names is None or service.name in names]
        return {service.name: self._view(service) for service in asked}

    def _view(self, service: Service) -> Observed:
        newest = service.newest
        return Observed(
            name=service.name,
            engine=FIRST_ENGINE,
            url=url_of(service.name),
            image=service.image,
            incarnation=service.generation,
            kept=bool(service.min_instances),
            ready=newest is None or newest.ready,
            outdated=False,
        )

    def apply(self, write: Write) -> None:
        self._hub.give_way("before a write to a service")
        slot, service = write.slot, self.known.get(write.name)
        if write.verb == Verb.DELETE:
            if service is not None:
                self._replace(service)
                del self.known[write.name]
        elif slot is not None and service is None:
            self.make(slot.name, slot.image, generation=slot.incarnation, min_instances=int(slot.kept))
        elif slot is not None and service is not None:
            service.min_instances = int(slot.kept)
            if write.verb == Verb.REPLACE:
                service.image, service.generation = slot.image, slot.incarnation
                self._replace(service)
                self.start(service, START_SECONDS)
            elif service.newest is None and service.min_instances:
                self.start(service, START_SECONDS)
            elif not service.min_instances and service.newest and service.newest.claims is None:
                self.kill(service.newest)

    def _replace(self, service: Service) -> None:
        for container in list(service.containers):
            if container.claims is None or container.state == "done":
                self.kill(container)
            elif not container.dead:
                self.stop(container)

    # calls to a container

    def attach(self, url: str, token: Token, _heartbeat_url: str, seconds: float = ATTACH_SECONDS) -> str:
        return str(self._call(url, lambda container: container.attach(token), seconds))

    def release(self, url: str, token: Token) -> None:
        self._call(url, lambda container: container.release(token), RELEASE_SECONDS)

    def background_hold(self, url: str, token: Token, seconds: float, quiet: float) -> str:
        until = seconds + ANSWER_MARGIN_SECONDS
        return str(self._call(url, lambda container: container.background_hold(token, seconds, quiet), until))

    def health(self, urls: dict[str, str]) -> dict[str, Health]:
        self._hub.give_way("before containers are asked for their health")
        found = {name: self._newest(url) for name, url in urls.items()}
        return {
            name: Health(ready=container.ready, attached=container.claims is not None)
            for name, container in found.items()
            if container is not None and not container.frozen
        }

    def _newest(self, url: str) -> Container | None:
        service = next((service for service in self.known.values() if url_of(service.name) == url), None)
        if service is None:
            return None
        return service.newest or self.start(service, START_SECONDS)

    def _call(self, url: str, ask: Callable[[Container], Any], seconds: float) -> Any:
        self._hub.give_way("before a call to a container")
        container = self._newest(url)
        if container is None:
            raise Silent("The slot is not ready (404).", 404)
        container.requests += 1
        call = self._hub.spawn(f"call to {container.boot}", lambda: ask(container), owner=container)

        def answered(_process: Any) -> None:
            container.requests -= 1

        call.on_end = answered
        self._hub.wait(call, seconds)
        if not call.done or call.killed:
            raise Silent("The slot does not answer.")
        if isinstance(call.error, Gone | TryAgain):
            raise call.error
        return call.result


def url_of(name: str) -> str:
    return f"https://{name}.example"
