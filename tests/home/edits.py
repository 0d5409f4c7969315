"""Edits that a member may make to a home, drawn by hypothesis. An edit that is impossible at the moment is passed
over."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from agent.home.open_below import FolderCursor, remove, split
from hypothesis import strategies as st

from tests.home.tree_contents import FOLDER

NAMES = (
    b"a",
    b"b",
    b"-x",
    b"..a",
    b"a\nb",
    b"\xff\xfe",
    b".dot",
    b".config",
    b".local",
    b".ssh",
    b"node_modules",
    b"venv",
    b".returned",
    b"*",
    "집 1".encode(),
    b"n" * 255,
)
TARGETS = (b"a", b"../..", b"/etc/passwd", b"nowhere", b".", b"\xff", b"t" * 3000, b"node_modules")
SIZES = (0, 1, 511, 512, 513, 9000, 300_000)
MODES = (0o000, 0o100, 0o200, 0o400, 0o500, 0o644, 0o700, 0o755, 0o777, 0o1777, 0o2755, 0o4755, 0o6711)
TIMES = (
    0,
    1,
    -1,
    -500_000_000,
    -1_000_000_000,
    1_790_000_000_123_456_789,
    2**33 * 10**9 + 7,
    -1_500_000_000_000_000_001,
)
RULES = (b"*.iso\n", b"!.cache/models/\n", b"boot: a/\n", b"deps: b\n", b"..a\n", b"work: node_modules/\n", b"[\n\\\n")
LONG = b"l" * 250


@dataclass(frozen=True)
class Edit:
    """`which` and `other` choose among the existing paths; `how` and `seed` choose everything else."""

    what: str
    which: int
    other: int
    how: int
    seed: int

    def __call__(self, home: int, paths: list[bytes]) -> None:
        _Doing(home, paths, self).run()


class _Doing:
    def __init__(self, home: int, paths: list[bytes], edit: Edit) -> None:
        self.cursor, self.edit = FolderCursor(home), edit
        self.folders = [b"", *(path for path in paths if self._is(path, stat.S_ISDIR))]
        self.files = [path for path in paths if self._is(path, stat.S_ISREG)]
        self.paths = paths

    def run(self) -> None:
        try:
            with suppress(OSError, IndexError):
                _DOING[self.edit.what](self)
        finally:
            self.cursor.close()

    def _is(self, path: bytes, kind: Callable[[int], bool]) -> bool:
        folder, name = split(path)
        try:
            return kind(os.lstat(name, dir_fd=self.cursor.open(folder)).st_mode)
        except OSError:
            return False

    def new(self) -> tuple[bytes, int]:
        folder = self.folders[self.edit.other % len(self.folders)]
        return NAMES[self.edit.how % len(NAMES)], self.cursor.open(folder)

    def old(self, paths: list[bytes]) -> tuple[bytes, int]:
        """Raises IndexError if there are none."""
        if not paths:
            raise IndexError
        folder, name = split(paths[self.edit.which % len(paths)])
        return name, self.cursor.open(folder)

    def content(self) -> bytes:
        return Random(self.edit.seed).randbytes(SIZES[self.edit.which % len(SIZES)])  # noqa: S311

    def write(self, name: bytes, folder: int, content: bytes) -> None:
        how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(name, how, 0o644, dir_fd=folder), "wb") as it:
            it.write(content)

    def make_file(self) -> None:
        self.write(*self.new(), self.content())

    def make_folder(self) -> None:
        name, folder = self.new()
        os.mkdir(name, dir_fd=folder)

    def make_symlink(self) -> None:
        name, folder = self.new()
        os.symlink(TARGETS[self.edit.seed % len(TARGETS)], name, dir_fd=folder)

    def make_link(self) -> None:
        source, from_folder = self.old(self.files)
        held = os.dup(from_folder)
        try:
            name, folder = self.new()
            os.link(source, name, src_dir_fd=held, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            os.close(held)

    def make_sparse(self) -> None:
        name, folder = self.new()
        size = (1 << 17, 1 << 20, (1 << 20) + 5, 1 << 33)[self.edit.which % 4]
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644, dir_fd=folder)
        try:
            os.ftruncate(descriptor, size)
            for _ in range(self.edit.seed % 4):
                os.pwrite(descriptor, b"data", Random(self.edit.seed).randrange(size - 4))  # noqa: S311
        finally:
            os.close(descriptor)

    def make_large(self) -> None:
        """A file too large for the boot tier; with an odd `seed`, also too large to be read in one piece."""
        self.write(*self.new(), Random(self.edit.seed).randbytes(1000) * (5000 if self.edit.seed % 2 else 1100))  # noqa: S311

    def make_deep(self) -> None:
        """A path longer than the system takes."""
        _, folder = self.new()
        inner = os.dup(folder)
        for _ in range(18):
            with suppress(FileExistsError):
                os.mkdir(LONG, dir_fd=inner)
            inner, outer = os.open(LONG, FOLDER, dir_fd=inner), inner
            os.close(outer)
        self.write(b"deep", inner, self.content())
        os.close(inner)

    def make_venv(self) -> None:
        name, folder = self.new()
        os.mkdir(name, dir_fd=folder)
        inner = os.open(name, FOLDER, dir_fd=folder)
        self.write(b"pyvenv.cfg", inner, b"home = /usr\n")
        os.symlink("/usr/bin/python3", "python", dir_fd=inner)
        os.close(inner)

    def make_cache(self) -> None:
        with suppress(FileExistsError):
            os.mkdir(b".cache", dir_fd=self.cursor.root)
        self.write(b".cache/models", self.cursor.root, self.content())

    def overrule(self) -> None:
        picked = Random(self.edit.seed).sample(RULES, 2)  # noqa: S311
        self.write(b".ondolignore", self.cursor.root, b"".join(picked))

    def modify(self) -> None:
        """Other content of the same size and mtime."""
        name, folder = self.old(self.files)
        descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW, dir_fd=folder)
        try:
            status = os.fstat(descriptor)
            os.pwrite(descriptor, Random(self.edit.seed).randbytes(min(status.st_size, 9)), 0)  # noqa: S311
            os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(descriptor)

    def resize(self) -> None:
        name, folder = self.old(self.files)
        descriptor = os.open(name, os.O_WRONLY | os.O_NOFOLLOW, dir_fd=folder)
        try:
            os.ftruncate(descriptor, SIZES[self.edit.how % len(SIZES)])
        finally:
            os.close(descriptor)

    def delete(self) -> None:
        remove(*self.old(self.paths))

    def rename(self) -> None:
        source, from_folder = self.old(self.paths)
        held = os.dup(from_folder)
        try:
            name, folder = self.new()
            os.rename(source, name, src_dir_fd=held, dst_dir_fd=folder)
        finally:
            os.close(held)

    def swap(self) -> None:
        """Replaces an entry by one of another kind."""
        name, folder = self.old(self.paths)
        kind = stat.S_IFMT(os.lstat(name, dir_fd=folder).st_mode)
        remove(name, folder)
        if kind == stat.S_IFDIR:
            self.write(name, folder, self.content())
        elif self.edit.how % 2:
            os.symlink(TARGETS[self.edit.seed % len(TARGETS)], name, dir_fd=folder)
        else:
            os.mkdir(name, dir_fd=folder)
            inner = os.open(name, FOLDER, dir_fd=folder)
            self.write(b"inside", inner, self.content())
            os.close(inner)

    def chmod(self) -> None:
        name, folder = self.old(self.paths)
        if not stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode):
            os.chmod(name, MODES[self.edit.how % len(MODES)], dir_fd=folder)

    def touch(self) -> None:
        name, folder = self.old(self.paths)
        moment = TIMES[self.edit.how % len(TIMES)]
        os.utime(name, ns=(moment, moment), dir_fd=folder, follow_symlinks=False)

    def make_pipe(self) -> None:
        name, folder = self.new()
        os.mkfifo(name, dir_fd=folder)


_DOING: dict[str, Callable[[_Doing], None]] = {
    "file": _Doing.make_file,
    "folder": _Doing.make_folder,
    "symlink": _Doing.make_symlink,
    "link": _Doing.make_link,
    "modify": _Doing.modify,
    "resize": _Doing.resize,
    "delete": _Doing.delete,
    "rename": _Doing.rename,
    "swap": _Doing.swap,
    "chmod": _Doing.chmod,
    "touch": _Doing.touch,
    "sparse": _Doing.make_sparse,
    "venv": _Doing.make_venv,
    "deep": _Doing.make_deep,
    "large": _Doing.make_large,
    "cache": _Doing.make_cache,
    "overrule": _Doing.overrule,
    "pipe": _Doing.make_pipe,
}
OFTEN = ("file", "folder", "symlink", "link", "modify", "resize", "delete", "rename", "swap", "chmod", "touch")

edits = st.builds(
    Edit,
    what=st.sampled_from((*_DOING, *OFTEN, *OFTEN)),
    which=st.integers(0, 60),
    other=st.integers(0, 20),
    how=st.integers(0, 15),
    seed=st.integers(0, 99),
)


def until_tick(folder: Path) -> None:
    """Returns when a file that is written in the folder from now on has another ctime."""
    probe = folder / "probe"
    probe.write_bytes(b"")
    first = probe.stat().st_ctime_ns
    while probe.stat().st_ctime_ns == first:
        probe.write_bytes(b"")
