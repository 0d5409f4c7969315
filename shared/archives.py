"""The layers of a snapshot as one stream: what a restore of them would bring, without restoring.

The newest layer comes first, so that what it changed or took away is known before the layers below it are read. What
shows through is copied as it is; nothing is unpacked, and memory is bounded whatever a layer holds.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from typing import IO, Protocol, cast

import zstandard

from shared.snapshots import TIERS, Layer, Manifest, chains
from shared.tars import END, FOLDER, LINK, Broken, Entry, Tar, folder, hard_link, renamed, within

WINDOW_BYTES = 1 << 23
"""What decompressing one layer may keep in memory: 8 MiB, as every decoder of zstd offers."""
MOST_PATHS = 2_000_000
"""Paths of newer layers that are remembered while older ones are read: about 150 MB."""
MOST_FOLDERS = 400_000
MOST_ORPHANS = 10_000
"""Hard links to something that does not show through."""
OUT_BYTES = 1 << 20


class TooMuch(Exception):
    """The snapshot has more in it than can be held in memory."""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


Open = Callable[[Layer], AbstractContextManager[Readable]]
"""Opens a layer's object. Whoever wants to stop raises something when it is read."""


def home(manifest: Manifest, open_layer: Open) -> Iterator[bytes]:
    """The whole home as one tar.zst, piece by piece.

    Raises Broken when a layer is not what the manifest says: what was given out until then is worthless.
    """
    compressor = zstandard.ZstdCompressor(level=3).chunker(chunk_size=OUT_BYTES)
    for blocks in _home(manifest, open_layer):
        yield from compressor.compress(blocks)
    yield from compressor.finish()  # type: ignore[no-untyped-call]  # its stubs leave it out


def holds(manifest: Manifest, path: str, open_layer: Open) -> bool:
    """Whether the snapshot has anything at or below `path`. Tiers that are small are read first. Raises Broken."""
    top = path.encode()
    return any(next(_visible(_of(manifest, tier), open_layer, top), None) for tier in TIERS)


def empty_layer() -> bytes:
    """A layer that holds nothing."""
    return zstandard.ZstdCompressor().compress(END)


def _of(manifest: Manifest, tier: str) -> list[Layer]:
    return [layer for layer in manifest.layers if layer.tier == tier]


def _home(manifest: Manifest, open_layer: Open) -> Iterator[bytes]:
    """Folders come last, sorted: a folder that may not be written into is filled before it becomes so."""
    folders: dict[bytes, tuple[int, bytes]] = {}
    for tier in TIERS:
        orphans: dict[bytes, list[bytes]] = {}
        source: Layer | None = None
        for layer, tar, entry, orphaned in _visible(_of(manifest, tier), open_layer):
            if source is not None and layer is not source:
                yield from _adopt(source, orphans, open_layer)
                orphans = {}
            source = layer
            if entry.kind == FOLDER:
                folders[entry.path] = (entry.mode, entry.mtime)
                if len(folders) > MOST_FOLDERS:
                    raise TooMuch(f"there are more than {MOST_FOLDERS} folders")
            elif orphaned:
                orphans.setdefault(entry.link, []).append(entry.path)
                if sum(map(len, orphans.values())) > MOST_ORPHANS:
                    raise TooMuch(f"more than {MOST_ORPHANS} hard links lead to what was deleted since")
            else:
                yield entry.raw
                yield from tar.contents()
        if source is not None:
            yield from _adopt(source, orphans, open_layer)
    for path in sorted(folders):
        yield folder(path, *folders[path])
    yield END


def _adopt(layer: Layer, orphans: dict[bytes, list[bytes]], open_layer: Open) -> Iterator[bytes]:
    """Hard links whose target does not show through: the first one of each becomes the file, the others lead to it."""
    if not orphans:
        return
    with _opened(layer, open_layer) as tar:
        for entry in tar:
            first, *others = orphans.pop(entry.path, [b""]) if entry.kind not in (LINK, FOLDER) else [b""]
            if first:
                yield renamed(entry, first)
                yield from tar.contents()
                yield from (hard_link(other, first) for other in others)
    if orphans:
        raise Broken("a hard link leads nowhere")


def _visible(
    layers: list[Layer], open_layer: Open, top: bytes | None = None
) -> Iterator[tuple[Layer, Tar, Entry, bool]]:
    """What shows through of a tier's layers, at `top` or below it; and whether it is a hard link whose target does not.

    An entry's contents are to be read before the next one is asked for.
    """
    covered: dict[bytes, bool] = {}  # by later chains: their paths, and whether they have anything there
    for chain in reversed(chains(layers)):
        only = None if chain[0].only is None else chain[0].only.encode()
        brought = False
        shade = _Shade(covered)
        for number, layer in reversed([*enumerate(chain)]):
            if shade.cuts(top) or (top and only and not (within(top, only) or within(only, top))):
                continue
            with _opened(layer, open_layer) as tar:
                for entry in tar:
                    if not _counts(entry.path, only):
                        continue
                    if number:
                        shade.note(entry)
                    if shade.hides(entry) or not _counts(entry.path, top):
                        continue
                    brought = True
                    hidden = entry.kind == LINK and (shade.hides_path(entry.link) or not _counts(entry.link, only))
                    yield layer, tar, entry, hidden
                shade.lower([path for path in tar.gone if only is None or within(path, only) or within(only, path)])
        if only is not None:
            covered[only] = covered.get(only, False) or brought


def _counts(path: bytes, top: bytes | None) -> bool:
    return top is None or within(path, top)


class _Shade:
    """What newer layers of a chain hide from older ones. Paths are remembered by their hash, of 64 bits."""

    def __init__(self, covered: dict[bytes, bool]) -> None:
        self._covered = covered
        self._seen: set[int] = set()
        self._cut: set[int] = set()
        self._next_seen: list[int] = []
        self._next_cut: list[int] = []

    def note(self, entry: Entry) -> None:
        """It hides what layers below have at this path, and under it if it is no folder."""
        (self._next_seen if entry.kind == FOLDER else self._next_cut).append(hash(entry.path))
        if len(self._seen) + len(self._cut) + len(self._next_seen) + len(self._next_cut) > MOST_PATHS:
            raise TooMuch(f"more than {MOST_PATHS} paths changed")

    def lower(self, gone: list[bytes]) -> None:
        """Its layer is over: what it noted and took away is hidden from the next."""
        self._seen.update(self._next_seen)
        self._cut.update(self._next_cut, map(hash, gone))
        self._next_seen, self._next_cut = [], []

    def hides(self, entry: Entry) -> bool:
        """A thing that is no folder makes way for what a later chain brought below it."""
        if entry.kind != FOLDER and any(had and within(top, entry.path) for top, had in self._covered.items()):
            return True
        return self.hides_path(entry.path)

    def hides_path(self, path: bytes) -> bool:
        return hash(path) in self._seen or self.cuts(path)

    def cuts(self, path: bytes | None) -> bool:
        """Whether everything at and below `path` is hidden."""
        if path is None:
            return False
        if any(within(path, top) for top in self._covered):
            return True
        at = len(path)
        while self._cut and at != -1:
            if hash(path[:at]) in self._cut:
                return True
            at = path.rfind(b"/", 0, at)
        return False


@contextmanager
def _opened(layer: Layer, open_layer: Open) -> Iterator[Tar]:
    """The layer as a tar. Whoever reads it to its end knows that its hash was right."""
    with open_layer(layer) as content:
        checked = _Checked(layer, content)
        decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        reader = decompressor.stream_reader(cast("IO[bytes]", checked), read_across_frames=True)

        def read(size: int) -> bytes:
            try:
                found: bytes = reader.read(size)
            except zstandard.ZstdError as e:
                raise Broken(str(e)) from e
            return found

        try:
            yield _Whole(read, checked, stream=layer.stream, entries=layer.entries)
        except Broken as e:
            raise Broken(f"layer {layer.name}: {e}") from e


class _Whole(Tar):
    """A tar that looks at the hash of all that was read once it has come to its end."""

    def __init__(self, read: Callable[[int], bytes], checked: "_Checked", *, stream: int, entries: int) -> None:
        super().__init__(read, stream=stream, entries=entries)
        self._checked = checked

    def __iter__(self) -> Iterator[Entry]:
        yield from super().__iter__()
        self._checked.finish()


class _Checked:
    """A layer's object, hashed while it is read."""

    def __init__(self, layer: Layer, content: Readable) -> None:
        self._layer = layer
        self._content = content
        self._hash = sha256()
        self._left = layer.bytes

    def read(self, size: int = -1) -> bytes:
        chunk = self._content.read(size)
        self._hash.update(chunk)
        self._left -= len(chunk)
        if self._left < 0:
            raise Broken("it is longer than the manifest declares")
        return chunk

    def finish(self) -> None:
        while self.read(OUT_BYTES):
            pass
        if self._left or self._hash.hexdigest() != self._layer.sha256:
            raise Broken("its hash is not the manifest's")
