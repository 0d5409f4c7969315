"""The workspace's objects in Cloud Storage, through its JSON API: create once, read, never change."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from agent.blobs import Blob
from agent.control_plane import Storage
from agent.errors import CorruptState, Unreachable

# No limit on the whole of a large object, but on silence.
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
TRIES = 4
CHUNK = 1 << 20


class Bucket:
    """`storage` gives the newest credentials at every request: each heartbeat renews them."""

    def __init__(self, http: aiohttp.ClientSession, storage: Callable[[], Storage]) -> None:
        self._http = http
        self._storage = storage

    async def create(self, name: str, blob: Blob) -> None:
        """Creates the object. One that exists with the same content is success: an earlier try may have arrived.

        Raises Unreachable, or CorruptState when the name is taken by something else.
        """

        async def attempt() -> None:
            store = self._storage()
            url = f"{store.endpoint}/upload/storage/v1/b/{quote(store.bucket, safe='')}/o"
            query = {"uploadType": "media", "name": name, "ifGenerationMatch": "0"}
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.bytes)}
            async with self._http.post(
                url, params=query, data=_chunks(blob.path), headers=headers | _bearer(store), timeout=TIMEOUT
            ) as response:
                if response.status == 412:
                    stored = await self._metadata(name)
                else:
                    stored = await _checked(response).json()
            if stored.get("md5Hash") != blob.md5:
                raise CorruptState(f"{name} exists already with another content")

        await _again(attempt)

    async def read(self, name: str, into: Callable[[bytes], None]) -> None:
        """Hands every byte of the object to `into`. Raises Unreachable (part may have been handed), CorruptState."""
        store = self._storage()
        try:
            async with self._http.get(
                self._object(name), params={"alt": "media"}, headers=_bearer(store), timeout=TIMEOUT
            ) as response:
                async for chunk in _checked(response).content.iter_chunked(CHUNK):
                    into(chunk)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"the storage did not answer: {type(error).__name__}") from error

    async def _metadata(self, name: str) -> dict[str, Any]:
        async with self._http.get(self._object(name), headers=_bearer(self._storage()), timeout=TIMEOUT) as response:
            found: dict[str, Any] = await _checked(response).json()
            return found

    def _object(self, name: str) -> str:
        store = self._storage()
        return f"{store.endpoint}/storage/v1/b/{quote(store.bucket, safe='')}/o/{quote(name, safe='')}"


def _bearer(store: Storage) -> dict[str, str]:
    return {"Authorization": f"Bearer {store.token}"} if store.token else {}


def _checked(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    if response.status == 404:
        raise CorruptState("an object that the manifest names is not in the bucket")
    if response.status != 200:
        raise Unreachable(f"the storage answered {response.status}")
    return response


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as source:
        while chunk := await asyncio.to_thread(source.read, CHUNK):
            yield chunk


async def _again(attempt: Callable[[], Any]) -> None:
    for number in range(1, TRIES + 1):
        try:
            await attempt()
            return
        except (aiohttp.ClientError, TimeoutError, Unreachable) as error:
            if number == TRIES:
                raise Unreachable(f"the storage did not take the object: {error}") from error
            await asyncio.sleep(0.25 * 2**number)
