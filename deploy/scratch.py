"""A scratch folder that a member's tree was unpacked into: what is in it, and its removal.

No path is too long and no folder is closed to its owner: each is opened from the one above it, as the slot's own code
does.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent.home.open_below import FOLDER, FolderCursor, empty


@contextmanager
def scratch_folder(within: Path | None) -> Iterator[Path]:
    """A new folder, which is removed afterwards with all that came into it. Raises OSError where it can't be."""
    folder = Path(tempfile.mkdtemp(prefix="ondol-drill-", dir=within))
    try:
        yield folder
    finally:
        clear(folder)


def clear(folder: Path) -> None:
    """Removes the folder and all that is in it."""
    opened = os.open(folder, FOLDER)
    try:
        os.fchmod(opened, 0o700)
        empty(opened)
    finally:
        os.close(opened)
    shutil.rmtree(folder)


def total_bytes(folder: Path) -> int:
    """The size of every file, whatever its name. A file with several names counts once."""
    root = os.open(folder, FOLDER)
    cursor = FolderCursor(root)
    try:
        return sum(_sizes(cursor))
    finally:
        with suppress(OSError):
            cursor.close()
        os.close(root)


def _sizes(cursor: FolderCursor) -> Iterator[int]:
    seen: set[int] = set()
    waiting = [b""]
    while waiting:
        path = waiting.pop()
        with os.scandir(cursor.open(path)) as entries:
            for entry in entries:
                status, name = entry.stat(follow_symlinks=False), os.fsencode(entry.name)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path + b"/" + name if path else name)
                elif entry.is_file(follow_symlinks=False) and status.st_ino not in seen:
                    seen.add(status.st_ino)
                    yield status.st_size
