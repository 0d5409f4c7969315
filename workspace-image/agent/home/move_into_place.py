"""Moves what was unpacked beside the home into it, by renaming: a folder that the home does not have yet appears
whole."""

import os
import stat
from collections.abc import Collection
from dataclasses import dataclass

from agent.home import tiers
from agent.home.index import above, mark
from agent.home.open_below import FOLDER, MADE, FolderCursor, remove, split
from agent.home.unpack import Unpacked

PACKAGES, VENV_MARK = b"node_modules", os.fsencode(tiers.VENV_MARK)
CACHE, STAGING = os.fsencode(tiers.CACHE), os.fsencode(tiers.STAGING)


@dataclass(frozen=True)
class How:
    """What happens to a path that the home has already. `replaces`: the unpacked path takes the place of the home's;
    otherwise the home's path stays. `whole`: a project's unpacked packages are never mixed with those in the home."""

    replaces: bool
    whole: bool


BOOT = How(replaces=True, whole=False)
WORK = How(replaces=False, whole=False)
DEPS = How(replaces=False, whole=True)


def place(unpacked: Unpacked, source: int, home: int, how: How, made: set[bytes]) -> None:
    """Moves everything that does not give way from `source` into the home. Where the home keeps a path of its own, that
    path differs from its mark or is missing, so the next checkpoint saves it. `made`: parent folders that no restored
    tier names yet; `place` adds those of this tier. Raises OSError."""
    cursor = FolderCursor(home)
    made.update(path for path in above(unpacked.marks) - unpacked.marks.keys() if _status_of(path, cursor) is None)
    cursor.close()
    Placing(unpacked, home, how, made).fill(b"", source, home)


def is_as_made(path: bytes, cursor: FolderCursor) -> bool:
    """Whether the path is a folder with the mode that `place` gives. A folder's time changes with everything that is
    put into it."""
    status = _status_of(path, cursor)
    # a folder inherits setgid from its parent
    return status is not None and status.st_mode & ~stat.S_ISGID == stat.S_IFDIR | MADE


def _status_of(path: bytes, cursor: FolderCursor) -> os.stat_result | None:
    folder, name = split(path)
    try:
        return os.lstat(name, dir_fd=cursor.open(folder))
    except OSError:
        return None


class Placing:
    def __init__(self, unpacked: Unpacked, home: int, how: How, made: Collection[bytes]) -> None:
        self._made = made
        self._unpacked = unpacked
        self._home = home
        self._how = how
        self._inodes: set[int] = set()

    def fill(self, folder: bytes, source: int, target: int) -> None:
        self._fill(folder, source, target)
        self.update_marks_of_linked()

    def _fill(self, folder: bytes, source: int, target: int) -> None:
        for name in sorted(os.fsencode(entry) for entry in os.listdir(source)):
            path = folder + b"/" + name if folder else name
            status = os.lstat(name, dir_fd=source)
            if path == STAGING or (path == CACHE and not stat.S_ISDIR(status.st_mode)):
                continue  # our packer never writes it, and it would stand where tiers are unpacked
            existing = _status(name, target)
            if stat.S_ISDIR(status.st_mode):
                if existing is None and path in self._unpacked.folders:
                    _move_folder(name, source, target, status)
                elif existing is None or stat.S_ISDIR(existing.st_mode):
                    if not self._has_other_packages(path, name, source):
                        self._fill_folder(path, name, source, target, status)
                elif self._how.replaces:
                    remove(name, target)
                    _move_folder(name, source, target, status)
            else:
                self._move_file(path, name, source, target, status, existing)

    def _fill_folder(self, path: bytes, name: bytes, source: int, target: int, status: os.stat_result) -> None:
        """Moves the content of a folder that both sides have, or that no layer of this tier names. Moving an entry into
        the folder changes the folder's time, so the folder gets the layer's time, or else its own, back."""
        if _status(name, target) is None:
            os.mkdir(name, MADE, dir_fd=target)
        os.chmod(name, 0o700, dir_fd=source)
        existing = os.lstat(name, dir_fd=target)
        if existing.st_mode & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(name, 0o700, dir_fd=target)
        inner_source = os.open(name, FOLDER, dir_fd=source)
        inner_target = os.open(name, FOLDER, dir_fd=target)
        try:
            self._fill(path, inner_source, inner_target)
            mode, mtime_ns = self._unpacked.folders.get(path, (stat.S_IMODE(existing.st_mode), existing.st_mtime_ns))
            os.utime(inner_target, ns=(mtime_ns, mtime_ns))
            os.fchmod(inner_target, mode)
        finally:
            os.close(inner_source)
            os.close(inner_target)

    def _has_other_packages(self, path: bytes, name: bytes, source: int) -> bool:
        """Whether the path has a project's packages and the member has installed others meanwhile. Other folders of
        `deps` belong to the user, and tools add to them at any time: the editor adds extensions before the saved
        extensions are restored."""
        if not self._how.whole or path not in self._unpacked.folders or path in self._made:
            return False
        return name == PACKAGES or _status(name + b"/" + VENV_MARK, source) is not None

    def _move_file(
        self,
        path: bytes,
        name: bytes,
        source: int,
        target: int,
        status: os.stat_result,
        existing: os.stat_result | None,
    ) -> None:
        if existing is not None and not self._how.replaces:
            return
        if existing is not None:
            remove(name, target)
        try:
            # not a rename, which would replace a file that the member makes at this moment
            os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
        except FileExistsError:
            return
        os.unlink(name, dir_fd=source)
        # the move changed its ctime, and nothing else unless a program changed the file in that instant
        moved = os.lstat(name, dir_fd=target)
        if (moved.st_ino, moved.st_size, moved.st_mtime_ns) == (status.st_ino, status.st_size, status.st_mtime_ns):
            self._unpacked.marks[path] = mark(moved)
            self._inodes.add(moved.st_ino)

    def update_marks_of_linked(self) -> None:
        """Updates the marks of files with several names: moving one name changes the marks of all."""
        cursor = FolderCursor(self._home)
        for path in self._unpacked.linked:
            folder, name = split(path)
            try:
                status = os.lstat(name, dir_fd=cursor.open(folder))
            except OSError:
                continue
            if status.st_ino in self._inodes:
                self._unpacked.marks[path] = mark(status)
        cursor.close()


def _status(name: bytes, folder: int) -> os.stat_result | None:
    try:
        return os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None


def _move_folder(name: bytes, source: int, target: int, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    is_fixed = not mode & stat.S_IWUSR
    if is_fixed:  # moving a folder needs its owner's right to write to it
        os.chmod(name, mode | 0o700, dir_fd=source)
    os.rename(name, name, src_dir_fd=source, dst_dir_fd=target)
    if is_fixed:
        os.chmod(name, mode, dir_fd=target)
