"""What the layers of a tier hold, path by path, and what a look at the home makes of it."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field

UNSURE = 0
"""The mark of what must be saved again, whatever it looks like."""


def mark(status: os.stat_result) -> int:
    """A number that changes when the entry does. A folder's is of its own properties: what is in it has marks too."""
    if stat.S_ISDIR(status.st_mode):
        return hash((status.st_mode, status.st_mtime_ns))
    # ctime too: whoever sets a file's mtime back has changed the file all the same
    return hash((status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))


@dataclass
class Seen:
    """A tier of the home as one look found it: every path with its mark, parents before what is in them, and the
    files' sizes. `total` is their sum in bytes, a file with several names counted once. `linked`: names by the file's
    number. `folders`: which of the paths were folders. `recent`: of the others, those that changed shortly before."""

    marks: dict[bytes, int] = field(default_factory=dict)
    total: int = 0
    sizes: dict[bytes, int] = field(default_factory=dict)
    linked: dict[int, list[bytes]] = field(default_factory=dict)
    folders: set[bytes] = field(default_factory=set)
    recent: set[bytes] = field(default_factory=set)

    def copy(self) -> "Seen":
        """What is here now, whatever becomes of it."""
        linked = {number: list(names) for number, names in self.linked.items()}
        sets = set(self.folders), set(self.recent)
        return Seen(dict(self.marks), self.total, dict(self.sizes), linked, *sets)

    def add(self, other: "Seen") -> None:
        """What another has. A file may have names in both."""
        self.marks |= other.marks
        self.sizes |= other.sizes
        self.folders |= other.folders
        self.recent |= other.recent
        self.total += other.total
        for number, names in other.linked.items():
            there = self.linked.setdefault(number, [])
            if there:
                self.total -= self.sizes.pop(names[0], 0)
            there += names

    def take(self, number: int) -> "Seen":
        """Takes out the file that has this number, with all of its names."""
        names = self.linked.pop(number)
        size = self.sizes.pop(names[0], 0)
        self.total -= size
        taken = Seen({name: self.marks.pop(name) for name in names}, size, {names[0]: size} if size else {})
        taken.linked[number] = names
        taken.recent = self.recent & set(names)
        self.recent -= taken.recent
        return taken


@dataclass
class Held:
    """What the layers of a tier bring when they are restored.

    `changed`: the paths that a delta wrote since the whole; `gone`: what deltas took away. Not `complete` while the
    tier is not restored: then `marks` has only what was saved meanwhile, `leaves` which of it was no folder, and
    nothing is known to be missing. `contents`: what `Packed.contents` says of files that programs had mapped then.
    """

    marks: dict[bytes, int] = field(default_factory=dict)
    changed: set[bytes] = field(default_factory=set)
    gone: set[bytes] = field(default_factory=set)
    leaves: set[bytes] = field(default_factory=set)
    contents: dict[bytes, bytes] = field(default_factory=dict)
    complete: bool = True

    def changes(self, seen: Seen) -> list[bytes]:
        """Paths to write. All names of a file or none: one alone would come back as another file."""
        held = self.marks
        changed = [path for path, sign in seen.marks.items() if sign == UNSURE or held.get(path) != sign]
        if not seen.linked:
            return changed
        found = set(changed)
        others = (names for names in seen.linked.values() if not found.isdisjoint(names))
        return changed + [path for names in others for path in names if path not in found]

    def missing(self, seen: Seen) -> list[bytes]:
        """Paths to take away, without those below one of them. A folder that is another tier's by now is not, while
        anything of this tier is in it: that would go with it."""
        if not self.complete:
            return []
        missing = {path for path in self.marks if path not in seen.marks}
        return topmost(missing - above(seen.marks) if missing else ())


def above(paths: Iterable[bytes]) -> set[bytes]:
    """The folders that these lie in."""
    found: set[bytes] = set()
    for path in paths:
        folder = path.rpartition(b"/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition(b"/")[0]
    return found


def topmost(paths: Iterable[bytes]) -> list[bytes]:
    """Those that lie below none of the others."""
    found: set[bytes] = set()
    for path in sorted(paths):
        parent = path.rpartition(b"/")[0]
        while parent and parent not in found:
            parent = parent.rpartition(b"/")[0]
        if not parent:
            found.add(path)
    return sorted(found)
