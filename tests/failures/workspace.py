"""A member's open workspace, from their browser's side and from that of the machine below it."""

import json
import os
import signal
import subprocess
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx
from msgspec.structs import replace

from shared.gcp.emulators import reachable
from shared.gcp.store.accounts import ensure_account, read_workspace
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import commit_session, read_session
from shared.gcp.store.slots import candidates
from shared.session import Session
from shared.slot import SlotState
from shared.tokens import Signer
from tests.environment import environment
from tests.functions.person import PATIENCE, Person
from tests.inside import Inside
from tests.observe import containers, document, until
from tests.running import Running
from tests.slot.bucket import Bucket
from tests.slot.member import COOKIE, open_websocket


class Workspace:
    """Opened and entered. Inside a `with` block the tab is open; a container has CPU only while a request is."""

    def __init__(self, stack: Running, person: Person) -> None:
        self._stack = stack
        self.person = person
        self.entry = person.open()
        self.sid: str = self.entry["session"]
        self.host = httpx.URL(self.entry["enter_url"]).netloc.decode()
        entered = person.enter(self.entry)
        assert entered.status_code == 303, entered.text
        self.cookie = entered.cookies[COOKIE]
        self._tab = ExitStack()

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


def saved(stack: Running, head: dict[str, Any] | None, name: str) -> str | None:
    """The line that a file of the home has in a checkpoint; None if it is not in it."""
    if head is None:
        return None
    bucket = Bucket(stack.env["STORAGE_EMULATOR_HOST"], stack.env["STATE_BUCKET"])
    for layer in json.loads(bucket.read(head["manifest"]))["layers"]:
        tar = ["tar", "--extract", "--zstd", "--to-stdout", "--file=-", f"./{name}"]
        found = subprocess.run(tar, input=bucket.read(layer["name"]), capture_output=True)
        if found.returncode == 0:
            return found.stdout.decode().strip()
    return None


def kill(container: Inside) -> None:
    """The whole container, at once: process 1 takes the others with it."""
    os.kill(container.pid, signal.SIGKILL)


def claim(stack: Running, person: Person, opening: float = 30) -> Session:
    """A warm slot claimed as `allocate` does it, and nothing more: nobody has told the container yet."""
    with environment(stack.env):
        found = until(lambda: candidates(SlotState.WARM), "a slot is warm")
        now = datetime.now(UTC)
        account = ensure_account(person.uid, email=None, name=None, now=now)
        return commit_claim(account, read_workspace(account.wid), found[0], opening=opening, now=now)


def session_of(stack: Running, sid: str) -> Session:
    """The session's record as it is now."""
    with environment(stack.env):
        found = read_session(sid)
    assert found is not None
    return found.record


def age(stack: Running, sid: str, seconds: float) -> None:
    """Makes a draining session so much older: nobody waits in a test for what takes minutes."""

    def aged() -> bool:
        with environment(stack.env):
            read = read_session(sid)
            if read is None or read.record.draining is None:
                return False
            draining = read.record.draining - timedelta(seconds=seconds)
            with suppress(LostRace):
                commit_session(read, replace(read.record, draining=draining, due=draining))
                return True
        return False

    until(aged, "the session drains, and is as old as that")


def attach(stack: Running, session: Session, heartbeat_url: str, url: str | None = None) -> httpx.Response:
    """Tell a container to serve the session, as `allocate` does: the one at `url`, or the slot's own."""
    token = Signer(stack.env["SIGNING_KEY"]).attach(session, datetime.now(UTC))
    return _post(url or session.url, "attach", token, {"heartbeat_url": heartbeat_url})


def release(stack: Running, session: Session, url: str | None = None) -> httpx.Response:
    """Tell a container to give the session back, as `reclaim` does."""
    token = Signer(stack.env["SIGNING_KEY"]).release(session, datetime.now(UTC))
    return _post(url or session.url, "release", token, {})


def _post(url: str, endpoint: str, token: str, body: dict[str, str]) -> httpx.Response:
    address, host = reachable(f"{url}/_slot/{endpoint}")
    return httpx.post(address, json=body, headers={**host, "Authorization": f"Bearer {token}"}, timeout=PATIENCE)
