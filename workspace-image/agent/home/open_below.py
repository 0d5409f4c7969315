"""Opens folders one step at a time: no symbolic link is ever followed, and no path is too long."""

import os
import stat
from collections.abc import Set
from contextlib import suppress

from shared.snapshots.format.layout import MOST_NAMES

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
MADE = 0o755
"""The mode of parent folders that are made because a path lies in them."""


class FolderCursor:
    """Opens folders below `root`, a descriptor, and keeps the parents of the newest folder open. So each folder costs
    one `open` when folders are opened in the order of the tree."""

    def __init__(self, root: int) -> None:
        self.root = root
        self._opened: list[tuple[bytes, int, int | None]] = []
        """The open folders: the path of each, its descriptor, and the mode that it is to get back, if it was
        changed."""
        self._folder = b""
        self._current = root

    def open(self, folder: bytes, *, make: bool = False) -> int:
        """The folder's descriptor, valid until the next call; `make` creates missing folders.

        Raises OSError: ENOENT, ENOTDIR or ELOOP if the path is no folder, ENAMETOOLONG beyond MOST_NAMES.
        """
        if folder == self._folder:
            return self._current
        if folder.count(b"/") >= MOST_NAMES:
            raise OSError(36, "too many folders in each other")  # ENAMETOOLONG
        depth = len(self._opened)
        while depth and folder != (path := self._opened[depth - 1][0]) and not folder.startswith(path + b"/"):
            depth -= 1
        self._back_to(depth)
        at = len(self._folder) + 1 if self._folder else 0
        try:
            while at < len(folder):
                end = folder.find(b"/", at)
                end = len(folder) if end < 0 else end
                self._current, mode = self._open_child(folder[at:end], make)
                self._folder = folder[:end]
                self._opened.append((self._folder, self._current, mode))
                at = end + 1
        except OSError:
            self._back_to(len(self._opened))
            raise
        return self._current

    def _open_child(self, name: bytes, make: bool) -> tuple[int, int | None]:
        """The folder's descriptor, and its former mode if the mode had to be changed: an owner may have taken their own
        right to read the folder. `_back_to` gives the folder its mode back."""
        try:
            folder = os.open(name, FOLDER, dir_fd=self._current)
        except FileNotFoundError:
            if not make:
                raise
            os.mkdir(name, MADE, dir_fd=self._current)
            folder = os.open(name, FOLDER, dir_fd=self._current)
        except PermissionError:
            mode = os.lstat(name, dir_fd=self._current).st_mode
            if not stat.S_ISDIR(mode) or mode & 0o500 == 0o500:
                raise
            os.chmod(name, stat.S_IMODE(mode) | 0o500, dir_fd=self._current)
            return os.open(name, FOLDER, dir_fd=self._current), stat.S_IMODE(mode)
        mode = stat.S_IMODE(os.fstat(folder).st_mode)
        if mode & 0o500 == 0o500:
            return folder, None
        with suppress(PermissionError):  # the folder is another user's
            os.fchmod(folder, mode | 0o500)
        return folder, mode

    def _back_to(self, depth: int) -> None:
        while len(self._opened) > depth:
            _, folder, mode = self._opened.pop()
            if mode is not None and stat.S_IMODE(os.fstat(folder).st_mode) == mode | 0o500:
                with suppress(OSError):
                    os.fchmod(folder, mode)
            os.close(folder)
        self._current = self._opened[-1][1] if self._opened else self.root
        self._folder = self._opened[-1][0] if self._opened else b""

    def close(self) -> None:
        """Closes all folders but the root."""
        self._back_to(0)


def split(path: bytes) -> tuple[bytes, bytes]:
    """The path's folder, `b""` for the root, and the name in it."""
    folder, _, name = path.rpartition(b"/")
    return folder, name


def lies_below(path: bytes, folders: Set[bytes]) -> bool:
    """Whether `path` is one of `folders`, or lies below one."""
    if path in folders:
        return True
    at = path.rfind(b"/")
    while at > 0:
        if path[:at] in folders:
            return True
        at = path.rfind(b"/", 0, at)
    return False


def remove(name: bytes, folder: int) -> None:
    """Removes the entry with all that is below it. An entry that does not exist is no error."""
    try:
        os.unlink(name, dir_fd=folder)
        return
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):  # an entry of a folder that may not be written to can't be unlinked
        if not stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode):
            raise
    os.chmod(name, 0o700, dir_fd=folder)
    inside = os.open(name, FOLDER, dir_fd=folder)
    try:
        empty(inside)
    finally:
        os.close(inside)
    os.rmdir(name, dir_fd=folder)


def empty(folder: int, keep: bytes = b"") -> None:
    """Removes everything in a folder but the entry named `keep`. A program may be adding entries meanwhile."""
    for last_try in (False, False, False, True):
        for entry in os.listdir(folder):
            if os.fsencode(entry) != keep:
                try:
                    remove(os.fsencode(entry), folder)
                except OSError:
                    if last_try:
                        raise
        with suppress(OSError):
            if not set(os.listdir(folder)) - {os.fsdecode(keep)}:
                return
