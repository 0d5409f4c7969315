"""A layer of a snapshot, opened as a tar: decompressed, bounded and held to its hash while it is read."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from typing import IO, Protocol, cast

import zstandard

from shared.snapshots.checkpoint import Layer
from shared.snapshots.format.layout import BadLayer
from shared.snapshots.format.tar_reader import Tar

WINDOW_BYTES = 1 << 23
"""Memory for decompressing one layer: 8 MiB, the window that every zstd decoder supports."""
IN_BYTES = 1 << 16
"""Bytes to decompress at once."""
REST_BYTES = 1 << 20
"""Bytes of an object's rest to hash at once."""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


Open = Callable[[Layer], AbstractContextManager[Readable]]
"""Opens a layer's object."""
Check = Callable[[], None]
"""Called at least once for each IN_BYTES of a layer's tar. The caller stops the work by raising an error."""


class OpenTar(Protocol):
    def __call__(self, layer: Layer, gone: Callable[[bytes], None] = ..., /) -> AbstractContextManager[Tar]: ...


@contextmanager
def opened(
    open_layer: Open, check: Check, layer: Layer, gone: Callable[[bytes], None] = lambda _: None
) -> Iterator[Tar]:
    """The layer as a tar. Reading the tar to its end verifies the layer's hash. `gone`: as in Tar."""
    with open_layer(layer) as content:
        checked = _Checked(layer, content, check)
        decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        reader = decompressor.stream_reader(cast("IO[bytes]", checked), read_across_frames=True)

        def more() -> bytes:
            check()  # checked here too: a megabyte of the object may decompress to a terabyte
            try:
                piece: bytes = reader.read(IN_BYTES)
            except zstandard.ZstdError as e:
                raise BadLayer(str(e)) from e
            if not piece:
                checked.finish()
            return piece

        try:
            yield Tar(more, stream=layer.stream, entries=layer.entries, logical_bytes=layer.logical_bytes, gone=gone)
        except BadLayer as e:
            raise BadLayer(f"layer {layer.name}: {e}") from e


class _Checked:
    """A layer's object, hashed while it is read."""

    def __init__(self, layer: Layer, content: Readable, check: Check) -> None:
        self._layer = layer
        self._content = content
        self._check = check
        self._hash = sha256()
        self._left = layer.bytes

    def read(self, size: int = -1) -> bytes:
        self._check()
        chunk = self._content.read(size)
        self._hash.update(chunk)
        self._left -= len(chunk)
        if self._left < 0:
            raise BadLayer("it is longer than the manifest declares")
        return chunk

    def finish(self) -> None:
        while self.read(REST_BYTES):
            pass
        if self._left or self._hash.hexdigest() != self._layer.sha256:
            raise BadLayer("its hash is not the manifest's")
