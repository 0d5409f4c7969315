"""Ways to folders, one step at a time: no symbolic link is ever followed, and no path is too long."""

import os
import stat
from collections.abc import Set
from contextlib import suppress

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
MADE = 0o755
"""The mode of folders that are made on the way to something."""
MOST_STEPS = 400
"""Each step holds a descriptor, of which a process has about a thousand."""
LONGEST_PATH = 64_000
"""Bytes: with what stands around it, one record of at most 64 KiB for whoever reads a layer."""


class Steps:
    """Where one is below `root`, a descriptor. Neighbours in the order of a tree cost one step each."""

    def __init__(self, root: int) -> None:
        self.root = root
        self._way: list[tuple[bytes, int, int | None]] = []
        self._folder = b""
        self._here = root

    def into(self, folder: bytes, *, make: bool = False) -> int:
        """The folder's descriptor, good until the next call; `make` makes what is missing.

        Raises OSError: ENOENT, ENOTDIR or ELOOP for what is no folder, ENAMETOOLONG beyond MOST_STEPS.
        """
        if folder == self._folder:
            return self._here
        names = folder.split(b"/") if folder else []
        if len(names) > MOST_STEPS:
            raise OSError(36, "too many folders in each other")  # ENAMETOOLONG
        known = 0
        for name, (walked, _, _) in zip(names, self._way, strict=False):
            if name != walked:
                break
            known += 1
        self._back_to(known)
        try:
            for name in names[known:]:
                self._way.append((name, *self._step(name, make)))
                self._here = self._way[-1][1]
        except OSError:
            self._back_to(len(self._way))  # as far as the way went: that is where the next call begins
            raise
        self._folder = folder
        return self._here

    def _step(self, name: bytes, make: bool) -> tuple[int, int | None]:
        """The folder's descriptor, and its mode if that had to be changed: its owner may have forbidden themselves to
        look into it. It is as it was when the way leads back."""
        try:
            folder = os.open(name, FOLDER, dir_fd=self._here)
        except FileNotFoundError:
            if not make:
                raise
            os.mkdir(name, MADE, dir_fd=self._here)
            folder = os.open(name, FOLDER, dir_fd=self._here)
        except PermissionError:
            mode = os.lstat(name, dir_fd=self._here).st_mode
            if not stat.S_ISDIR(mode) or mode & 0o500 == 0o500:
                raise
            os.chmod(name, stat.S_IMODE(mode) | 0o500, dir_fd=self._here)
            return os.open(name, FOLDER, dir_fd=self._here), stat.S_IMODE(mode)
        mode = stat.S_IMODE(os.fstat(folder).st_mode)
        if mode & 0o500 == 0o500:
            return folder, None
        with suppress(PermissionError):  # another's
            os.fchmod(folder, mode | 0o500)
        return folder, mode

    def _back_to(self, depth: int) -> None:
        while len(self._way) > depth:
            _, folder, mode = self._way.pop()
            if mode is not None and stat.S_IMODE(os.fstat(folder).st_mode) == mode | 0o500:
                with suppress(OSError):
                    os.fchmod(folder, mode)
            os.close(folder)
        self._here = self._way[-1][1] if self._way else self.root
        self._folder = b"/".join(name for name, _, _ in self._way)

    def close(self) -> None:
        """Back to the root, which stays open."""
        self._back_to(0)


def split(path: bytes) -> tuple[bytes, bytes]:
    """The folder, `b""` for the root, and the name in it."""
    folder, _, name = path.rpartition(b"/")
    return folder, name


def lies_below(path: bytes, folders: Set[bytes]) -> bool:
    """Whether it is one of them, or below one."""
    if path in folders:
        return True
    at = path.rfind(b"/")
    while at > 0:
        if path[:at] in folders:
            return True
        at = path.rfind(b"/", 0, at)
    return False


def remove(name: bytes, folder: int) -> None:
    """Whatever is there, with all below it. What is not there is removed already."""
    try:
        os.unlink(name, dir_fd=folder)
        return
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):  # a folder that may not be written to holds what can't be unlinked
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
    """Removes everything in a folder but what is named `keep`. Somebody alive may be adding to it meanwhile."""
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
