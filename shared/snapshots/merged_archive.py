"""The layers of a snapshot merged into one stream, which holds what a restore would bring.

The newest layer is read first, so that its changes and removals are known before older layers are read. The
contents of visible entries are copied. Their headers are written anew, so that no attribute and no right of a file is
copied that the format does not know. Nothing is unpacked, and memory is bounded whatever a layer holds.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from hashlib import sha256
from typing import IO, Protocol, cast
from unicodedata import normalize

import zstandard
from msgspec import Struct

from shared.snapshots.checkpoint import TIERS, Layer, Manifest, chains
from shared.snapshots.format.layout import END, FOLDER, KEPT_BITS, LINK, BadLayer
from shared.snapshots.format.tar_reader import Entry, Tar
from shared.snapshots.format.tar_writer import copy_header, header

WINDOW_BYTES = 1 << 23
"""Memory for decompressing one layer: 8 MiB, the window that every zstd decoder supports."""
MOST_HIDDEN = 2_000_000
"""Paths of newer layers to remember while older layers are read: about 150 MB."""
MOST_FOLDERS = 400_000
MOST_ORPHANS = 10_000
"""Hard links whose target is hidden."""
MOST_AT = 200_000
"""Paths to count below a restored path: about 40 MB."""
MOST_KEPT = 64 << 20
"""Bytes of remembered paths of folders and hard links. Their number is not bound enough: one path may have LONGEST_PATH
bytes."""
OUT_BYTES = 1 << 20
IN_BYTES = 1 << 16
"""Bytes to decompress at once."""
GROWTH = 3
"""How many times the size of its layers' objects a download may have. Both are compressed in the same way, so the sizes
are about equal. A hard link with a hidden target may separate similar contents, which can double the size."""
GROWTH_BYTES = 4 << 20
WRITTEN = 3
"""How many times one file that keeps changing may stand in a layer, each time with all of its contents."""
GROWN_BYTES = 8 << 30
"""Bytes that layers may have beyond the sizes that the tiers declare: headers, and growth of files between the scan and
the packing. More than any slot's home holds."""


class TooMuch(Exception):
    """The snapshot holds more than fits into memory, or more than its size in the storage allows."""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


Open = Callable[[Layer], AbstractContextManager[Readable]]
"""Opens a layer's object."""
Check = Callable[[], None]
"""Called at least once for each IN_BYTES of a layer's tar. The caller stops the work by raising an error."""


def home(manifest: Manifest, open_layer: Open, check: Check) -> Iterator[bytes]:
    """The whole home as one tar.zst, piece by piece.

    Raises BadLayer if a layer is not what the manifest says, and TooMuch. After an error the pieces so far are
    worthless.
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


def entries(manifest: Manifest, open_layer: Open, check: Check) -> Iterator[Entry]:
    """What the snapshot has, tier by tier. Raises BadLayer and TooMuch."""
    for tier in TIERS:
        for _, _, entry, _ in _visible(_of(manifest, tier), partial(_opened, open_layer, check)):
            yield entry


def has_path(manifest: Manifest, path: str, open_layer: Open, check: Check) -> bool:
    """Whether the snapshot has an entry at or below `path`. Small tiers are read first.

    Raises BadLayer and TooMuch.
    """
    top, open_tar = path.encode(), partial(_opened, open_layer, check)
    return any(next(_visible(_of(manifest, tier), open_tar, top), None) for tier in TIERS)


class At(Struct, frozen=True):
    """An entry at one path of a tar: what decides whether two entries are equal, and the bytes without holes."""

    header: int
    size: int
    is_folder: bool


def at(manifest: Manifest, path: str, tier: str, open_layer: Open, check: Check) -> dict[int, At]:
    """The entries of one tier at or below `path`, by the hash of each path. Raises BadLayer and TooMuch."""
    entries: dict[int, At] = {}
    room = _Room(MOST_AT, f"there are more than {MOST_AT} paths at it")
    for _, _, entry, _ in _visible(_of(manifest, tier), partial(_opened, open_layer, check), path.encode()):
        room.take(1)
        entries[hash(entry.path)] = At(_header_hash(entry), entry.stored, entry.kind == FOLDER)
    return entries


def _header_hash(entry: Entry) -> int:
    parts = None if entry.parts is None else tuple(entry.parts)
    return hash((entry.kind, entry.mode, entry.mtime_ns, entry.size, entry.link, parts))


def equivalent_paths(manifest: Manifest, path: str, open_layer: Open, check: Check) -> list[str]:
    """Paths of the snapshot that are canonically equivalent to `path` in Unicode. macOS writes `é`, and each Korean
    syllable, as several characters. Only useful if `path` itself is absent, because all layers are read.

    Raises BadLayer and TooMuch.
    """
    wanted, depth = normalize("NFC", path), path.count("/") + 1
    paths, before = set[str](), b""
    for tier in TIERS:
        for _, _, entry, _ in _visible(_of(manifest, tier), partial(_opened, open_layer, check)):
            top = b"/".join(entry.path.split(b"/", depth)[:depth])
            if top != before:
                before = top
                with suppress(UnicodeDecodeError):
                    name = top.decode()
                    if not name.isascii() and normalize("NFC", name) == wanted:
                        paths.add(name)
    return sorted(paths)


def has_entry_at(manifest: Manifest, path: str, open_layer: Open, check: Check) -> bool:
    """Whether the snapshot has an entry at exactly this path, and not only below it. Raises BadLayer and TooMuch."""
    top, open_tar = path.encode(), partial(_opened, open_layer, check)
    firsts = (next(_visible(_of(manifest, tier), open_tar, top), None) for tier in TIERS)
    return any(first is not None and first[2].path == top for first in firsts)


def in_the_way(manifest: Manifest, path: str, open_layer: Open, check: Check) -> str | None:
    """The path of a file or link that stands where `path` needs a folder; None if there is none. Raises BadLayer and
    TooMuch."""
    open_tar = partial(_opened, open_layer, check)
    above = path.encode()
    while b"/" in above:
        above = above.rpartition(b"/")[0]
        firsts = [next(_visible(_of(manifest, tier), open_tar, above), None) for tier in TIERS]
        found = [first[2] for first in firsts if first is not None]
        if any(entry.path == above and entry.kind != FOLDER for entry in found):
            return above.decode()
        if found:  # it is a folder, and so is what is above it
            return None
    return None


def empty_layer() -> bytes:
    """A layer without entries."""
    return zstandard.ZstdCompressor().compress(END)


def _of(manifest: Manifest, tier: str) -> list[Layer]:
    return [layer for layer in manifest.layers if layer.tier == tier]


def _home(manifest: Manifest, open_tar: "_OpenTar") -> Iterator[bytes]:
    """Folders come last, sorted, so that a read-only folder is filled before it becomes read-only."""
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
                yield copy_header(entry, entry.path)
                yield from tar.contents()
        if source is not None:
            yield from _adopt(source, orphans.by_target, open_tar)
    for path in sorted(folders.by_path):
        mode, mtime_ns = folders.by_path[path]
        yield header(path, FOLDER, mode & KEPT_BITS, mtime_ns)
    yield END


class _Room:
    """A limit on a quantity. Raises TooMuch, with the reason, once more is taken."""

    def __init__(self, left: int, reason: str) -> None:
        self._left = left
        self._why = reason

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise TooMuch(self._why)

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, counted against the limit."""
        for piece in pieces:
            self.take(len(piece))
            yield piece


class _Folders:
    """The mode and time of each folder."""

    def __init__(self) -> None:
        self.by_path: dict[bytes, tuple[int, int]] = {}
        self._count = _Room(MOST_FOLDERS, f"there are more than {MOST_FOLDERS} folders")
        self._bytes = _Room(MOST_KEPT, "its folders have too long names")

    def add(self, entry: Entry) -> None:
        if entry.path not in self.by_path:
            self._count.take(1)
            self._bytes.take(len(entry.path))
        self.by_path[entry.path] = (entry.mode, entry.mtime_ns)


class _Orphans:
    """Hard links of one layer whose target is hidden."""

    def __init__(self) -> None:
        self.by_target: dict[bytes, list[bytes]] = {}
        self._count = _Room(MOST_ORPHANS, f"more than {MOST_ORPHANS} hard links lead to what was deleted since")
        self._bytes = _Room(MOST_KEPT, "the hard links that lead to what was deleted since have too long names")

    def add(self, entry: Entry) -> None:
        self._count.take(1)
        self._bytes.take(len(entry.path) + len(entry.link))
        self.by_target.setdefault(entry.link, []).append(entry.path)


def _adopt(layer: Layer, orphans: dict[bytes, list[bytes]], open_tar: "_OpenTar") -> Iterator[bytes]:
    """Turns the first hard link of each hidden target into the file, and links the others to it."""
    if not orphans:
        return
    with open_tar(layer) as tar:
        for entry in tar:
            first, *others = orphans.pop(entry.path, [b""]) if entry.kind not in (LINK, FOLDER) else [b""]
            if first:
                yield copy_header(entry, first)
                yield from tar.contents()
                yield from (header(other, LINK, entry.mode, entry.mtime_ns, link=first) for other in others)
    if orphans:
        raise BadLayer("a hard link leads nowhere")


def _visible(
    layers: list[Layer], open_tar: "_OpenTar", top: bytes | None = None
) -> Iterator[tuple[Layer, Tar, Entry, bool]]:
    """The visible entries of a tier's layers at or below `top`, and whether each is a hard link with a hidden target.

    The caller must read an entry's contents before it asks for the next entry.
    """
    covered: dict[bytes, bool] = {}  # paths of later chains, and whether the chains have an entry there
    for chain in reversed(chains(layers)):
        only = None if chain[0].only is None else chain[0].only.encode()
        brought = False
        shade = _Shade(covered, only)
        for number, layer in reversed([*enumerate(chain)]):
            if shade.cuts(top) or (top and only and not (_within(top, only) or _within(only, top))):
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
    return top is None or _within(path, top)


def _within(path: bytes, top: bytes) -> bool:
    """Whether `path` is `top` or lies below it."""
    return path == top or path.startswith(top + b"/")


class _Shade:
    """What newer layers of a chain hide from older ones. Paths are remembered by a hash of 64 bits."""

    def __init__(self, covered: dict[bytes, bool], only: bytes | None) -> None:
        self._covered = covered
        self._only = only
        self._seen: set[int] = set()
        self._cut: set[int] = set()
        self._next_seen: list[int] = []
        self._next_cut: list[int] = []

    def note(self, entry: Entry) -> None:
        """Hides the entry's path in older layers, and everything below it unless the entry is a folder."""
        self._remember(self._next_seen if entry.kind == FOLDER else self._next_cut, entry.path)

    def take_away(self, path: bytes) -> None:
        """Hides everything at and below the path in older layers."""
        if self._only is None or _within(path, self._only) or _within(self._only, path):
            self._remember(self._next_cut, path)

    def _remember(self, paths: list[int], path: bytes) -> None:
        paths.append(hash(path))
        if len(self._seen) + len(self._cut) + len(self._next_seen) + len(self._next_cut) > MOST_HIDDEN:
            raise TooMuch(f"more than {MOST_HIDDEN} paths changed")

    def lower(self) -> None:
        """Ends a layer: what the layer noted and took away is hidden from the next, older layer."""
        self._seen.update(self._next_seen)
        self._cut.update(self._next_cut)
        self._next_seen, self._next_cut = [], []

    def hides(self, entry: Entry) -> bool:
        """Whether the entry is hidden. An entry that is no folder also gives way to entries of a later chain below
        it."""
        if entry.kind != FOLDER and any(had and _within(top, entry.path) for top, had in self._covered.items()):
            return True
        return self.hides_path(entry.path)

    def hides_path(self, path: bytes) -> bool:
        return hash(path) in self._seen or self.cuts(path)

    def cuts(self, path: bytes | None) -> bool:
        """Whether everything at and below `path` is hidden."""
        if path is None:
            return False
        if any(_within(path, top) for top in self._covered):
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
        while self.read(OUT_BYTES):
            pass
        if self._left or self._hash.hexdigest() != self._layer.sha256:
            raise BadLayer("its hash is not the manifest's")
