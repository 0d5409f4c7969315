"""The layers of a snapshot as one stream: what a restore of them would bring, without restoring.

The newest layer comes first, so that what it changed or took away is known before the layers below it are read. What
shows through is copied as it is; nothing is unpacked, and memory is bounded whatever a layer holds.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from hashlib import sha256
from typing import IO, Any, Protocol, cast
from unicodedata import normalize

import zstandard
from msgspec import Struct

from shared.snapshots.checkpoint import TIERS, Layer, Manifest, chains
from shared.snapshots.format.tar_reader import (
    END,
    FOLDER,
    LINK,
    BrokenArchive,
    Entry,
    Tar,
    folder,
    hard_link,
    renamed,
    within,
)

WINDOW_BYTES = 1 << 23
"""What decompressing one layer may keep in memory: 8 MiB, as every decoder of zstd offers."""
MOST_PATHS = 2_000_000
"""Paths of newer layers that are remembered while older ones are read: about 150 MB."""
MOST_FOLDERS = 400_000
MOST_ORPHANS = 10_000
"""Hard links to something that does not show through."""
MOST_AT = 200_000
"""Paths that are counted of what is brought back; some 40 MB."""
STEP_BYTES = 255
"""The longest name of a file or folder. To compare what is written in other characters takes time by the square of its
length, and no other request has its turn meanwhile."""
MOST_KEPT = 64 << 20
"""Bytes of the paths of folders and of such links. Their number alone says little: a path may have PATH_BYTES."""
OUT_BYTES = 1 << 20
GROWTH = 3
"""How many times the size of its layers' objects a download may have. Both are compressed alike, so it has about the
same; a hard link whose first name is hidden may take its contents away from others like them, which doubles both."""
GROWTH_BYTES = 4 << 20
WRITTEN = 3
"""How often a file that goes on changing stands in a layer, each time with all of its contents."""
GROWN_BYTES = 8 << 30
"""What may stand in layers beyond the sizes that the tiers declare: headers, and what files grew by, from when they
were looked at until they were packed. More than any slot's home holds."""


class TooMuch(Exception):
    """The snapshot has more in it than can be held in memory, or than what it takes in the storage stands for."""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


Open = Callable[[Layer], AbstractContextManager[Readable]]
"""Opens a layer's object."""
Check = Callable[[], None]
"""Called whenever something is read, compressed or decompressed: at least once for each entry, and for each CHUNK of
contents and of paths that are taken away. Whoever wants to stop raises something."""


def home(manifest: Manifest, open_layer: Open, check: Check) -> Iterator[bytes]:
    """The whole home as one tar.zst, piece by piece.

    Raises Broken when a layer is not what the manifest says, and TooMuch: what was given out until then is worthless.
    """
    compressor = zstandard.ZstdCompressor(level=3).chunker(chunk_size=OUT_BYTES)
    stored = sum(layer.bytes for layer in manifest.layers)
    declared = sum(tier.bytes for tier in manifest.tiers.values())
    out = _Room(GROWTH * stored + GROWTH_BYTES, "it is many times what its layers take in the storage")
    written = _Room(WRITTEN * declared + GROWN_BYTES, "its files are many times what it declares")
    for blocks in _home(manifest, partial(_opened, open_layer, check)):
        written.take(len(blocks))
        yield from out.through(compressor.compress(blocks))
    yield from out.through(compressor.finish())  # type: ignore[no-untyped-call]  # its stubs leave it out


def holds(manifest: Manifest, path: str, open_layer: Open, check: Check) -> bool:
    """Whether the snapshot has anything at or below `path`. Tiers that are small are read first.

    Raises Broken and TooMuch.
    """
    top, open_tar = path.encode(), partial(_opened, open_layer, check)
    return any(next(_visible(_of(manifest, tier), open_tar, top), None) for tier in TIERS)


class At(Struct, frozen=True):
    """What stands at one path of a tar: what tells whether it is the same elsewhere, and its size."""

    header: int
    size: int
    is_folder: bool


def at(manifest: Manifest, path: str, tier: str, open_layer: Open, check: Check) -> dict[int, At]:
    """What a tier of the snapshot has at or below `path`, by the hash of each path. Raises Broken and TooMuch."""
    found: dict[int, At] = {}
    room = _Room(MOST_AT, f"there are more than {MOST_AT} paths at it")
    for _, _, entry, _ in _visible(_of(manifest, tier), partial(_opened, open_layer, check), path.encode()):
        room.take(1)
        found[hash(entry.path)] = At(hash(entry.raw), entry.size, entry.kind == FOLDER)
    return found


def spelled_alike(manifest: Manifest, path: str, open_layer: Open, check: Check) -> list[str]:
    """The paths of the snapshot that read the same as `path` and may be written in other characters, for a Mac writes
    `é` as two of them, and so each Korean syllable. To be asked when `path` itself is not there: it reads all there is.

    Raises Broken and TooMuch.
    """
    wanted, depth = normalize("NFC", path), path.count("/") + 1
    found, before = set[str](), b""
    for tier in TIERS:
        for _, _, entry, _ in _visible(_of(manifest, tier), partial(_opened, open_layer, check)):
            top = b"/".join(entry.path.split(b"/", depth)[:depth])
            if top != before:
                before = top
                with suppress(UnicodeDecodeError):
                    name = top.decode()
                    if not name.isascii() and _is_short(top) and normalize("NFC", name) == wanted:
                        found.add(name)
    return sorted(found)


def _is_short(path: bytes) -> bool:
    """Whether a file of such a path may be in a home."""
    return all(len(step) <= STEP_BYTES for step in path.split(b"/"))


def stands_at(manifest: Manifest, path: str, open_layer: Open, check: Check) -> bool:
    """Whether the snapshot has an entry of that very path, and not only some below it. Raises Broken and TooMuch."""
    top, open_tar = path.encode(), partial(_opened, open_layer, check)
    firsts = (next(_visible(_of(manifest, tier), open_tar, top), None) for tier in TIERS)
    return any(first is not None and first[2].path == top for first in firsts)


def empty_layer() -> bytes:
    """A layer that holds nothing."""
    return zstandard.ZstdCompressor().compress(END)


def _of(manifest: Manifest, tier: str) -> list[Layer]:
    return [layer for layer in manifest.layers if layer.tier == tier]


def _home(manifest: Manifest, open_tar: "_OpenTar") -> Iterator[bytes]:
    """Folders come last, sorted: a folder that may not be written into is filled before it becomes so."""
    folders = _Folders()
    for tier in TIERS:
        orphans, source = _Orphans(), None
        for layer, tar, entry, orphaned in _visible(_of(manifest, tier), open_tar):
            if source is not None and layer is not source:
                yield from _adopt(source, orphans.by_target, open_tar)
                orphans = _Orphans()
            source = layer
            if entry.kind == FOLDER:
                folders.add(entry)
            elif orphaned:
                orphans.add(entry)
            else:
                yield entry.raw
                yield from tar.contents()
        if source is not None:
            yield from _adopt(source, orphans.by_target, open_tar)
    for path in sorted(folders.by_path):
        yield folder(path, *folders.by_path[path])
    yield END


class _Room:
    """Room for so many of something. Whoever takes more gets TooMuch, with the reason."""

    def __init__(self, left: int, why: str) -> None:
        self._left = left
        self._why = why

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise TooMuch(self._why)

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, as long as there is room for them."""
        for piece in pieces:
            self.take(len(piece))
            yield piece


class _Folders:
    """The mode and the time of each folder."""

    def __init__(self) -> None:
        self.by_path: dict[bytes, tuple[int, bytes]] = {}
        self._count = _Room(MOST_FOLDERS, f"there are more than {MOST_FOLDERS} folders")
        self._bytes = _Room(MOST_KEPT, "its folders have too long names")

    def add(self, entry: Entry) -> None:
        if entry.path not in self.by_path:
            self._count.take(1)
            self._bytes.take(len(entry.path))
        self.by_path[entry.path] = (entry.mode, entry.mtime)


class _Orphans:
    """The hard links of one layer whose target does not show through."""

    def __init__(self) -> None:
        self.by_target: dict[bytes, list[bytes]] = {}
        self._count = _Room(MOST_ORPHANS, f"more than {MOST_ORPHANS} hard links lead to what was deleted since")
        self._bytes = _Room(MOST_KEPT, "the hard links that lead to what was deleted since have too long names")

    def add(self, entry: Entry) -> None:
        self._count.take(1)
        self._bytes.take(len(entry.path) + len(entry.link))
        self.by_target.setdefault(entry.link, []).append(entry.path)


def _adopt(layer: Layer, orphans: dict[bytes, list[bytes]], open_tar: "_OpenTar") -> Iterator[bytes]:
    """Hard links whose target does not show through: the first one of each becomes the file, the others lead to it."""
    if not orphans:
        return
    with open_tar(layer) as tar:
        for entry in tar:
            first, *others = orphans.pop(entry.path, [b""]) if entry.kind not in (LINK, FOLDER) else [b""]
            if first:
                yield renamed(entry, first)
                yield from tar.contents()
                yield from (hard_link(other, first) for other in others)
    if orphans:
        raise BrokenArchive("a hard link leads nowhere")


def _visible(
    layers: list[Layer], open_tar: "_OpenTar", top: bytes | None = None
) -> Iterator[tuple[Layer, Tar, Entry, bool]]:
    """What shows through of a tier's layers, at `top` or below it; and whether it is a hard link whose target does not.

    An entry's contents are to be read before the next one is asked for.
    """
    covered: dict[bytes, bool] = {}  # by later chains: their paths, and whether they have anything there
    for chain in reversed(chains(layers)):
        only = None if chain[0].only is None else chain[0].only.encode()
        brought = False
        shade = _Shade(covered, only)
        for number, layer in reversed([*enumerate(chain)]):
            if shade.cuts(top) or (top and only and not (within(top, only) or within(only, top))):
                continue
            with open_tar(layer, shade.take_away) as tar:
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
                shade.lower()
        if only is not None:
            covered[only] = covered.get(only, False) or brought


def _counts(path: bytes, top: bytes | None) -> bool:
    return top is None or within(path, top)


class _Shade:
    """What newer layers of a chain hide from older ones. Paths are remembered by their hash, of 64 bits."""

    def __init__(self, covered: dict[bytes, bool], only: bytes | None) -> None:
        self._covered = covered
        self._only = only
        self._seen: set[int] = set()
        self._cut: set[int] = set()
        self._next_seen: list[int] = []
        self._next_cut: list[int] = []

    def note(self, entry: Entry) -> None:
        """It hides what layers below have at this path, and under it if it is no folder."""
        self._remember(self._next_seen if entry.kind == FOLDER else self._next_cut, entry.path)

    def take_away(self, path: bytes) -> None:
        """Layers below have nothing any more at this path and under it."""
        if self._only is None or within(path, self._only) or within(self._only, path):
            self._remember(self._next_cut, path)

    def _remember(self, paths: list[int], path: bytes) -> None:
        paths.append(hash(path))
        if len(self._seen) + len(self._cut) + len(self._next_seen) + len(self._next_cut) > MOST_PATHS:
            raise TooMuch(f"more than {MOST_PATHS} paths changed")

    def lower(self) -> None:
        """Its layer is over: what it noted and took away is hidden from the next."""
        self._seen.update(self._next_seen)
        self._cut.update(self._next_cut)
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


class _OpenTar(Protocol):
    def __call__(self, layer: Layer, gone: Callable[[bytes], None] = ..., /) -> AbstractContextManager[Tar]: ...


@contextmanager
def _opened(
    open_layer: Open, check: Check, layer: Layer, gone: Callable[[bytes], None] = lambda _: None
) -> Iterator[Tar]:
    """The layer as a tar. Whoever reads it to its end knows that its hash was right. `gone`: as in Tar."""
    with open_layer(layer) as content:
        checked = _Checked(layer, content, check)
        decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        reader = decompressor.stream_reader(cast("IO[bytes]", checked), read_across_frames=True)

        def read(size: int) -> bytes:
            check()  # here too: a megabyte of the object may decompress to a terabyte
            try:
                found: bytes = reader.read(size)
            except zstandard.ZstdError as e:
                raise BrokenArchive(str(e)) from e
            return found

        try:
            yield _Whole(read, checked.finish, stream=layer.stream, entries=layer.entries, gone=gone)
        except BrokenArchive as e:
            raise BrokenArchive(f"layer {layer.name}: {e}") from e


class _Whole(Tar):
    """A tar that looks at the hash of all that was read once it has come to its end."""

    def __init__(self, read: Callable[[int], bytes], finish: Callable[[], None], **bounds: Any) -> None:
        super().__init__(read, **bounds)
        self._finish = finish

    def __iter__(self) -> Iterator[Entry]:
        yield from super().__iter__()
        self._finish()


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
            raise BrokenArchive("it is longer than the manifest declares")
        return chunk

    def finish(self) -> None:
        while self.read(OUT_BYTES):
            pass
        if self._left or self._hash.hexdigest() != self._layer.sha256:
            raise BrokenArchive("its hash is not the manifest's")
