"""Which files of the home programs have mapped for writing, and which of these changed since they were saved.

The first write to a page through a mapping changes a file's times; the following writes to that page do not. So the
mark of a file that was mapped while it was saved does not tell whether the file changed later; only its content does.
The first write through a mapping that is made after a save changes the file's times.
"""

import os
import re
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from agent.home.copies import MOST_COPIED
from agent.home.index import UNSURE, Held, TierScan
from agent.home.open_below import FolderCursor, split
from agent.home.pack import Packing

MOST_COMPARED = MOST_COPIED
"""Bytes of content that a scan compares, at 1.4 GB a second."""
BUILT_ANEW = b"-shm"
"""The end of the name of SQLite's index of its log. The first program that opens the database builds the index anew."""

_LINE_END = rb"\012"
"""How the kernel writes a line's end in the name of a mapped file. The kernel writes these four characters the same way
when the name itself has them."""

Tiers = Mapping[str, tuple[TierScan, Held]]


class _Program(NamedTuple):
    size: bytes
    paths: frozenset[bytes]
    """Names, relative to the home and as the kernel writes them, of files that are mapped shared and writable."""


class Mapped:
    """`home` is the home's descriptor. `paths`: the files that were mapped at the last `read`."""

    def __init__(self, home: int) -> None:
        self.paths: set[bytes] = set()
        self._home = home
        self._programs: dict[str, _Program] = {}
        self._rewritten: dict[bytes, int] = {}

    def read(self, *, again: bool) -> None:
        """Reads the mappings of all programs that /proc shows to the keeper. While the programs stand still, `paths` is
        exact: the first write through a later mapping changes the file's times. `again` must be quick, and skips
        programs whose address space has the size of a moment ago."""
        self._programs = _read_programs(self._home, self._programs if again else {})
        mapped_paths = (path for program in self._programs.values() for path in program.paths)
        self.paths = {path for path in mapped_paths if not path.endswith(BUILT_ANEW)}

    def take(self, seen: TierScan) -> None:
        """Counts mapped files as being written."""
        if not self.paths:
            return
        if any(_LINE_END in path for path in self.paths):
            self.paths.update(path for path in seen.marks if path.replace(b"\n", _LINE_END) in self.paths)
        for names in seen.linked.values():
            if not self.paths.isdisjoint(names):
                self.paths.update(names)
        seen.recent |= (self.paths & seen.marks.keys()) - seen.folders

    def compare(self, tiers: Tiers, *, last: bool) -> None:
        """Marks each file whose content differs from the saved content as UNSURE in `held`. An ordinary scan compares
        MOST_COMPARED bytes, the `last` one all. A file that is no longer mapped is compared once more; if the file is
        too large to be compared, it is saved."""
        files = [
            (seen.sizes.get(path, 0), path, seen, held)
            for seen, held in tiers.values()
            for path in held.contents
            if path in seen.marks and held.marks.get(path) == seen.marks[path] != UNSURE
        ]
        room = MOST_COMPARED
        for size, path, seen, held in sorted(files, key=lambda file: file[:2]):
            is_mapped = path in self.paths
            content = None
            if last or size <= room:
                room -= size
                content = self._content(path)
            is_same = is_mapped and not last if content is None else content == held.contents[path]
            if not is_same:
                held.marks[path] = UNSURE
                self._rewritten[path] = seen.marks[path]
            elif not is_mapped:
                del held.contents[path]

    def later(self, tiers: Tiers) -> set[bytes]:
        """Paths of files that changed in their content alone and are still mapped."""
        changed = set[bytes]()
        for seen, held in tiers.values():
            for path in self._rewritten.keys() & self.paths & seen.marks.keys():
                if held.marks.get(path) == UNSURE and self._rewritten[path] == seen.marks[path]:
                    changed.add(path)
        for seen, _ in tiers.values():
            for names in seen.linked.values():
                if not changed.isdisjoint(names):
                    changed.update(names)
        return changed

    def _content(self, path: bytes) -> bytes | None:
        # a file that its owner may not read is not read: packing would change its mode for a moment, and so its times
        with suppress(OSError), closing(FolderCursor(self._home)) as cursor:
            folder, name = split(path)
            if os.access(name, os.R_OK, dir_fd=cursor.open(folder), effective_ids=True):
                return Packing(self._home, [], TierScan(), {path}).content(path)
        return None


def _address_space_size(pid: str) -> bytes:
    """The size of a program's address space, in pages: another mapping changes the size nearly always. Raises
    OSError."""
    with open(f"/proc/{pid}/statm", "rb", buffering=0) as statm:  # noqa: PTH123
        return statm.read(64).split(None, 1)[0]


def _read_programs(home: int, known: Mapping[str, _Program]) -> dict[str, _Program]:
    """All programs, by process id. A `known` program that had nothing mapped and has the same size is not read
    again."""
    prefix = os.fsencode(Path(f"/proc/self/fd/{home}").readlink()) + b"/"
    mapping_line = re.compile(
        rb"^\S+ .w.s \S+ \S+ \d+ +" + re.escape(prefix.replace(b"\n", _LINE_END)) + rb"(.+)$", re.M
    )
    programs: dict[str, _Program] = {}
    for entry in os.scandir("/proc"):
        pid = entry.name
        if not pid.isdigit():
            continue
        with suppress(OSError):  # the program is another user's, or has ended
            earlier = known.get(pid)
            if earlier is not None and not earlier.paths and _address_space_size(pid) == earlier.size:
                programs[pid] = earlier
                continue
            with open(f"/proc/{pid}/maps", "rb", buffering=0) as maps:  # noqa: PTH123
                size = _address_space_size(pid)
                programs[pid] = _Program(size, frozenset(mapping_line.findall(maps.read())))
    return programs
