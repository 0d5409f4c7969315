"""Which files of the home programs have mapped to write to, and which of these they wrote to since they were saved.

A file's times change at the first write to a page of it through a mapping, and not at the next ones. So the marks of a
file that was mapped while it was saved say nothing of what is written through that mapping later: its content does. A
mapping that is made after a save changes the file's times when it is written to first.
"""

import os
import re
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from agent.home.index import UNSURE, Held, Seen
from agent.home.moving import MOST_COPIED
from agent.home.pack import Packing
from agent.home.steps import Steps, split

MOST_COMPARED = MOST_COPIED
"""Bytes of content that a look compares, at 1.4 GB a second."""
BUILT_ANEW = b"-shm"
"""What SQLite's index of a log is called: each program that opens the database first builds it anew."""

_LINE_END = rb"\012"
"""How the kernel writes a line's end in a mapped file's name; it writes these four characters in a name alike."""

Tiers = Mapping[str, tuple[Seen, Held]]


class _Program(NamedTuple):
    size: bytes
    paths: frozenset[bytes]
    """Below the home, as the kernel names what is mapped shared and may be written to."""


class Mapped:
    """`home` is a descriptor of the folder. `paths`: the names of what was mapped at the last look."""

    def __init__(self, home: int) -> None:
        self.paths: set[bytes] = set()
        self._home = home
        self._programs: dict[str, _Program] = {}
        self._rewritten: dict[bytes, int] = {}

    def read(self, *, again: bool) -> None:
        """Of all programs of which this one is told. While they stand still it is exact: what is mapped later and
        written to gets other times than the look saw. It must be quick then: `again` passes over the programs that are
        as large as they were a moment ago."""
        self._programs = _read_programs(self._home, self._programs if again else {})
        found = (path for program in self._programs.values() for path in program.paths)
        self.paths = {path for path in found if not path.endswith(BUILT_ANEW)}

    def take(self, seen: Seen) -> None:
        """What is mapped is taken for being written."""
        if not self.paths:
            return
        if any(_LINE_END in path for path in self.paths):
            self.paths.update(path for path in seen.marks if path.replace(b"\n", _LINE_END) in self.paths)
        for names in seen.linked.values():
            if not self.paths.isdisjoint(names):
                self.paths.update(names)
        seen.recent |= (self.paths & seen.marks.keys()) - seen.folders

    def compare(self, tiers: Tiers, *, last: bool) -> None:
        """What has another content than was saved is to be saved: what is `held` of it is UNSURE from now on. As much
        is compared as a look may, and by the `last` one all. What is mapped no more is compared for the last time; if
        it is too large for that, it is saved."""
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
        """Names of what has changed in its content alone, and is mapped still."""
        found = set[bytes]()
        for seen, held in tiers.values():
            for path in self._rewritten.keys() & self.paths & seen.marks.keys():
                if held.marks.get(path) == UNSURE and self._rewritten[path] == seen.marks[path]:
                    found.add(path)
        for seen, _ in tiers.values():
            for names in seen.linked.values():
                if not found.isdisjoint(names):
                    found.update(names)
        return found

    def _content(self, path: bytes) -> bytes | None:
        # one that its owner may not read is made readable to be packed, which gives it other times
        with suppress(OSError), closing(Steps(self._home)) as steps:
            folder, name = split(path)
            if os.access(name, os.R_OK, dir_fd=steps.into(folder), effective_ids=True):
                return Packing(self._home, [], Seen(), {path}).content(path)
        return None


def _size(pid: str) -> bytes:
    """Of its address space, in pages: another mapping most often makes it another. Raises OSError."""
    with open(f"/proc/{pid}/statm", "rb", buffering=0) as statm:  # noqa: PTH123
        return statm.read(64).split(None, 1)[0]


def _read_programs(home: int, known: Mapping[str, _Program]) -> dict[str, _Program]:
    """By process id. Of those that are `known`, what is as large as before and had nothing mapped has nothing now."""
    prefix = os.fsencode(Path(f"/proc/self/fd/{home}").readlink()) + b"/"
    wanted = re.compile(rb"^\S+ .w.s \S+ \S+ \d+ +" + re.escape(prefix.replace(b"\n", _LINE_END)) + rb"(.+)$", re.M)
    found: dict[str, _Program] = {}
    for entry in os.scandir("/proc"):
        pid = entry.name
        if not pid.isdigit():
            continue
        with suppress(OSError):  # somebody else's, or it has ended
            before = known.get(pid)
            if before is not None and not before.paths and _size(pid) == before.size:
                found[pid] = before
                continue
            with open(f"/proc/{pid}/maps", "rb", buffering=0) as maps:  # noqa: PTH123
                size = _size(pid)
                found[pid] = _Program(size, frozenset(wanted.findall(maps.read())))
    return found
