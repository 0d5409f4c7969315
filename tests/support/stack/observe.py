"""What a test may look at from outside: documents in the emulator, containers in the Cloud Run stand-in."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from tests.support.stack.running import Running

T = TypeVar("T")
OWNER = {"Authorization": "Bearer owner"}
"""The emulator's word for an administrator."""
# one for all: making a client takes longer than an answer. Kept connections would outlive the stack they lead to
http = httpx.Client(timeout=20, limits=httpx.Limits(max_keepalive_connections=0))


def documents(stack: Running, path: str) -> list[dict[str, Any]]:
    """The documents of a collection, as plain values."""
    url = f"{_database(stack)}/{path}"
    return [_fields(document) for document in _listed(url, "documents", {"pageSize": "300"})]


def document(stack: Running, path: str) -> dict[str, Any] | None:
    """One document as plain values, or None."""
    answer = http.get(f"{_database(stack)}/{path}", headers=OWNER)
    return None if answer.status_code == 404 else _fields(answer.raise_for_status().json())


def forget_field(stack: Running, path: str, field: str) -> None:
    """Make a document as it was before its kind had the field."""
    params = {"updateMask.fieldPaths": field}
    http.patch(f"{_database(stack)}/{path}", params=params, json={}, headers=OWNER).raise_for_status()


def charged(stack: Running, bid: str) -> int:
    """The milliseconds that are counted against a billing account, in its own document and in its shards."""
    own, shards = document(stack, f"billing/{bid}") or {}, documents(stack, f"billing/{bid}/shards")
    counters: list[int] = [*own.get("used", {}).values(), *(shard["ms"] for shard in shards)]
    return sum(counters)


def instances(stack: Running) -> list[dict[str, Any]]:
    """The containers that run, as the Cloud Run stand-in lists them: `service`, `pid`, `frozen`, `serving`, ..."""
    answer = http.get(f"{stack.env['RUN_EMULATOR_HOST']}/_standin/instances")
    found: list[dict[str, Any]] = answer.raise_for_status().json()["instances"]
    return found


def containers(stack: Running) -> dict[str, int]:
    """Which container takes each slot's requests, by its process."""
    return {instance["service"]: instance["pid"] for instance in instances(stack) if instance["serving"]}


def objects(stack: Running, prefix: str) -> list[str]:
    """The names of the objects in the bucket below `prefix`."""
    url = f"{stack.env['STORAGE_EMULATOR_HOST']}/storage/v1/b/{stack.env['STATE_BUCKET']}/o"
    return [item["name"] for item in _listed(url, "items", {"prefix": prefix})]


def until(look: Callable[[], T | None], what: str, patience: float = 120) -> T:
    """Wait for something that happens by itself, and return it. `patience`, in seconds, only guards against a hang."""
    deadline = time.monotonic() + patience
    while not (seen := look()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.05)
    return seen


def _listed(url: str, what: str, params: dict[str, str]) -> list[dict[str, Any]]:
    """Page after page, as Google's lists go."""
    answer = http.get(url, params=params, headers=OWNER).raise_for_status().json()
    found: list[dict[str, Any]] = answer.get(what, [])
    more = answer.get("nextPageToken")
    return found + _listed(url, what, params | {"pageToken": more}) if more else found


def _database(stack: Running) -> str:
    project = stack.env["GOOGLE_CLOUD_PROJECT"]
    return f"http://{stack.env['FIRESTORE_EMULATOR_HOST']}/v1/projects/{project}/databases/(default)/documents"


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in document.get("fields", {}).items()}


def _plain(value: dict[str, Any]) -> Any:
    [(kind, inner)] = value.items()
    if kind == "mapValue":
        return _fields(inner)
    if kind == "arrayValue":
        return [_plain(item) for item in inner.get("values", [])]
    return int(inner) if kind == "integerValue" else inner
