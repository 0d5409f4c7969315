"""What stands between one container and the world, on the way to the control plane and the storage.

The session, the functions and the emulators are the stack's own. Only this one container reaches them through here.
"""

import json
import threading
from contextlib import ExitStack
from typing import Self

import httpx

from tests.support.http_server import Handler, serving
from tests.support.stack.running import Running

BEAT, READ, WRITE = "beat", "read", "write"
"""What a container sends: heartbeats, and requests to the storage that read or that create an object."""
PATIENCE = 120.0
HEADERS = ("Content-Type", "Authorization")


class Relay:
    """Passes everything on until told to `hold` requests to the storage, or to `lose` heartbeats: the container hears
    nothing, and what it said arrives when everything is `let_through`. In use as a context, and at its end nothing is
    held any more.

    `late` is what was lost so far; `answered` are the kinds of requests that were passed on, and the status of each
    answer.
    """

    def __init__(self, stack: Running) -> None:
        self.url = ""
        self._stack = stack
        self._holding: set[str] = set()
        self._held: list[str] = []
        self._to_lose = False
        self.late: list[tuple[str, dict[str, str], bytes]] = []
        self.answered: list[tuple[str, int]] = []
        self._changed = threading.Condition()
        self._serving = ExitStack()

    def __enter__(self) -> Self:
        self.url = self._serving.enter_context(serving(_requests_to(self)))
        return self

    def __exit__(self, *_: object) -> None:
        with self._serving:
            self.let_through()

    @property
    def heartbeat_url(self) -> str:
        return f"{self.url}/heartbeat"

    def hold(self, kind: str) -> None:
        with self._changed:
            self._holding.add(kind)

    def lose(self) -> None:
        """From the next heartbeat on that would move the head."""
        self._to_lose = True

    def let_through(self) -> None:
        """Everything, also what was held or lost."""
        with self._changed:
            self._holding.clear()
            self._changed.notify_all()
        self._to_lose = False
        late, self.late = self.late, []
        for path, headers, body in late:
            self._forward("POST", path, headers, body)

    def until_held(self, kind: str) -> None:
        """Returns when a request of this kind is being held."""
        with self._changed:
            assert self._changed.wait_for(lambda: kind in self._held, PATIENCE), f"no {kind} came"

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response | None:
        """The far end's answer, or None if there will be none."""
        kind = kind_of(method, path)
        if kind == BEAT and self._to_lose and (self.late or json.loads(body)["checkpoint"]):
            self.late.append((path, headers, body))
            return None
        with self._changed:
            self._held.append(kind)
            self._changed.notify_all()
            self._changed.wait_for(lambda: kind not in self._holding, PATIENCE)
            self._held.remove(kind)
        return self._forward(method, path, headers, body)

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        kind = kind_of(method, path)
        base = self._stack.at("gateway") if kind == BEAT else self._stack.env["STORAGE_EMULATOR_HOST"]
        answer = httpx.request(method, base + path, headers=headers, content=body, timeout=PATIENCE)
        self.answered.append((kind, answer.status_code))
        return answer

    def lead_here(self, content: bytes) -> bytes:
        """A heartbeat's answer, in which the storage is here too."""
        return content.replace(json.dumps(self._stack.env["STORAGE_EMULATOR_HOST"]).encode(), f'"{self.url}"'.encode())


def kind_of(method: str, path: str) -> str:
    if path == "/heartbeat":
        return BEAT
    return READ if method == "GET" else WRITE


def _requests_to(relay: Relay) -> type[Handler]:
    class Requests(Handler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: self.headers[name] for name in HEADERS if name in self.headers}
            answer = relay.pass_on(self.command, self.path, headers, body)
            if answer is None:
                self.close_connection = True
                return
            content = relay.lead_here(answer.content) if self.path == "/heartbeat" else answer.content
            try:
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:
                self.close_connection = True  # whoever asked waits no more, or is dead

        do_POST = do_GET

    return Requests
