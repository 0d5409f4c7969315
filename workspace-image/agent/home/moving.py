"""What is copied while the member's programs stand still: what they are writing, with all that belongs to it."""

from collections.abc import Collection, Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field

from agent.home.index import Seen, above, topmost
from agent.tiers import DEPS

MOST_COPIED = 64 << 20
"""Bytes of copies, which lie in memory: what a program changes beyond that can't be saved as it was at one moment."""
FEW = 500
"""So many files, or fewer, are all copied if they are not too large."""
RECENT_NS = 30 * 10**9
"""A file that changed so shortly before the look, in nanoseconds, is taken for being written."""
REPOSITORY_END = b".git"


def belonging(path: bytes) -> bytes:
    """The folder in which all files must be of one moment: the one that it lies in, or a git repository's own. A
    database has its journal beside it, and a repository's references name objects three folders away."""
    folder = path.rpartition(b"/")[0]
    names = folder.split(b"/")
    with suppress(StopIteration):
        depth = next(at for at, name in enumerate(names) if name.endswith(REPOSITORY_END))
        return b"/".join(names[: depth + 1])
    return folder


def to_copy(paths: list[bytes], seen: Seen, room: int) -> list[bytes]:
    """Of `paths`, which are to be saved, those that are to be copied, in their order: as much as `room` bytes hold."""
    if len(paths) <= FEW and sum(seen.sizes.get(path, 0) for path in paths) <= room:
        return paths
    together: dict[bytes, list[bytes]] = {belonging(path): [] for path in paths if path in seen.recent}
    for path in paths:
        if (there := together.get(belonging(path))) is not None:
            there.append(path)
    chosen: set[bytes] = set()
    # the smallest first: as many as possible come whole
    for group in sorted(together.values(), key=lambda group: _size(group, seen)):
        for path in sorted(group, key=lambda path: seen.sizes.get(path, 0)):
            size = seen.sizes.get(path, 0)
            if size <= room:
                room -= size
                chosen.add(path)
    chosen |= above(chosen) & seen.folders
    return [path for path in paths if path in chosen]


def held_back(changes: Collection[bytes], sizes: dict[bytes, int], most: int) -> set[bytes]:
    """Folders, as `belonging` has them, that wait for a later save because more than `most` bytes changed in them."""
    changed: dict[bytes, int] = {}
    for path in changes:
        if size := sizes.get(path):
            folder = belonging(path)
            changed[folder] = changed.get(folder, 0) + size
    return {folder for folder, size in changed.items() if size > most}


MOST_AGAIN = 4000
"""Paths that are looked at once more while programs stand still, at some 10 us each."""


@dataclass
class Kept:
    """Folders of which what was seen is taken as it is, with what was seen in them, by tier. `numbers`: the inodes of
    all else, as the newest look found it."""

    folders: dict[bytes, dict[str, Seen]] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)


def not_again(seen: Mapping[str, Seen], changed: Set[bytes], numbers: Mapping[bytes, int]) -> Kept:
    """What need not be looked at once more while programs stand still, for nothing of it is saved: it stays as the
    layers have it. Of a small home, nothing. Of a larger one, packages and whole projects in which nothing has changed;
    and only if that is not enough, also other folders: those of a git repository go together, or not at all. What is to
    be saved of them is compared when it is packed. `numbers`: the inodes of all that was seen."""
    count = sum(len(each.marks) for each in seen.values())
    if count <= MOST_AGAIN:
        return Kept()
    moving = above(changed) | {belonging(path) for path in changed} | changed
    repositories = {folder for folder in moving if folder.endswith(REPOSITORY_END)}
    folders = {folder for each in seen.values() for folder in each.folders if folder not in moving}
    folders = {folder for folder in folders if not _is_in(folder, repositories)}
    quiet = set(topmost(folders))
    whole = {folder for folder in quiet if b"/" not in folder or folder in seen[DEPS].folders}
    # of packages that are just being installed, what appears meanwhile is left to the next save
    for chosen in (whole, quiet, set(topmost(folders | seen[DEPS].folders))):
        kept = _in_folders(seen, chosen, numbers)
        if count - sum(len(it.marks) for parts in kept.folders.values() for it in parts.values()) <= MOST_AGAIN:
            break
    return kept


def _in_folders(seen: Mapping[str, Seen], folders: Set[bytes], numbers: Mapping[bytes, int]) -> Kept:
    kept = Kept({folder: {tier: Seen() for tier in seen} for folder in folders})
    for tier, each in seen.items():
        linked = {path: number for number, names in each.linked.items() for path in names}
        for path, sign in each.marks.items():
            folder = _is_in(path, folders)
            if not folder:
                kept.numbers.add(numbers[path])
                continue
            part = kept.folders[folder][tier]
            part.marks[path] = sign
            if path in each.folders:
                part.folders.add(path)
                continue
            if path in each.recent:
                part.recent.add(path)
            size = each.sizes.get(path, 0)
            if path in linked:
                names = part.linked.setdefault(linked[path], [])
                names.append(path)
                if len(names) > 1:
                    continue
                size = each.sizes.get(each.linked[linked[path]][0], 0)
            if size:
                part.sizes[path] = size
                part.total += size
    return kept


def _is_in(path: bytes, folders: Set[bytes]) -> bytes:
    """Which of the folders the path is, or lies in; empty if none."""
    while path and path not in folders:
        path = path.rpartition(b"/")[0]
    return path


def _size(paths: Iterable[bytes], seen: Seen) -> int:
    return sum(seen.sizes.get(path, 0) for path in paths)
