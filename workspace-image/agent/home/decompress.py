"""Decompresses one layer's tar from a stream of layers, ahead of its reader, in a thread."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

import zstandard

from shared.snapshots.format.layout import BadLayer

CHUNK = 1 << 19
AHEAD = 8
"""Chunks that are decompressed before the reader asks for them."""
WINDOW = 1 << 23
"""Bytes of window that a layer may need: the layers of our packer need 2 MiB."""


class Decompressed:
    """The tar in the next `size` bytes of `source`, decompressed ahead by a thread. The caller must read the tar to its
    end."""

    def __init__(self, source: BinaryIO, size: int) -> None:
        self._source = _Limited(source, size)
        self._chunks: queue.Queue[bytes | BaseException] = queue.Queue(AHEAD)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Callable[[], bytes]:
        self._thread.start()
        return self._more

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if failure is None:
            self._source.drain()
            self._thread.join()

    def _more(self) -> bytes:
        chunk = self._chunks.get()
        if isinstance(chunk, BaseException):
            raise chunk
        if not chunk:
            self._chunks.put(b"")  # so that a reader that asks again gets the end again
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
        reader = zstandard.ZstdDecompressor(max_window_size=WINDOW).stream_reader(
            cast(BinaryIO, self._source),  # zstandard calls nothing but its `read`
            read_size=1 << 17,
            closefd=False,
        )
        while chunk := reader.read(CHUNK):
            yield chunk


class _Limited:
    """The next `left` bytes of a stream that continues after them."""

    def __init__(self, source: BinaryIO, left: int) -> None:
        self._source = source
        self._left = left

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        piece = self._source.read(wanted) if wanted else b""
        self._left -= len(piece)
        return piece

    def drain(self) -> None:
        """Skips bytes after the last zstd frame: the hash of the layer has covered them."""
        while self.read(1 << 16):
            pass
