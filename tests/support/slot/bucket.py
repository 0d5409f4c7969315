"""A bucket of the storage emulator, for one test."""

import json
from dataclasses import dataclass
from subprocess import run
from urllib.parse import quote

from shared.snapshots.checkpoint import Head
from tests.support.stack.observe import http


@dataclass
class Bucket:
    """`endpoint` is the storage's, as slots reach it."""

    endpoint: str
    name: str

    def create(self) -> None:
        http.post(f"{self.endpoint}/storage/v1/b", json={"name": self.name}).raise_for_status()

    def names(self) -> list[str]:
        found = http.get(f"{self.endpoint}/storage/v1/b/{self.name}/o").raise_for_status().json()
        return sorted(item["name"] for item in found.get("items", []))

    def size(self, name: str) -> int | None:
        answer = http.get(self.url_of(name))
        return int(answer.json()["size"]) if answer.status_code == 200 else None

    def read(self, name: str) -> bytes:
        return http.get(self.url_of(name), params={"alt": "media"}).raise_for_status().content

    def unpacked(self, head: Head | None = None) -> bytes:
        """Everything that is in any layer, or in those of `head`."""
        if head:
            names = [layer["name"] for layer in json.loads(self.read(head.manifest))["layers"]]
        else:
            names = [name for name in self.names() if name.endswith(".tar.zst")]
        layers = [run(["zstd", "-dc"], input=self.read(name), capture_output=True, check=True) for name in names]
        return b"".join(layer.stdout for layer in layers)

    def overwrite(self, name: str, content: bytes) -> None:
        """What no slot may do: change an object."""
        upload = f"{self.endpoint}/upload/storage/v1/b/{self.name}/o"
        http.post(upload, params={"uploadType": "media", "name": name}, content=content).raise_for_status()

    def url_of(self, name: str) -> str:
        return f"{self.endpoint}/storage/v1/b/{self.name}/o/{quote(name, safe='')}"
