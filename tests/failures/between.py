"""What stands between one container and the world: a relay to control plane and storage that a test can hold.

The session, the functions and the emulators are the stack's own. Only this one container reaches them through here.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.running import Running
from tests.serving import Handler, serving

BEAT, READ, WRITE = "beat", "read", "write"
"""What a container sends: heartbeats, and requests to the storage that read or that create an object."""
PATIENCE = 120.0
HEADERS = ("Content-Type", "Authorization")


class Between:
    """Passes everything on until told to `hold` one kind of request, which then waits until it is `let_through`.

    `answered` are the kinds of requests that were passed on, with the status of each answer.
    """

    def __init__(self, stack: Running) -> None:
        self.url = ""
        self._stack = stack
        self._holding: set[str] = set()
        self._held: list[str] = []
        self.answered: list[tuple[str, int]] = []
        self._changed = threading.Condition()

    @property
    def heartbeat_url(self) -> str:
        return f"{self.url}/heartbeat"

    def hold(self, *kinds: str) -> None:
        with self._changed:
            self._holding.update(kinds)

    def let_through(self) -> None:
        """Everything, also what was held: it arrives late."""
        with self._changed:
            self._holding.clear()
            self._changed.notify_all()

    def until_held(self, kind: str) -> None:
        """Returns when a request of this kind is being held."""
        with self._changed:
            assert self._changed.wait_for(lambda: kind in self._held, PATIENCE), f"no {kind} came"

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        """The far end's answer. In a heartbeat's answer the storage is here too."""
        kind = BEAT if path == "/heartbeat" else READ if method == "GET" else WRITE
        with self._changed:
            self._held.append(kind)
            self._changed.notify_all()
            self._changed.wait_for(lambda: kind not in self._holding, PATIENCE)
            self._held.remove(kind)
        base = self._stack.env["FUNCTIONS_URL" if kind == BEAT else "STORAGE_EMULATOR_HOST"]
        answer = httpx.request(method, base + path, headers=headers, content=body, timeout=PATIENCE)
        self.answered.append((kind, answer.status_code))
        return answer

    def rewrite(self, content: bytes) -> bytes:
        return content.replace(json.dumps(self._stack.env["STORAGE_EMULATOR_HOST"]).encode(), f'"{self.url}"'.encode())


@contextmanager
def between(stack: Running) -> Iterator[Between]:
    relay = Between(stack)

    class Relay(Handler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: self.headers[name] for name in HEADERS if name in self.headers}
            answer = relay.pass_on(self.command, self.path, headers, body)
            content = relay.rewrite(answer.content) if self.path == "/heartbeat" else answer.content
            try:
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:
                self.close_connection = True  # whoever asked waits no more, or is dead

        do_POST = do_GET

    with serving(Relay) as url:
        relay.url = url
        try:
            yield relay
        finally:
            relay.let_through()
