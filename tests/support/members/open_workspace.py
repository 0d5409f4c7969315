"""A member's open workspace, from their browser's side and from that of the machine below it."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import httpx

from shared.gcp.emulators import reachable
from tests.support.members.person import PATIENCE, Person
from tests.support.slot.bucket import Bucket
from tests.support.slot.container_processes import Inside
from tests.support.slot.member import COOKIE, open_websocket
from tests.support.stack.observe import containers, document, until
from tests.support.stack.running import Running


class Workspace:
    """Opened and entered. Inside a `with` block the tab is open; a container has CPU only while a request is."""

    def __init__(self, stack: Running, person: Person) -> None:
        self._stack = stack
        self.person = person
        self.entry = self._open()
        self.sid: str = self.entry["session"]
        self.host = httpx.URL(self.entry["enter_url"]).netloc.decode()
        entered = person.enter(self.entry)
        assert entered.status_code == 303, entered.text
        self.cookie = entered.cookies[COOKIE]
        until(self._is_restored, "all files are there")
        self._tab = ExitStack()

    def _open(self) -> dict[str, Any]:
        return self.person.open()

    def _is_restored(self) -> bool:
        """The editor opens before the files are all there."""
        return set(self.get("/_slot/health").json()["restore"]["tiers"].values()) == {"done"}

    def __enter__(self) -> Self:
        self.tab = self._tab.enter_context(open_websocket(self.host, self.cookie))
        return self

    def __exit__(self, *_: object) -> None:
        self._tab.close()

    @property
    def slot(self) -> str:
        return self.host.partition(".")[0]

    @property
    def record(self) -> dict[str, Any]:
        """The session's."""
        return document(self._stack, f"sessions/{self.sid}") or {}

    @property
    def is_settled(self) -> bool:
        """It ended and `meter` has checked it: nobody writes to its record again."""
        return self.record["state"] == "ended" and self.record["check_due"] is None

    @property
    def container(self) -> Inside:
        """The one that the slot's URL leads to now."""
        return Inside(containers(self._stack)[self.slot])

    def get(self, path: str = "/") -> httpx.Response:
        """As the browser asks, with its cookie."""
        url, headers = reachable(f"http://{self.host}{path}")
        return httpx.get(url, headers={**headers, "Cookie": f"{COOKIE}={self.cookie}"}, timeout=PATIENCE)

    def write(self, name: str, text: str) -> None:
        """Write a line to a file in the home, and wait until it is in a committed checkpoint."""
        self.container.run(f"echo {text} > {name}")
        until(lambda: saved(self._stack, self.head, name) == text, f"{name} is saved")

    def read(self, name: str) -> str:
        """A file's one line, or nothing where there is none."""
        return self.container.run(f"cat {name} 2>/dev/null || true").strip()

    @property
    def head(self) -> dict[str, Any] | None:
        head: dict[str, Any] | None = self.record["head"]
        return head

    def close(self) -> None:
        self.person.post("release", {"session": self.sid})


@contextmanager
def working(workspace: Workspace) -> Iterator[None]:
    """Somebody looks at their own server every second, in a browser that tries again after any failure."""
    enough = threading.Event()

    def work() -> None:
        while not enough.wait(1):
            workspace.get("/proxy/9999/")

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        enough.set()
        worker.join()


def saved(stack: Running, head: dict[str, Any] | None, name: str) -> str | None:
    """The line that a file of the home has in a checkpoint; None if it is not in it."""
    if head is None:
        return None
    bucket = Bucket(stack.env["STORAGE_EMULATOR_HOST"], stack.env["STATE_BUCKET"])
    for layer in reversed(json.loads(bucket.read(head["manifest"]))["layers"]):
        tar = ["tar", "--extract", "--zstd", "--to-stdout", "--file=-", name]
        found = subprocess.run(tar, input=bucket.read(layer["name"]), capture_output=True)
        if found.returncode == 0:
            return found.stdout.decode().strip()
    return None


def kill(container: Inside) -> None:
    """The whole container, at once: process 1 takes the others with it."""
    os.kill(container.pid, signal.SIGKILL)
