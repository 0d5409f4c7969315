"""The workspace's objects in Cloud Storage, through its JSON API: create once, read, never change."""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote, urlsplit

import aiohttp

from agent.control_plane.exchange import Storage
from agent.errors import CorruptState, Unreachable

# A large object may take any time in total, but a silent connection is given up.
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
TRIES = 4
CHUNK = 1 << 20
# Bytes. A larger object is created piece by piece: each piece is tried again by itself, and at most one is in memory. A
# multiple of 256 KiB, as Cloud Storage demands; each piece costs a request.
PIECE = 1 << 22

T = TypeVar("T")


@dataclass
class Stored:
    """An object that was created: its size, and its `sha256` in hex."""

    bytes: int = 0
    sha256: str = ""


@dataclass
class _Digests:
    size: int = 0
    sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    md5: "hashlib._Hash" = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self.sha256.update(piece)
        self.md5.update(piece)


class Bucket:
    """`storage` returns the newest credentials, and is called for every request: each heartbeat renews them."""

    def __init__(self, http: aiohttp.ClientSession, storage: Callable[[], Storage]) -> None:
        self._http = http
        self._storage = storage

    async def create(self, name: str, source: asyncio.StreamReader) -> Stored:
        """Creates the object from everything that `source` gives. If an object with the same content exists, that is
        success: an earlier try may have arrived.

        Raises Unreachable, or CorruptState when an object with other content has the name.
        """
        digests = _Digests()
        first = await _next_piece(source, digests)
        if source.at_eof():
            metadata = await _retry(lambda: self._create_at_once(name, first))
        else:
            metadata = await self._create_piecewise(name, first, source, digests)
        if metadata.get("md5Hash") != b64encode(digests.md5.digest()).decode():
            raise CorruptState(f"{name} exists already with another content")
        return Stored(digests.size, digests.sha256.hexdigest())

    async def create_small(self, name: str, content: bytes) -> Stored:
        """Creates the object from `content`. Raises as `create`."""
        source = asyncio.StreamReader()
        source.feed_data(content)
        source.feed_eof()
        return await self.create(name, source)

    async def read(self, name: str, start: int = 0) -> AsyncIterator[bytes]:
        """The object's bytes from `start` on. If a response breaks off, the rest is requested again.

        Raises Unreachable; CorruptState when there is no such object.
        """
        tries = 0
        while True:
            try:
                async with self._get(name, start) as response:
                    async for chunk in _checked(response).content.iter_chunked(CHUNK):
                        tries = 0
                        start += len(chunk)
                        yield chunk
                return
            except (aiohttp.ClientError, TimeoutError) as error:
                tries += 1
                if tries == TRIES:
                    raise Unreachable(f"the storage did not answer: {type(error).__name__}") from error
                await asyncio.sleep(0.25 * 2**tries)

    async def read_small(self, name: str, most: int) -> bytes:
        """A whole object of at most `most` bytes. Raises as `read`; CorruptState when the object is larger."""
        content = bytearray()
        async for chunk in self.read(name):
            content += chunk
            if len(content) > most:
                raise CorruptState("an object is larger than what it should hold")
        return bytes(content)

    async def _create_at_once(self, name: str, content: bytes) -> dict[str, str]:
        url, query = self._upload(name, "media")
        headers = {"Content-Type": "application/octet-stream"} | self._bearer()
        async with self._http.post(url, params=query, data=content, headers=headers, timeout=TIMEOUT) as response:
            return await self._created(name, response)

    async def _create_piecewise(
        self, name: str, piece: bytes, source: asyncio.StreamReader, digests: _Digests
    ) -> dict[str, str]:
        """Creates the object by a resumable upload: each piece has its range, and the last piece has the total size."""
        address = await _retry(lambda: self._begin_piecewise(name))
        if not address:
            while piece:  # the object exists already; its hash is compared with that of `source`
                piece = await _next_piece(source, digests)
            return await self._metadata(name)
        start = 0
        while True:
            following = await _next_piece(source, digests)
            end = start + len(piece)
            content_range = f"bytes {start}-{end - 1}/{'*' if following else end}"
            metadata = await self._send_piece(name, address, piece, start, content_range)
            if not following:
                return metadata
            piece, start = following, end

    async def _begin_piecewise(self, name: str) -> str:
        """The address that takes the pieces; empty when the object exists."""
        url, query = self._upload(name, "resumable")
        headers = {"X-Upload-Content-Type": "application/octet-stream"} | self._bearer()
        async with self._http.post(url, params=query, headers=headers, timeout=TIMEOUT) as response:
            if response.status == 412:
                return ""
            address = urlsplit(_checked(response).headers["Location"])
        return f"{self._storage().endpoint}{address.path}?{address.query}"

    async def _send_piece(
        self, name: str, address: str, piece: bytes, start: int, content_range: str
    ) -> dict[str, str]:
        async def attempt() -> dict[str, str]:
            nonlocal piece, start, content_range
            headers = {"Content-Range": content_range} | self._bearer()
            try:
                async with self._http.put(address, data=piece, headers=headers, timeout=TIMEOUT) as response:
                    return {} if response.status == 308 else await self._created(name, response)
            except (aiohttp.ClientError, TimeoutError):
                arrived = await self._received_bytes(address)
                if arrived is not None and start < arrived <= start + len(piece):
                    end_and_total = content_range.partition("-")[2]
                    piece, start = piece[arrived - start :], arrived
                    content_range = f"bytes {start}-{end_and_total}"
                    if not piece:
                        return {}
                raise

        return await _retry(attempt)

    async def _received_bytes(self, address: str) -> int | None:
        """How many bytes of an upload the storage has; None if the storage does not say."""
        headers = {"Content-Range": "bytes */*"} | self._bearer()
        try:
            async with self._http.put(address, headers=headers, timeout=TIMEOUT) as response:
                received_range = response.headers.get("Range", "")
        except (aiohttp.ClientError, TimeoutError):
            return None
        last_byte = received_range.rpartition("-")[2]
        return int(last_byte) + 1 if last_byte.isdigit() else None

    async def _created(self, name: str, response: aiohttp.ClientResponse) -> dict[str, str]:
        if response.status == 412:
            return await self._metadata(name)
        metadata: dict[str, str] = await _checked(response).json()
        return metadata

    async def _metadata(self, name: str) -> dict[str, str]:
        async with self._http.get(self._object(name), headers=self._bearer(), timeout=TIMEOUT) as response:
            metadata: dict[str, str] = await _checked(response).json()
            return metadata

    def _get(self, name: str, start: int) -> "aiohttp.client._RequestContextManager":
        headers = self._bearer() | ({"Range": f"bytes={start}-"} if start else {})
        return self._http.get(self._object(name), params={"alt": "media"}, headers=headers, timeout=TIMEOUT)

    def _upload(self, name: str, upload_type: str) -> tuple[str, dict[str, str]]:
        store = self._storage()
        url = f"{store.endpoint}/upload/storage/v1/b/{quote(store.bucket, safe='')}/o"
        return url, {"uploadType": upload_type, "name": name, "ifGenerationMatch": "0"}

    def _object(self, name: str) -> str:
        store = self._storage()
        return f"{store.endpoint}/storage/v1/b/{quote(store.bucket, safe='')}/o/{quote(name, safe='')}"

    def _bearer(self) -> dict[str, str]:
        token = self._storage().token
        return {"Authorization": f"Bearer {token}"} if token else {}


async def _next_piece(source: asyncio.StreamReader, digests: _Digests) -> bytes:
    """The next PIECE bytes, or fewer at the end of the source."""
    try:
        piece = await source.readexactly(PIECE)
    except asyncio.IncompleteReadError as error:
        piece = error.partial
    digests.add(piece)
    return piece


def _checked(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    if response.status == 404:
        raise CorruptState("an object that the manifest names is not in the bucket")
    if response.status not in (200, 201, 206):
        raise Unreachable(f"the storage answered {response.status}")
    return response


async def _retry(attempt: Callable[[], Awaitable[T]]) -> T:
    for number in range(1, TRIES + 1):
        try:
            return await attempt()
        except (aiohttp.ClientError, TimeoutError, Unreachable) as error:
            if number == TRIES:
                raise Unreachable(f"the storage did not take the object: {error}") from error
            await asyncio.sleep(0.25 * 2**number)
    raise AssertionError("unreachable")
