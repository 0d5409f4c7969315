"""The paths of a snapshot: what a member sees who looks into it. Made once from all layers, then read folder by folder.

Bounded whatever a layer holds: an index that is not complete says so.
"""

from bisect import bisect_right
from collections.abc import Iterable
from enum import StrEnum
from unicodedata import normalize

from msgspec import Struct

from shared.snapshots.checkpoint import MOST
from shared.snapshots.format.layout import FOLDER, LINK, SYMLINK
from shared.snapshots.format.tar_reader import Entry
from shared.snapshots.path_restore import PATH_BYTES
from shared.snapshots.visible_entries import TooMuch
from shared.time_budget import TooSlow

MOST_INDEXED = 100_000
"""Paths of an index: in memory about 40 MB, in the bucket about 1 MB."""
MOST_INDEXED_BYTES = 16 << 20
"""Bytes of all paths of an index. Their number is not bound enough: one path may have 64,000 bytes."""


class PathKind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARD_LINK = "hard-link"


class Indexed(Struct, array_like=True):
    """One path. Of a folder, `bytes` and `files` are the sums of all that is below it."""

    path: str
    kind: PathKind
    bytes: int
    files: int
    exact: bool
    """The path is what it says: it is UTF-8, and not too long to be asked for."""


class PathIndex(Struct):
    """Sorted by path."""

    entries: list[Indexed]
    partial: bool
    """The snapshot has more than this."""


_KINDS = {FOLDER: PathKind.FOLDER, LINK: PathKind.HARD_LINK, SYMLINK: PathKind.SYMLINK}


def index_of(entries: Iterable[Entry]) -> PathIndex:
    """The index of a snapshot's visible entries. What could not be read in time, or is too much, is left out.

    Raises BadLayer, as `entries` does.
    """
    paths = _Paths()
    try:
        for entry in entries:
            paths.add(entry)
    except (TooSlow, TooMuch):
        return PathIndex(paths.in_order(), partial=True)
    return PathIndex(paths.in_order(), partial=False)


def children(index: PathIndex, folder: str, after: str | None, most: int) -> tuple[list[Indexed], bool]:
    """At most `most` of what lies directly in `folder`, after the name `after`, and whether there is more. The home
    itself is ""."""
    top = f"{folder}/" if folder else ""
    names = [each for each in index.entries if each.path.startswith(top) and "/" not in each.path[len(top) :]]
    start = 0 if after is None else bisect_right(names, top + after, key=lambda each: each.path)
    return names[start : start + most], len(names) > start + most


def folders_named(index: PathIndex, folder: str) -> list[str]:
    """The folder as the index spells it, and then those that are canonically equivalent to it in Unicode: macOS writes
    `é`, and each Korean syllable, as several characters. Empty if there is none; the home itself is ""."""
    if not folder:
        return [""]
    wanted = None if folder.isascii() else normalize("NFC", folder)
    found = [
        each.path
        for each in index.entries
        if each.kind == PathKind.FOLDER and (each.path == folder or wanted == normalize("NFC", each.path))
    ]
    return sorted(found, key=lambda path: (path != folder, path))


class _Paths:
    """What was read so far, with the folders above it, whether or not these have an entry of their own."""

    def __init__(self) -> None:
        self._by_path: dict[str, Indexed] = {}
        self._left = MOST_INDEXED_BYTES

    def in_order(self) -> list[Indexed]:
        return sorted(self._by_path.values(), key=lambda each: each.path)

    def add(self, entry: Entry) -> None:
        """Raises TooMuch."""
        path, is_utf8 = _text(entry.path)
        kind = _KINDS.get(entry.kind, PathKind.FILE)
        exact = is_utf8 and len(entry.path) <= PATH_BYTES
        if path in self._by_path:
            return  # a folder of several tiers, or another name that reads the same
        self._put(path, kind, exact)
        if kind == PathKind.FOLDER:
            return
        self._by_path[path].bytes, self._by_path[path].files = entry.size, 1
        at = path.rfind("/")
        while at > 0:
            above = self._by_path.get(path[:at]) or self._put(path[:at], PathKind.FOLDER, exact)
            above.bytes = min(MOST, above.bytes + entry.size)
            above.files += 1
            at = path.rfind("/", 0, at)

    def _put(self, path: str, kind: PathKind, exact: bool) -> Indexed:
        self._left -= len(path)
        if self._left < 0 or len(self._by_path) >= MOST_INDEXED:
            raise TooMuch("there are more paths than an index has")
        self._by_path[path] = Indexed(path, kind, 0, 0, exact)
        return self._by_path[path]


def _text(path: bytes) -> tuple[str, bool]:
    try:
        return path.decode(), True
    except UnicodeDecodeError:
        return path.decode(errors="replace"), False
