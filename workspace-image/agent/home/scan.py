"""Scans the home: the tier of each path, and the mark that tells whether the path changed."""

import os
import stat
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

from agent.home import tiers
from agent.home.copies import RECENT_NS, Kept
from agent.home.index import TierScan, mark
from agent.home.move_into_place import CACHE, STAGING
from agent.home.open_below import FolderCursor
from shared.snapshots.format.layout import LONGEST_PATH, MOST_NAMES

if TYPE_CHECKING:
    from agent.home.ondolignore import Ignore

IGNORED = ".ondolignore"

COMPANIONS = (b"-wal", b"-shm", b"-journal", b".wal")
"""Ends of the names of a database's log, for SQLite and DuckDB. Without its log a database is damaged or out of date.
So both are in one tier, and both are left out or neither."""
LARGEST = 64 << 30
"""Bytes. A file of holes may claim any size; a file that is larger than any home could never be restored."""
MOST_BYTES = 2**51
"""Bytes that a tier may claim: the sum of a checkpoint must stay a number that JSON holds exactly."""
MOST_SCANNED = 1 << 27
"""Bytes of all paths, each with PATH_COST more: the scan must fit in memory, here and where the home is restored. A
home runs out of bytes or inodes long before, unless its paths are very long."""
PATH_COST = 64
LONGEST_SHOWN = 256
"""Characters of a path that is shown to the member."""


@dataclass
class HomeScan:
    """`left_out` counts entries that can't be saved: too large, too deep, too many, or unreadable. `special` counts
    sockets, pipes and devices. `numbers`: the inode of each scanned path, except in known folders."""

    tiers: dict[str, TierScan] = field(default_factory=lambda: {tier: TierScan() for tier in tiers.TIERS})
    left_out: int = 0
    special: int = 0
    numbers: dict[bytes, int] = field(default_factory=dict)


def largest(scans: Mapping[str, TierScan], count: int = 5) -> list[tuple[str, int, bool]]:
    """The `count` folders and files with the most bytes, each as (path, bytes, whether all of it is dependencies). A
    folder is not named if nearly all of its bytes are in one entry below."""
    folders = {tier: _folder_sums(scan) for tier, scan in scans.items()}
    sums = sum(folders.values(), Counter[bytes]())
    files = (size for scan in scans.values() for size in scan.sizes.items())
    sums.update(dict(nlargest(10 * count, files, key=itemgetter(1))))
    named: list[tuple[str, int, bool]] = []
    for path, size in sums.most_common(10 * count):
        inside = max((sums[other] for other in sums if other.startswith(path + b"/")), default=0)
        if inside < 0.9 * size:
            is_made_again = path in scans[tiers.DEPS].sizes or folders[tiers.DEPS][path] == size
            named.append((path.decode(errors="replace")[:LONGEST_SHOWN], size, is_made_again))
    return named[:count]


def scan_home(home: int, known: Kept | None = None) -> HomeScan:
    """Scans everything below the folder `home`, a descriptor, that is to be saved. An entry that vanishes during the
    scan is left out as if it had never existed. The `known` folders are not read again."""
    return _Scanner(home, known.folders if known else {}).scan()


class _Scanner:
    def __init__(self, home: int, known: Mapping[bytes, Mapping[str, TierScan]]) -> None:
        self._cursor = FolderCursor(home)
        self._ignored = _read_ignored(home)
        self._known = known
        self._result = HomeScan()
        self._room = MOST_SCANNED
        self._recent = time.time_ns() - RECENT_NS
        self._settings: list[tuple[bytes, os.stat_result]] = []

    def scan(self) -> HomeScan:
        """Scans parents before their entries, in the same order each time."""
        waiting = [(b"", tiers.WORK)]
        while waiting:
            folder, above = waiting.pop()
            try:
                entries = entries_of(self._cursor, folder)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:
                self._result.left_out += 1
                continue
            waiting += reversed(self._add_entries(folder, above, entries))
        self._cursor.close()
        _add_settings(self._result, self._settings, self._recent)
        _join_linked(self._result)
        return self._result

    def _add_entries(
        self, folder: bytes, above: str, entries: list[tuple[bytes, os.stat_result]]
    ) -> list[tuple[bytes, str]]:
        """Adds the entries of a folder of the tier `above`. Returns the subfolders that are to be read, each with its
        tier."""
        deeper: list[tuple[bytes, str]] = []
        is_plain = self._ignored is None and tiers.is_plain(os.fsdecode(folder), above)
        prefix = folder + b"/" if folder else b""
        for name, status in entries:
            path, kind = prefix + name, status.st_mode & 0o170000
            if kind == stat.S_IFDIR:
                if path == STAGING:
                    continue
                if path in self._known:
                    for tier, part in self._known[path].items():
                        self._result.tiers[tier].add(part)
                    continue
                tier = self._tier_of_folder(path, above)
                is_read = tier != tiers.NEVER or (self._ignored is not None and self._ignored.saves)
                if is_read and len(path) <= LONGEST_PATH:
                    deeper.append((path, tier))
            elif path == CACHE:
                continue  # a file of this name would be restored where tiers are unpacked
            elif kind not in (stat.S_IFREG, stat.S_IFLNK):
                self._result.special += 1
                continue
            elif is_plain and name not in tiers.NAMES_ANYWHERE:
                tier = above
            else:
                tier = tiers.of_file(os.fsdecode(path), above, status.st_size, overruled=self._ignored)
            if tier != tiers.NEVER:
                self._add_entry(path, status, tier)
        return deeper

    def _add_entry(self, path: bytes, status: os.stat_result, tier: str) -> None:
        length, size = len(path), status.st_size
        self._room -= length + PATH_COST
        if length > LONGEST_PATH or self._room < 0 or size > LARGEST:
            self._result.left_out += 1
        elif tier == tiers.BOOT:
            self._settings.append((path, status))
        else:
            _add(self._result, tier, path, status, self._recent)

    def _tier_of_folder(self, path: bytes, above: str) -> str:
        is_venv = above == tiers.WORK and _has(self._cursor, path, tiers.VENV_MARK)
        return tiers.of_folder(os.fsdecode(path), above, is_venv=is_venv, overruled=self._ignored)


def _add(scan: HomeScan, tier: str, path: bytes, status: os.stat_result, recent: int) -> None:
    tier_scan, kind, size = scan.tiers[tier], status.st_mode & 0o170000, 0
    if kind == stat.S_IFREG:
        size = min(status.st_size, 512 * status.st_blocks)  # holes take no bytes
        if tier_scan.total + size > MOST_BYTES:
            scan.left_out += 1
            return
    tier_scan.marks[path] = mark(status)
    scan.numbers[path] = status.st_ino
    if kind == stat.S_IFDIR:
        tier_scan.folders.add(path)
        return
    if status.st_ctime_ns > recent:
        tier_scan.recent.add(path)
    if status.st_nlink > 1 and kind == stat.S_IFREG:
        names = tier_scan.linked.setdefault(status.st_ino, [])
        names.append(path)
        if len(names) > 1:
            return
    if size:
        tier_scan.total += size
        tier_scan.sizes[path] = size


def _add_settings(scan: HomeScan, candidates: list[tuple[bytes, os.stat_result]], recent: int) -> None:
    """Divides the candidates for the boot tier: first the needed settings, then as many others as there is room for.
    The rest goes to the work tier."""
    sized = [(path, status, _bytes_taken(status), os.fsdecode(path)) for path, status in candidates]
    first = tiers.MOST_BOOT - scan.tiers[tiers.BOOT].total
    others = first - sum(size for _, _, size, name in sized if tiers.comes_first(name))
    chosen: list[tuple[bytes, os.stat_result, bool]] = []
    for path, status, size, name in sized:
        if tiers.comes_first(name):
            first -= size
            is_in = first >= 0 or tiers.is_needed(name)
        else:
            others -= size
            is_in = others >= 0 or not size
        chosen.append((path, status, is_in))
    settled = {path for path, _, is_in in chosen if is_in}
    settled -= _split_databases(
        settled, {*scan.tiers[tiers.WORK].marks, *(path for path, _, is_in in chosen if not is_in)}
    )
    for path, status, _ in chosen:
        _add(scan, tiers.BOOT if path in settled else tiers.WORK, path, status, recent)


def _split_databases(settings: set[bytes], work: set[bytes]) -> set[bytes]:
    """The databases and logs among the settings whose other part is in the work tier."""
    parted = set[bytes]()
    for log in (path for path in chain(settings, work) if path.endswith(COMPANIONS)):
        base = log.removesuffix(next(end for end in COMPANIONS if log.endswith(end)))
        group = {base, *(base + end for end in COMPANIONS)}
        if not group.isdisjoint(work):
            parted.update(path for path in group & settings if not tiers.is_needed(os.fsdecode(path)))
    return parted


def _join_linked(scan: HomeScan) -> None:
    """Puts all names of a file into one tier."""
    numbers = Counter(chain.from_iterable(seen.linked for seen in scan.tiers.values()))
    for number in [number for number, count in numbers.items() if count > 1]:
        among = {tier for tier, seen in scan.tiers.items() if number in seen.linked}
        into = tiers.of_linked(among)
        for tier in among - {into}:
            scan.tiers[into].add(scan.tiers[tier].take(number))


def _bytes_taken(status: os.stat_result) -> int:
    """Bytes that a file takes, without its holes."""
    return min(status.st_size, 512 * status.st_blocks) if stat.S_ISREG(status.st_mode) else 0


def _folder_sums(scan: TierScan) -> Counter[bytes]:
    """Sums of the files' sizes by folder, for each of the upper three folders that a file lies in."""
    by_folder: dict[bytes, int] = {}
    for path, size in scan.sizes.items():
        folder = path.rpartition(b"/")[0]
        by_folder[folder] = by_folder.get(folder, 0) + size
    sums = Counter[bytes]()
    for folder, size in by_folder.items():
        names = folder.split(b"/", 3)[:3] if folder else []
        for count in range(1, len(names) + 1):
            sums[b"/".join(names[:count])] += size
    return sums


def _has(cursor: FolderCursor, folder: bytes, name: str) -> bool:
    try:
        os.lstat(name, dir_fd=cursor.open(folder))
    except OSError:
        return False
    return True


def entries_of(cursor: FolderCursor, folder: bytes) -> list[tuple[bytes, os.stat_result]]:
    """The entries of a folder, each with its status. Raises OSError when the folder can't be read."""
    if folder.count(b"/") >= MOST_NAMES - 1:
        raise OSError(36, "too deep")  # ENAMETOOLONG
    entries = []
    descriptor: int = cursor.open(folder)
    for name in sorted(map(os.fsencode, os.listdir(descriptor))):
        try:
            entries.append((name, os.lstat(name, dir_fd=descriptor)))
        except FileNotFoundError:
            continue
    return entries


def _read_ignored(home: int) -> "Ignore | None":
    try:
        descriptor = os.open(IGNORED, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=home)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    # few homes have the file; importing the pattern library takes as long as a small save
    from agent.home import ondolignore

    with os.fdopen(descriptor, "rb") as file:
        return ondolignore.read(file.read(ondolignore.LONGEST))
