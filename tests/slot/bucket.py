"""A bucket of the storage emulator, for one test."""

from dataclasses import dataclass
from urllib.parse import quote

from tests.observe import http


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
        answer = http.get(self._url(name))
        return int(answer.json()["size"]) if answer.status_code == 200 else None

    def read(self, name: str) -> bytes:
        return http.get(self._url(name), params={"alt": "media"}).raise_for_status().content

    def overwrite(self, name: str, content: bytes) -> None:
        """What no slot may do: change an object."""
        upload = f"{self.endpoint}/upload/storage/v1/b/{self.name}/o"
        http.post(upload, params={"uploadType": "media", "name": name}, content=content).raise_for_status()

    def _url(self, name: str) -> str:
        return f"{self.endpoint}/storage/v1/b/{self.name}/o/{quote(name, safe='')}"
