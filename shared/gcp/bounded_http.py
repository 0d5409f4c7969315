"""One HTTP exchange with a server that may be hostile, within a limit of time and of bytes.

The answer is not decoded: a server that sends a Content-Encoding, although it was asked for `identity`, is refused. All
received bytes count, headers and interim answers too, and the time limit covers the whole exchange.
"""

import ssl
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import httpcore
from msgspec import Struct

from shared import machine

HEAD_BYTES = 64 * 1024
"""Bytes that an exchange may receive beside the answer's body: headers, chunk sizes, interim answers."""


class NoAnswer(Exception):
    """No answer came in time, or the answer can't be accepted."""


class BoundedReply(Struct, frozen=True):
    """The answer. `content_type` has no parameters and is in lower case; empty if there is none."""

    status: int
    content_type: str
    content: bytes


def exchange(
    method: str, url: str, *, headers: dict[str, str], content: bytes | None = None, seconds: float, most: int
) -> BoundedReply:
    """The answer, with a body of at most `most` bytes, within `seconds` in all. Raises NoAnswer, also for an invalid
    URL: a Cloud Run service has no URL before its first revision is ready."""
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
            received_headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            encoding = received_headers.get(b"content-encoding", "identity").strip().lower()
            if encoding not in ("", "identity"):
                raise NoAnswer(f"it is encoded as {encoding[:40]!r}, which nobody asked for")
            body = bytearray()
            for piece in response.iter_stream():
                body += piece
                if len(body) > most:
                    raise NoAnswer(f"it is longer than {most} bytes")
            kind = received_headers.get(b"content-type", "").partition(";")[0].strip().lower()
            return BoundedReply(response.status, kind, bytes(body))
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
    """The exchange's connection. It ends when the time or the bytes are used up."""

    def __init__(self, seconds: float, most: int) -> None:
        self.until = machine.monotonic() + seconds
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
        """Seconds that the next step may take. Raises ReadTimeout when no time is left."""
        rest = self.until - machine.monotonic()
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
