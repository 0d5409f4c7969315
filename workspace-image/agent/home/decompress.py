"""One layer's tar out of a stream of layers, decompressed ahead by a thread, and no more of it than was declared."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

import zstandard

from agent.errors import BadLayer

CHUNK = 1 << 19
AHEAD = 8
"""Chunks that are decompressed before they are needed."""
WINDOW = 1 << 23
"""Bytes: our packer's layers need 2 MiB to be decompressed."""


class Decompressed:
    """The tar in the next `size` bytes of `source`, at most `stream` bytes of it, decompressed ahead by a thread."""

    def __init__(self, source: BinaryIO, size: int, stream: int) -> None:
        self._source = _Limited(source, size)
        self._stream = stream
        self._chunks: queue.Queue[bytes | BaseException] = queue.Queue(AHEAD)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Callable[[], bytes]:
        self._thread.start()
        return self._more

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if failure is None:
            while self._more():  # what follows the tar is nothing, or BadLayer
                pass
            self._source.drain()
            self._thread.join()

    def _more(self) -> bytes:
        chunk = self._chunks.get()
        if isinstance(chunk, BaseException):
            raise chunk
        if not chunk:
            self._chunks.put(b"")  # the end stays the end
        return chunk

    def _run(self) -> None:
        try:
            for chunk in self._decompress():
                self._chunks.put(chunk)
            self._chunks.put(b"")
        except (zstandard.ZstdError, BadLayer, OSError) as error:
            self._chunks.put(
                error if not isinstance(error, zstandard.ZstdError) else BadLayer("it does not decompress")
            )

    def _decompress(self) -> Iterator[bytes]:
        left = self._stream
        reader = zstandard.ZstdDecompressor(max_window_size=WINDOW).stream_reader(
            cast(BinaryIO, self._source),  # of which it reads, and no more
            read_size=1 << 17,
            closefd=False,
        )
        while chunk := reader.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BadLayer("it decompresses to more than declared")
            yield chunk
        if left:
            raise BadLayer("it decompresses to less than declared")


class _Limited:
    """The next `left` bytes of a stream that goes on."""

    def __init__(self, source: BinaryIO, left: int) -> None:
        self._source = source
        self._left = left

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        piece = self._source.read(wanted) if wanted else b""
        self._left -= len(piece)
        return piece

    def drain(self) -> None:
        """What no frame of zstd holds is passed over: the hash has judged it."""
        while self.read(1 << 16):
            pass
