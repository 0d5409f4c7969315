"""What the layers of a tier hold, path by path, and what a scan of the home finds."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field

UNSURE = 0
"""The mark of a path that must be saved again, whatever its properties."""


def mark(status: os.stat_result) -> int:
    """A number that changes when the entry does. A folder's mark covers its own properties only; the paths in the
    folder have marks of their own. `folder_mode` reads a folder's mark."""
    if stat.S_ISDIR(status.st_mode):
        return folder_mark(status.st_mode, status.st_mtime_ns)
    # ctime too: a program can set mtime back after a change, but not ctime
    return hash((status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)) | 1


_MODE_BITS = 16


def folder_mark(mode: int, mtime_ns: int) -> int:
    """The mark of a folder with this mode, its kind included, and this time."""
    return (mtime_ns << _MODE_BITS | mode) << 1


def folder_mode(sign: int) -> int | None:
    """The mode in a folder's mark. None for the mark of anything else, and for UNSURE."""
    return None if sign & 1 or sign == UNSURE else sign >> 1 & (1 << _MODE_BITS) - 1


@dataclass
class TierScan:
    """A tier of the home as one scan found it. `marks`: every path with its mark, parents before their entries.
    `sizes`: bytes of the files. `total`: the sum of all files in bytes, a file with several names counted once.
    `linked`: the names of a file with several names, by its inode number. `folders`: the paths that were folders.
    `recent`: the other paths that changed shortly before the scan."""

    marks: dict[bytes, int] = field(default_factory=dict)
    total: int = 0
    sizes: dict[bytes, int] = field(default_factory=dict)
    linked: dict[int, list[bytes]] = field(default_factory=dict)
    folders: set[bytes] = field(default_factory=set)
    recent: set[bytes] = field(default_factory=set)

    def copy(self) -> "TierScan":
        """A copy that does not change when this scan does."""
        linked = {number: list(names) for number, names in self.linked.items()}
        sets = set(self.folders), set(self.recent)
        return TierScan(dict(self.marks), self.total, dict(self.sizes), linked, *sets)

    def add(self, other: "TierScan") -> None:
        """Adds another scan's paths. A file may have names in both scans."""
        self.marks |= other.marks
        self.sizes |= other.sizes
        self.folders |= other.folders
        self.recent |= other.recent
        self.total += other.total
        for number, names in other.linked.items():
            own_names = self.linked.setdefault(number, [])
            if own_names:
                self.total -= self.sizes.pop(names[0], 0)
            own_names += names

    def take(self, number: int) -> "TierScan":
        """Takes out the file with this inode number, with all of its names, and returns it."""
        names = self.linked.pop(number)
        size = self.sizes.pop(names[0], 0)
        self.total -= size
        taken = TierScan({name: self.marks.pop(name) for name in names}, size, {names[0]: size} if size else {})
        taken.linked[number] = names
        taken.recent = self.recent & set(names)
        self.recent -= taken.recent
        return taken


@dataclass
class Held:
    """What the layers of a tier bring when they are restored.

    `changed`: the paths that deltas wrote since the whole layer. `gone`: the paths that deltas took away. `complete` is
    false until the tier is restored: then `marks` has only the paths that were saved meanwhile, `leaves` has those of
    them that were no folders, and `missing` is empty. `contents`: `Packed.contents` for the files that programs had
    mapped when they were saved.
    """

    marks: dict[bytes, int] = field(default_factory=dict)
    changed: set[bytes] = field(default_factory=set)
    gone: set[bytes] = field(default_factory=set)
    leaves: set[bytes] = field(default_factory=set)
    contents: dict[bytes, bytes] = field(default_factory=dict)
    complete: bool = True

    def changes(self, seen: TierScan) -> list[bytes]:
        """Paths to write. All names of a file are written, or none: a single name would be restored as another file."""
        held = self.marks
        if held == seen.marks:  # takes a tenth of the time of the comparison below, and most scans find no change
            return [path for path, sign in held.items() if sign == UNSURE] if UNSURE in held.values() else []
        changed = [path for path, sign in seen.marks.items() if sign == UNSURE or held.get(path) != sign]
        if not seen.linked:
            return changed
        changed_paths = set(changed)
        others = (names for names in seen.linked.values() if not changed_paths.isdisjoint(names))
        return changed + [path for names in others for path in names if path not in changed_paths]

    def missing(self, seen: TierScan) -> list[bytes]:
        """Paths to take away, without the paths below one of them. A folder that moved to another tier is not taken
        away while it holds a path of this tier, which would be removed with the folder."""
        if not self.complete or self.marks.keys() <= seen.marks.keys():
            return []
        missing = {path for path in self.marks if path not in seen.marks}
        return topmost(missing - above(seen.marks) if missing else ())


def above(paths: Iterable[bytes]) -> set[bytes]:
    """The folders that `paths` lie in, at every level."""
    folders: set[bytes] = set()
    for path in paths:
        folder = path.rpartition(b"/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition(b"/")[0]
    return folders


def topmost(paths: Iterable[bytes]) -> list[bytes]:
    """Those of `paths` that lie below no other."""
    tops: set[bytes] = set()
    for path in sorted(paths):
        parent = path.rpartition(b"/")[0]
        while parent and parent not in tops:
            parent = parent.rpartition(b"/")[0]
        if not parent:
            tops.add(path)
    return sorted(tops)
