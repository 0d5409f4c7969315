"""Moves what was unpacked beside the home into it, by renaming: a folder that is not there yet appears whole."""

import os
import stat
from collections.abc import Collection
from dataclasses import dataclass

from agent import tiers
from agent.home.index import above, mark
from agent.home.steps import FOLDER, MADE, Steps, remove, split
from agent.home.unpack import Unpacked

PACKAGES, VENV_MARK = b"node_modules", os.fsencode(tiers.VENV_MARK)
CACHE, STAGING = os.fsencode(tiers.CACHE), os.fsencode(tiers.STAGING)


@dataclass(frozen=True)
class How:
    """Who gives way where something is there already: that (`replaces`), or what was saved. `whole`: the packages of a
    project that were saved are never mixed with those that are there."""

    replaces: bool
    whole: bool


BOOT = How(replaces=True, whole=False)
WORK = How(replaces=False, whole=False)
DEPS = How(replaces=False, whole=True)


def place(unpacked: Unpacked, source: int, home: int, how: How, made: set[bytes]) -> None:
    """Leaves nothing in `source` but what gave way. What the home has instead differs from its mark, or is missing: the
    next checkpoint says so. `made`: folders that are there only because another tier has something in them; this one's
    are added. Raises OSError."""
    steps = Steps(home)
    made.update(path for path in above(unpacked.marks) - unpacked.marks.keys() if _status_of(path, steps) is None)
    steps.close()
    _Placing(unpacked, home, how, made).fill(b"", source, home)


def is_as_made(path: bytes, steps: Steps) -> bool:
    """A folder, by its mode: its time changes with all that comes to lie in it."""
    status = _status_of(path, steps)
    # setgid it has from the folder that it lies in
    return status is not None and status.st_mode & ~stat.S_ISGID == stat.S_IFDIR | MADE


def _status_of(path: bytes, steps: Steps) -> os.stat_result | None:
    folder, name = split(path)
    try:
        return os.lstat(name, dir_fd=steps.into(folder))
    except OSError:
        return None


class _Placing:
    def __init__(self, unpacked: Unpacked, home: int, how: How, made: Collection[bytes]) -> None:
        self._made = made
        self._unpacked = unpacked
        self._home = home
        self._how = how
        self._inodes: set[int] = set()

    def fill(self, folder: bytes, source: int, target: int) -> None:
        self._fill(folder, source, target)
        self._look_again_at_linked()

    def _fill(self, folder: bytes, source: int, target: int) -> None:
        for name in sorted(os.fsencode(entry) for entry in os.listdir(source)):
            path = folder + b"/" + name if folder else name
            status = os.lstat(name, dir_fd=source)
            if path == STAGING or (path == CACHE and not stat.S_ISDIR(status.st_mode)):
                continue  # no packer of ours writes it, and it would be in our way
            there = _status(name, target)
            if stat.S_ISDIR(status.st_mode):
                if there is None and path in self._unpacked.folders:
                    _move_folder(name, source, target, status)
                elif there is None or stat.S_ISDIR(there.st_mode):
                    if not self._is_kept_apart(path, name, source):
                        self._fill_folder(path, name, source, target, status)
                elif self._how.replaces:
                    remove(name, target)
                    _move_folder(name, source, target, status)
            else:
                self._move_file(path, name, source, target, status, there)

    def _fill_folder(self, path: bytes, name: bytes, source: int, target: int, status: os.stat_result) -> None:
        """One that both have, or that no layer of this tier names. What is moved into it changes its time: it gets back
        its own, or what the layer says."""
        if _status(name, target) is None:
            os.mkdir(name, MADE, dir_fd=target)
        os.chmod(name, 0o700, dir_fd=source)
        there = os.lstat(name, dir_fd=target)
        if there.st_mode & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(name, 0o700, dir_fd=target)
        inner_source = os.open(name, FOLDER, dir_fd=source)
        inner_target = os.open(name, FOLDER, dir_fd=target)
        try:
            self._fill(path, inner_source, inner_target)
            mode, mtime_ns = self._unpacked.folders.get(path, (stat.S_IMODE(there.st_mode), there.st_mtime_ns))
            os.utime(inner_target, ns=(mtime_ns, mtime_ns))
            os.fchmod(inner_target, mode)
        finally:
            os.close(inner_source)
            os.close(inner_target)

    def _is_kept_apart(self, path: bytes, name: bytes, source: int) -> bool:
        """Whether it is what a tool installs for one project, and the member has made another meanwhile. Other folders
        of `deps` are the user's own, and tools add to them whenever they run: the editor to its extensions before the
        saved ones are there."""
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
        there: os.stat_result | None,
    ) -> None:
        if there is not None and not self._how.replaces:
            return
        if there is not None:
            remove(name, target)
        try:
            # not a rename: that would take the place of what somebody makes there at this moment
            os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
        except FileExistsError:
            return
        os.unlink(name, dir_fd=source)
        # the move has changed its ctime, and nothing else unless somebody was very fast
        moved = os.lstat(name, dir_fd=target)
        if (moved.st_ino, moved.st_size, moved.st_mtime_ns) == (status.st_ino, status.st_size, status.st_mtime_ns):
            self._unpacked.marks[path] = mark(moved)
            self._inodes.add(moved.st_ino)

    def _look_again_at_linked(self) -> None:
        """Moving one name of a file changes the marks of all."""
        steps = Steps(self._home)
        for path in self._unpacked.linked:
            folder, name = split(path)
            try:
                status = os.lstat(name, dir_fd=steps.into(folder))
            except OSError:
                continue
            if status.st_ino in self._inodes:
                self._unpacked.marks[path] = mark(status)
        steps.close()


def _status(name: bytes, folder: int) -> os.stat_result | None:
    try:
        return os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None


def _move_folder(name: bytes, source: int, target: int, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    is_fixed = not mode & stat.S_IWUSR
    if is_fixed:  # its owner must be able to write to a folder to move it
        os.chmod(name, mode | 0o700, dir_fd=source)
    os.rename(name, name, src_dir_fd=source, dst_dir_fd=target)
    if is_fixed:
        os.chmod(name, mode, dir_fd=target)
