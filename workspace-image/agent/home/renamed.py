"""Finds files that were renamed between the two scans of one save."""

import os
from collections.abc import Set

from agent.home.copies import Kept
from agent.home.index import TierScan, mark
from agent.home.open_below import FolderCursor, split
from agent.home.scan import entries_of


def renamed_into(home: int, kept: Kept, gone: Set[int]) -> set[bytes]:
    """Those folders of `kept` that hold one of the inodes `gone` now. A rename changes the mtime of the folder that the
    file goes into, so only folders with another mark are read."""
    cursor = FolderCursor(home)
    folders = {top for top, parts in kept.folders.items() if _has_any(cursor, _folder_marks(parts), gone)}
    cursor.close()
    return folders


def _folder_marks(parts: dict[str, TierScan]) -> dict[bytes, int]:
    return {folder: seen.marks[folder] for seen in parts.values() for folder in seen.folders}


def _has_any(cursor: FolderCursor, marks: dict[bytes, int], gone: Set[int]) -> bool:
    for path in sorted(marks):
        folder, name = split(path)
        try:
            if mark(os.lstat(name, dir_fd=cursor.open(folder))) == marks[path]:
                continue
            entries = entries_of(cursor, path)
        except OSError:  # the folder is gone or is no folder any more, so no file was renamed into it
            continue
        if any(status.st_ino in gone for _, status in entries):
            return True
    return False
