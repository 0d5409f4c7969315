"""Where a file went that was renamed between the two looks of one save."""

import os
from collections.abc import Set

from agent.home.index import Seen, mark
from agent.home.look import entries_of
from agent.home.moving import Kept
from agent.home.steps import Steps, split


def renamed_into(home: int, kept: Kept, gone: Set[int]) -> set[bytes]:
    """Of the folders that are not looked at again, those in which something of these inodes is by now. A rename changes
    the mtime of the folder that it leads to, so only such are read."""
    steps = Steps(home)
    found = {top for top, parts in kept.folders.items() if _has_any(steps, _signs(parts), gone)}
    steps.close()
    return found


def _signs(parts: dict[str, Seen]) -> dict[bytes, int]:
    return {folder: seen.marks[folder] for seen in parts.values() for folder in seen.folders}


def _has_any(steps: Steps, signs: dict[bytes, int], gone: Set[int]) -> bool:
    for path in sorted(signs):
        folder, name = split(path)
        try:
            if mark(os.lstat(name, dir_fd=steps.into(folder))) == signs[path]:
                continue
            found = entries_of(steps, path)
        except OSError:  # gone, or no folder any more, and so none that a file was renamed into
            continue
        if any(status.st_ino in gone for _, status in found):
            return True
    return False
