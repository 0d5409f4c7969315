"""The layers of a snapshot merged into one stream, which holds what a restore would bring.

The contents of visible entries are copied. Their headers are written anew, so that no attribute and no right of a file
is copied that the format does not know. Nothing is unpacked, and memory is bounded whatever a layer holds.
"""

from collections.abc import Iterator
from functools import partial

import zstandard

from shared.snapshots.checkpoint import TIERS, Layer, Manifest
from shared.snapshots.format.layout import END, FOLDER, KEPT_BITS, LINK, BadLayer
from shared.snapshots.format.tar_reader import Entry
from shared.snapshots.format.tar_writer import copy_header, header
from shared.snapshots.opened_layer import Check, Open, OpenTar, opened
from shared.snapshots.visible_entries import Room, layers_of, visible

MOST_FOLDERS = 400_000
MOST_ORPHANS = 10_000
"""Hard links whose target is hidden."""
MOST_KEPT = 64 << 20
"""Bytes of remembered paths of folders and hard links. Their number is not bound enough: one path may have LONGEST_PATH
bytes."""
OUT_BYTES = 1 << 20
GROWTH = 3
"""How many times the size of its layers' objects a download may have. Both are compressed in the same way, so the sizes
are about equal. A hard link with a hidden target may separate similar contents, which can double the size."""
GROWTH_BYTES = 4 << 20
WRITTEN = 3
"""How many times one file that keeps changing may stand in a layer, each time with all of its contents."""
GROWN_BYTES = 8 << 30
"""Bytes that layers may have beyond the sizes that the tiers declare: headers, and growth of files between the scan and
the packing. More than any slot's home holds."""


def home(manifest: Manifest, open_layer: Open, check: Check) -> Iterator[bytes]:
    """The whole home as one tar.zst, piece by piece.

    Raises BadLayer if a layer is not what the manifest says, and TooMuch. After an error the pieces so far are
    worthless.
    """
    compressor = zstandard.ZstdCompressor(level=3).chunker(chunk_size=OUT_BYTES)
    stored = sum(layer.bytes for layer in manifest.layers)
    declared = sum(tier.bytes for tier in manifest.tiers.values())
    out = Room(GROWTH * stored + GROWTH_BYTES, "it is many times what its layers take in the storage")
    written = Room(WRITTEN * declared + GROWN_BYTES, "its files are many times what it declares")
    for blocks in _home(manifest, partial(opened, open_layer, check)):
        written.take(len(blocks))
        yield from out.through(compressor.compress(blocks))
    yield from out.through(compressor.finish())  # type: ignore[no-untyped-call]  # its stubs leave it out


def empty_layer() -> bytes:
    """A layer without entries."""
    return zstandard.ZstdCompressor().compress(END)


def _home(manifest: Manifest, open_tar: OpenTar) -> Iterator[bytes]:
    """Folders come last, sorted, so that a read-only folder is filled before it becomes read-only."""
    folders = _Folders()
    for tier in TIERS:
        orphans, source = _Orphans(), None
        for layer, tar, entry, orphaned in visible(layers_of(manifest, tier), open_tar):
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


class _Folders:
    """The mode and time of each folder."""

    def __init__(self) -> None:
        self.by_path: dict[bytes, tuple[int, int]] = {}
        self._count = Room(MOST_FOLDERS, f"there are more than {MOST_FOLDERS} folders")
        self._bytes = Room(MOST_KEPT, "its folders have too long names")

    def add(self, entry: Entry) -> None:
        if entry.path not in self.by_path:
            self._count.take(1)
            self._bytes.take(len(entry.path))
        self.by_path[entry.path] = (entry.mode, entry.mtime_ns)


class _Orphans:
    """Hard links of one layer whose target is hidden."""

    def __init__(self) -> None:
        self.by_target: dict[bytes, list[bytes]] = {}
        self._count = Room(MOST_ORPHANS, f"more than {MOST_ORPHANS} hard links lead to what was deleted since")
        self._bytes = Room(MOST_KEPT, "the hard links that lead to what was deleted since have too long names")

    def add(self, entry: Entry) -> None:
        self._count.take(1)
        self._bytes.take(len(entry.path) + len(entry.link))
        self.by_target.setdefault(entry.link, []).append(entry.path)


def _adopt(layer: Layer, orphans: dict[bytes, list[bytes]], open_tar: OpenTar) -> Iterator[bytes]:
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
