"""One HTTP exchange with a server that may be hostile: it takes no longer, and no more memory, than the caller says.

Nothing is decoded: whoever is asked for `identity` and answers with a Content-Encoding is not listened to. All that is
received counts, headers and interim answers too, and each read ends with the whole exchange's time.
"""

import ssl
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import httpcore
from msgspec import Struct

HEAD_BYTES = 64 * 1024
"""Bytes of an exchange that may be received beside the answer's body: headers, chunk sizes, interim answers."""


class NoAnswer(Exception):
    """No answer came, or none in time, or the one that came is not to be read."""


class Reply(Struct, frozen=True):
    """What was answered. `content_type` is without parameters and in lower case, empty if there is none."""

    status: int
    content_type: str
    content: bytes


def exchange(
    method: str, url: str, *, headers: dict[str, str], content: bytes | None = None, seconds: float, most: int
) -> Reply:
    """The answer, with a body of `most` bytes at most, within so many seconds altogether. Raises NoAnswer; also for an
    address that is none: a service of Cloud Run's has no URL before its first revision is ready."""
    line = _Line(seconds, most + HEAD_BYTES)
    asked = list[tuple[str | bytes, str | bytes]](
        {"Accept-Encoding": "identity", "User-Agent": "ondol", **headers}.items()
    )
    waits: dict[str, Any] = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)}
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), max_keepalive_connections=0, network_backend=line) as pool,
            pool.stream(method, url, headers=asked, content=content, extensions=waits) as response,
        ):
            said = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            encoding = said.get(b"content-encoding", "identity").strip().lower()
            if encoding not in ("", "identity"):
                raise NoAnswer(f"it is encoded as {encoding[:40]!r}, which nobody asked for")
            body = bytearray()
            for piece in response.iter_stream():
                body += piece
                if len(body) > most:
                    raise NoAnswer(f"it is longer than {most} bytes")
            kind = said.get(b"content-type", "").partition(";")[0].strip().lower()
            return Reply(response.status, kind, bytes(body))
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.TimeoutException,
        httpcore.UnsupportedProtocol,
    ) as e:
        raise NoAnswer(f"{type(e).__name__}: {e}"[:200]) from e


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpcore.default_ssl_context()


class _Line(httpcore.NetworkBackend):
    """What the exchange goes over: it ends when its time is over or its bytes are used up."""

    def __init__(self, seconds: float, most: int) -> None:
        self.until = time.monotonic() + seconds
        self.left = most
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._network.connect_tcp(host, port, self.rest(timeout), local_address, socket_options)
        return _Stream(self, stream)

    def rest(self, timeout: float | None) -> float:
        """Seconds that the next step may take. Raises ReadTimeout when none are left."""
        rest = self.until - time.monotonic()
        if rest <= 0:
            raise httpcore.ReadTimeout("the exchange takes too long")
        return rest if timeout is None else min(rest, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, line: _Line, stream: httpcore.NetworkStream) -> None:
        self._line = line
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received = self._stream.read(max_bytes, self._line.rest(timeout))
        self._line.left -= len(received)
        if self._line.left < 0:
            raise httpcore.ReadError("more was received than an answer may have")
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._line.rest(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._line, self._stream.start_tls(ssl_context, server_hostname, self._line.rest(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
