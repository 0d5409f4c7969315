"""What is copied while the member's programs stand still: what they are writing, with all that belongs to it."""

from collections.abc import Collection, Iterable
from contextlib import suppress

from agent.home.index import Seen, above

MOST_COPIED = 64 << 20
"""Bytes of copies, which lie in memory: what a program changes beyond that can't be saved as it was at one moment."""
FEW = 500
"""So many files are all copied, if they are not too large."""
RECENT_NS = 30 * 10**9
"""What changed so shortly before the look is taken for being written."""
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


def _size(paths: Iterable[bytes], seen: Seen) -> int:
    return sum(seen.sizes.get(path, 0) for path in paths)
