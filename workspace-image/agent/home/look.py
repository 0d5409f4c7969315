"""Looks at every path of the home once: which tier it belongs to, and the mark that tells whether it changed."""

import os
import stat
import time
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import chain
from typing import TYPE_CHECKING

from agent import tiers
from agent.home.index import Seen, mark
from agent.home.moving import RECENT_NS, Kept
from agent.home.place import CACHE, STAGING
from agent.home.steps import LONGEST_PATH, MOST_STEPS, Steps

if TYPE_CHECKING:
    from agent.ignore import Ignore

IGNORED = ".ondolignore"

COMPANIONS = (b"-wal", b"-shm", b"-journal", b".wal")
"""A database of SQLite's or DuckDB's without its log is damaged, or an older one: both are in one tier, and both are
left out or neither."""
LARGEST = 64 << 30
"""A file of holes may claim any size; larger than any home it could never come back. Bytes."""
MOST = 2**51
"""What a tier may claim: a checkpoint's sum must stay a number that JSON holds exactly. Bytes."""
MOST_PATHS = 1 << 27
"""Bytes of all paths, with PATH_COST more for each: what is found must find room in memory, here and where it comes
back. A home's bytes and inodes end long before, unless its paths are very long."""
PATH_COST = 64
LONGEST_NAMED = 256
"""Characters of a path that is told to the member."""


@dataclass
class Looked:
    """`left_out` counts what is there and can't be saved: too large, too deep, too many, not to be looked at. `special`
    counts sockets, pipes and devices. `numbers`: the inodes of what was looked at, but for what was known."""

    tiers: dict[str, Seen] = field(default_factory=lambda: {tier: Seen() for tier in tiers.TIERS})
    left_out: int = 0
    special: int = 0
    numbers: dict[bytes, int] = field(default_factory=dict)

    def largest(self, count: int = 5) -> list[tuple[str, int]]:
        """The folders in which the most is, the largest files, and how many bytes; none that has nearly all of it in
        one thing below."""
        folders: Counter[bytes] = Counter()
        for path, size in _below_folders(self):
            folders[path] += size
        files = (size for seen in self.tiers.values() for size in seen.sizes.items())
        folders.update(dict(nlargest(10 * count, files, key=lambda file: file[1])))
        told: list[tuple[str, int]] = []
        for path, size in folders.most_common(10 * count):
            inside = max((folders[other] for other in folders if other.startswith(path + b"/")), default=0)
            if inside < 0.9 * size:
                told.append((path.decode(errors="replace")[:LONGEST_NAMED], size))
        return told[:count]


def look(home: int, known: Kept | None = None) -> Looked:
    """Everything that is to be saved below the folder. What vanishes meanwhile was never there. The folders that are
    `known` are not looked at again."""
    looked, kept = Looked(), known.folders if known else {}
    room, recent = MOST_PATHS, time.time_ns() - RECENT_NS
    settings: list[tuple[bytes, os.stat_result]] = []
    for path, status, tier in _entries(home, looked, kept.keys()):
        if path in kept and stat.S_ISDIR(status.st_mode):
            for kind, seen in kept[path].items():
                looked.tiers[kind].add(seen)
            continue
        room -= len(path) + PATH_COST
        if room < 0 or status.st_size > LARGEST:
            looked.left_out += 1
        elif tier == tiers.BOOT:
            settings.append((path, status))
        else:
            _add(looked, tier, path, status, recent)
    _add_settings(looked, settings, recent)
    _join_linked(looked)
    return looked


def _add(looked: Looked, tier: str, path: bytes, status: os.stat_result, recent: int) -> None:
    seen, size = looked.tiers[tier], _taken(status)
    if seen.total + size > MOST:
        looked.left_out += 1
        return
    seen.marks[path] = mark(status)
    looked.numbers[path] = status.st_ino
    if stat.S_ISDIR(status.st_mode):
        seen.folders.add(path)
        return
    if status.st_ctime_ns > recent:
        seen.recent.add(path)
    if status.st_nlink > 1 and stat.S_ISREG(status.st_mode):
        names = seen.linked.setdefault(status.st_ino, [])
        names.append(path)
        if len(names) > 1:
            return
    if size:
        seen.total += size
        seen.sizes[path] = size


def _add_settings(looked: Looked, found: list[tuple[bytes, os.stat_result]], recent: int) -> None:
    """Of all that may go with the boot tier: first what must, then as much of the others as there is room for."""
    places = [(path, status, _taken(status), os.fsdecode(path)) for path, status in found]
    first = tiers.MOST_BOOT - looked.tiers[tiers.BOOT].total
    others = first - sum(size for _, _, size, name in places if tiers.comes_first(name))
    chosen: list[tuple[bytes, os.stat_result, bool]] = []
    for path, status, size, name in places:
        if tiers.comes_first(name):
            first -= size
            is_in = first >= 0 or tiers.is_needed(name)
        else:
            others -= size
            is_in = others >= 0 or not size
        chosen.append((path, status, is_in))
    settled = {path for path, _, is_in in chosen if is_in}
    settled -= _parted(settled, {*looked.tiers[tiers.WORK].marks, *(path for path, _, is_in in chosen if not is_in)})
    for path, status, _ in chosen:
        _add(looked, tiers.BOOT if path in settled else tiers.WORK, path, status, recent)


def _parted(settings: set[bytes], work: set[bytes]) -> set[bytes]:
    """Of the settings, the databases and logs of which another part goes with the member's work."""
    parted = set[bytes]()
    for log in (path for path in chain(settings, work) if path.endswith(COMPANIONS)):
        base = log.removesuffix(next(end for end in COMPANIONS if log.endswith(end)))
        group = {base, *(base + end for end in COMPANIONS)}
        if not group.isdisjoint(work):
            parted.update(path for path in group & settings if not tiers.is_needed(os.fsdecode(path)))
    return parted


def _join_linked(looked: Looked) -> None:
    """All names of a file in one tier."""
    numbers = Counter(chain.from_iterable(seen.linked for seen in looked.tiers.values()))
    for number in [number for number, count in numbers.items() if count > 1]:
        among = {tier for tier, seen in looked.tiers.items() if number in seen.linked}
        into = tiers.of_linked(among)
        for tier in among - {into}:
            looked.tiers[into].add(looked.tiers[tier].take(number))


def _taken(status: os.stat_result) -> int:
    """Bytes that a file takes: its holes take none."""
    return min(status.st_size, 512 * status.st_blocks) if stat.S_ISREG(status.st_mode) else 0


def _below_folders(looked: Looked) -> Iterator[tuple[bytes, int]]:
    """Each file's size, for the upper three folders that it lies in."""
    for seen in looked.tiers.values():
        for path, size in seen.sizes.items():
            at = path.find(b"/")
            for _ in range(3):
                if at < 0:
                    break
                yield path[:at], size
                at = path.find(b"/", at + 1)


def _entries(home: int, looked: Looked, known: Set[bytes]) -> Iterator[tuple[bytes, os.stat_result, str]]:
    """Parents before what is in them, in an order that is the same each time."""
    ignored, steps = _read_ignored(home), Steps(home)
    waiting = [(b"", tiers.WORK)]
    while waiting:
        folder, above = waiting.pop()
        try:
            found = entries_of(steps, folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            looked.left_out += 1
            continue
        deeper = []
        for name, status in found:
            path = folder + b"/" + name if folder else name
            kind = stat.S_IFMT(status.st_mode)
            if kind == stat.S_IFDIR:
                if path == STAGING:
                    continue
                if path in known:
                    yield path, status, above
                    continue
                tier = _of_folder(path, above, steps, ignored)
                is_wanted = tier != tiers.NEVER or (ignored is not None and ignored.saves)
                if is_wanted and len(path) <= LONGEST_PATH:
                    deeper.append((path, tier))
            elif path == CACHE:
                continue  # restored, it would stand where tiers are unpacked
            elif kind in (stat.S_IFREG, stat.S_IFLNK):
                tier = tiers.of_file(os.fsdecode(path), above, status.st_size, overruled=ignored)
            else:
                looked.special += 1
                continue
            if tier == tiers.NEVER:
                continue
            if len(path) > LONGEST_PATH:
                looked.left_out += 1
                continue
            yield path, status, tier
        waiting += reversed(deeper)
    steps.close()


def _of_folder(path: bytes, above: str, steps: Steps, ignored: "Ignore | None") -> str:
    is_venv = above == tiers.WORK and _has(steps, path, tiers.VENV_MARK)
    return tiers.of_folder(os.fsdecode(path), above, is_venv=is_venv, overruled=ignored)


def _has(steps: Steps, folder: bytes, name: str) -> bool:
    try:
        os.lstat(name, dir_fd=steps.into(folder))
    except OSError:
        return False
    return True


def entries_of(steps: Steps, folder: bytes) -> list[tuple[bytes, os.stat_result]]:
    """What is in a folder, each with its status. Raises OSError when it can't be told."""
    if folder.count(b"/") >= MOST_STEPS - 1:
        raise OSError(36, "too deep")  # ENAMETOOLONG
    found = []
    with os.scandir(steps.into(folder)) as entries:
        for entry in entries:
            try:
                found.append((os.fsencode(entry.name), entry.stat(follow_symlinks=False)))
            except FileNotFoundError:
                continue
    found.sort()
    return found


def _read_ignored(home: int) -> "Ignore | None":
    try:
        descriptor = os.open(IGNORED, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=home)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    from agent import ignore  # few have the file, and what reads it takes as long to import as a small home to save

    with os.fdopen(descriptor, "rb") as file:
        return ignore.read(file.read(ignore.LONGEST))
