"""The Cloud Run stand-in as a process with a tiny image, and the few calls on it that its tests share."""

import contextlib
import json
import socket
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, TypeVar

from google.api_core.future.polling import DEFAULT_POLLING
from google.api_core.operation import Operation
from google.auth.credentials import AnonymousCredentials
from google.cloud import run_v2

from tests.support.records.factories import IMAGE
from tests.support.stack.observe import until
from tests.support.standins.process import free_port, python, running

PARENT = "projects/demo/locations/asia-northeast3"
TINY = Path(__file__).parent / "tiny_image"
IMAGES = ("tiny", IMAGE, "another-image")
POLLING = DEFAULT_POLLING.with_delay(initial=0.05, maximum=0.2)

T = TypeVar("T")


class CloudRun:
    """Google's own clients of one stand-in, and requests through its ingress."""

    def __init__(self, admin_port: int, ingress_port: int, state: Path) -> None:
        self.admin_port = admin_port
        self.ingress_port = ingress_port
        self.state = state
        options = {"api_endpoint": f"http://127.0.0.1:{admin_port}"}
        anybody = AnonymousCredentials()
        self.services = run_v2.ServicesClient(transport="rest", client_options=options, credentials=anybody)
        self.revisions = run_v2.RevisionsClient(transport="rest", client_options=options, credentials=anybody)

    def create(self, service_id: str, **wishes: Any) -> run_v2.Service:
        return done(self.services.create_service(parent=PARENT, service=service(**wishes), service_id=service_id))

    def update(self, service_id: str, *mask: str, **wishes: Any) -> run_v2.Service:
        wish = service(**wishes)
        wish.name = name(service_id)
        return done(self.services.update_service(service=wish, update_mask={"paths": list(mask)}))

    def get(self, service_id: str) -> run_v2.Service:
        return self.services.get_service(name=name(service_id))

    def instances(self, service_id: str) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/_standin/instances", timeout=30) as answer:
            return [found for found in json.load(answer)["instances"] if found["service"] == service_id]

    def instance(self, service_id: str) -> dict[str, Any]:
        """The one that takes requests, when there is one."""
        return eventually(lambda: next((i for i in self.instances(service_id) if i["serving"]), None))

    def frozen(self, service_id: str) -> dict[str, Any]:
        """The instance, once it is frozen."""
        return eventually(lambda: next((i for i in self.instances(service_id) if i["frozen"]), None))

    def log(self, revision_id: str, number: int = 1) -> str:
        return (self.state / "logs" / f"{revision_id}-{number}.log").read_text()

    @contextlib.contextmanager
    def connection(self, service_id: str) -> Iterator["Connection"]:
        connection = Connection(service_id, self.ingress_port)
        try:
            yield connection
        finally:
            connection.close()

    def about(self, service_id: str, path: str = "/") -> dict[str, Any]:
        """What the container says about itself."""
        with self.connection(service_id) as connection:
            answer = connection.ask("GET", path)
            assert answer.status == 200, answer.read()
            told: dict[str, Any] = json.loads(answer.read())
            return told

    @contextlib.contextmanager
    def tunnel(self, service_id: str) -> Iterator[socket.socket]:
        """An open WebSocket, as far as the ingress sees it: what follows the handshake is raw."""
        with socket.create_connection(("127.0.0.1", self.ingress_port), timeout=30) as raw:
            host = f"{service_id}.localhost:{self.ingress_port}"
            raw.sendall(f"GET /tunnel HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive, Upgrade\r\n".encode())
            raw.sendall(b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n")
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                byte = raw.recv(1)
                assert byte, head
                head += byte
            assert head.startswith(b"HTTP/1.1 101"), head
            yield raw


class Connection(HTTPConnection):
    """A client's connection to one service, kept alive like a browser's."""

    def __init__(self, service_id: str, port: int) -> None:
        super().__init__("127.0.0.1", port, timeout=30)
        self._named = f"{service_id}.localhost:{port}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        self.request(method, path, body, {"Host": self._named, **headers})
        return self.getresponse()


@contextlib.contextmanager
def cloud_run(
    state: Path, *options: object, ports: tuple[int, int] | None = None, image: Path = TINY
) -> Iterator[CloudRun]:
    """`image` is an installed one; it is there by each of IMAGES."""
    images = state.with_suffix(".images")
    images.mkdir(exist_ok=True)
    for each in IMAGES:
        if not (images / each).exists():
            (images / each).symlink_to(image)
    admin_port, ingress_port = ports or (free_port(), free_port())
    argv = python("-m", "local.run", "--admin-port", admin_port, "--ingress-port", ingress_port, "--state", state)
    argv += ["--images", str(images), "--runtime", str(TINY / "runtime.toml")]
    argv += ["--operation-seconds", "0.1", "--writes-per-minute", "1000", *map(str, options)]
    with running(argv, state.with_suffix(".log")):
        yield CloudRun(admin_port, ingress_port, state)


def service(
    minimum: int = 0, env: dict[str, str] | None = None, timeout: int = 300, container: Any = None, **template: Any
) -> run_v2.Service:
    variables = [{"name": key, "value": value} for key, value in (env or {}).items()]
    containers = [{"image": "tiny", "env": variables, **(container or {})}]
    return run_v2.Service(
        template={"containers": containers, "timeout": {"seconds": timeout}, **template},
        scaling={"min_instance_count": minimum, "max_instance_count": 1},
    )


def name(service_id: str) -> str:
    return f"{PARENT}/services/{service_id}"


def done(operation: Operation) -> run_v2.Service:
    result: run_v2.Service = operation.result(timeout=60, polling=POLLING)
    return result


def eventually(look: Callable[[], T | None]) -> T:
    """What `look` finds, as soon as it finds something."""
    return until(look, "what this test waits for")
