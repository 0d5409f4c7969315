"""Chooses the files that are copied while the member's programs stand still, and the files that wait for a later
save."""

from collections.abc import Collection, Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field

from agent.home.index import TierScan, above, topmost
from agent.home.tiers import DEPS

MOST_COPIED = 64 << 20
"""Bytes of copies, which are kept in memory. Changes beyond that can't be saved as of one moment."""
FEW = 500
"""Up to this many changed files are all copied, if their bytes fit."""
RECENT_NS = 30 * 10**9
"""Nanoseconds. A file that changed this shortly before the scan counts as being written."""
REPOSITORY_END = b".git"


def unit_folder(path: bytes) -> bytes:
    """The folder whose files must all be saved as of one moment: the path's own folder, or the git repository that the
    path lies in. A database has its journal beside it. A repository's references name objects three folders away."""
    folder = path.rpartition(b"/")[0]
    names = folder.split(b"/")
    with suppress(StopIteration):
        depth = next(at for at, name in enumerate(names) if name.endswith(REPOSITORY_END))
        return b"/".join(names[: depth + 1])
    return folder


def to_copy(paths: list[bytes], seen: TierScan, room: int) -> list[bytes]:
    """Those of `paths` that are to be copied, in the order of copying: at most `room` bytes. `paths` are to be saved,
    parents before their entries, and so they are copied."""
    if len(paths) <= FEW and sum(seen.sizes.get(path, 0) for path in paths) <= room:
        return _small_first(paths, seen)
    groups: dict[bytes, list[bytes]] = {unit_folder(path): [] for path in paths if path in seen.recent}
    for path in paths:
        if (group_paths := groups.get(unit_folder(path))) is not None:
            group_paths.append(path)
    chosen: set[bytes] = set()
    # the smallest group first, so that as many groups as possible are copied whole
    for group in sorted(groups.values(), key=lambda group: _size(group, seen)):
        for path in sorted(group, key=lambda path: seen.sizes.get(path, 0)):
            size = seen.sizes.get(path, 0)
            if size <= room:
                room -= size
                chosen.add(path)
    chosen |= above(chosen) & seen.folders
    return _small_first([path for path in paths if path in chosen], seen)


def _small_first(paths: list[bytes], seen: TierScan) -> list[bytes]:
    """Folders, then the smallest group of files, and in a group the smallest file. The time for copying may end before
    all are copied: then a large file that is always being written must not have taken it from the others."""
    group_sizes: dict[bytes, int] = {}
    for path in paths:
        group = unit_folder(path)
        group_sizes[group] = group_sizes.get(group, 0) + seen.sizes.get(path, 0)
    return sorted(
        paths,
        key=lambda path: (
            (0, 0) if path in seen.folders else (1 + group_sizes[unit_folder(path)], seen.sizes.get(path, 0))
        ),
    )


def folders_to_postpone(changes: Collection[bytes], sizes: dict[bytes, int], most: int) -> set[bytes]:
    """The unit folders that wait for a later save because more than `most` bytes changed in them."""
    changed: dict[bytes, int] = {}
    for path in changes:
        if size := sizes.get(path):
            folder = unit_folder(path)
            changed[folder] = changed.get(folder, 0) + size
    return {folder for folder, size in changed.items() if size > most}


MOST_AGAIN = 4000
"""Paths that are scanned again while programs stand still, at some 10 us each."""


@dataclass
class Kept:
    """Folders that the second scan of a save does not read again, with what the first scan found in them, by tier.
    `numbers`: the inodes of all other paths, as the newest scan found them."""

    folders: dict[bytes, dict[str, TierScan]] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)


def folders_to_keep(seen: Mapping[str, TierScan], changed: Set[bytes], numbers: Mapping[bytes, int]) -> Kept:
    """The folders that need not be scanned again while programs stand still, because nothing in them is to be saved.

    A small home is scanned whole. In a larger home, packages and whole projects without changes are not scanned again;
    if more than MOST_AGAIN paths are left, other folders without changes are not either. A git repository's folders are
    all scanned again or none. Packing compares each file that is to be saved with the scan. `numbers`: the inode of
    each path that was seen.
    """
    count = sum(len(scan.marks) for scan in seen.values())
    if count <= MOST_AGAIN:
        return Kept()
    moving = above(changed) | {unit_folder(path) for path in changed} | changed
    repositories = {folder for folder in moving if folder.endswith(REPOSITORY_END)}
    folders = {folder for scan in seen.values() for folder in scan.folders if folder not in moving}
    folders = {folder for folder in folders if not _folder_of(folder, repositories)}
    quiet = set(topmost(folders))
    whole = {folder for folder in quiet if b"/" not in folder or folder in seen[DEPS].folders}
    # files that appear in packages while these are installed are left to the next save
    kept = Kept()
    for chosen in (whole, quiet, set(topmost(folders | seen[DEPS].folders))):
        if not chosen:
            continue
        kept = _in_folders(seen, chosen, numbers)
        if count - sum(len(scan.marks) for parts in kept.folders.values() for scan in parts.values()) <= MOST_AGAIN:
            break
    return kept


def _in_folders(seen: Mapping[str, TierScan], folders: Set[bytes], numbers: Mapping[bytes, int]) -> Kept:
    kept = Kept({folder: {tier: TierScan() for tier in seen} for folder in folders})
    for tier, scan in seen.items():
        linked = {path: number for number, names in scan.linked.items() for path in names}
        for path, path_mark in scan.marks.items():
            folder = _folder_of(path, folders)
            if not folder:
                kept.numbers.add(numbers[path])
                continue
            part = kept.folders[folder][tier]
            part.marks[path] = path_mark
            if path in scan.folders:
                part.folders.add(path)
                continue
            if path in scan.recent:
                part.recent.add(path)
            size = scan.sizes.get(path, 0)
            if path in linked:
                names = part.linked.setdefault(linked[path], [])
                names.append(path)
                if len(names) > 1:
                    continue
                size = scan.sizes.get(scan.linked[linked[path]][0], 0)
            if size:
                part.sizes[path] = size
                part.total += size
    return kept


def _folder_of(path: bytes, folders: Set[bytes]) -> bytes:
    """The one of `folders` that the path is or lies in; empty if none."""
    while path and path not in folders:
        path = path.rpartition(b"/")[0]
    return path


def _size(paths: Iterable[bytes], seen: TierScan) -> int:
    return sum(seen.sizes.get(path, 0) for path in paths)
