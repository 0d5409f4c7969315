"""Everything that can be read of a tree, for comparison: also paths longer than the system takes."""

import os
import stat
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from ctypes import CDLL
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from agent.home.move_into_place import STAGING

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
MEMBER = 1000


@dataclass(frozen=True)
class Thing:
    """`what` is a file's hash or a link's target. The format does not keep setuid and setgid of files."""

    kind: int
    mode: int
    mtime_ns: int
    size: int
    what: str | bytes


@dataclass
class TreeContents:
    things: dict[bytes, Thing]
    inodes: dict[bytes, int]
    blocks: int
    """bytes that the files take on the disk"""

    def linked(self, paths: Collection[bytes]) -> set[frozenset[bytes]]:
        """The sets of paths that are names of one file."""
        names = defaultdict(set)
        for path in paths:
            if stat.S_ISREG(self.things[path].kind):
                names[self.inodes[path]].add(path)
        return {frozenset(same) for same in names.values() if len(same) > 1}


def contents_of(folder: Path) -> TreeContents:
    taken = TreeContents({}, {}, 0)
    with _sight_of_all():
        root = os.open(folder, FOLDER)
        try:
            look_at(root, b"", taken)
        finally:
            os.close(root)
    return taken


def paths(folder: Path) -> list[bytes]:
    """All paths, sorted."""
    taken = TreeContents({}, {}, 0)
    with _sight_of_all():
        root = os.open(folder, FOLDER)
        try:
            look_at(root, b"", taken, is_close=False)
        finally:
            os.close(root)
    return sorted(taken.things)


def look_at(folder: int, above: bytes, taken: TreeContents, *, is_close: bool = True) -> None:
    for entry in os.listdir(folder):
        name = os.fsencode(entry)
        path = above + b"/" + name if above else name
        if path == STAGING:
            continue  # staging belongs to no tier, and a child may be at work there
        status = os.lstat(name, dir_fd=folder)
        kind, mode, size = stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), 0
        what: str | bytes = b""
        if kind == stat.S_IFLNK:
            what = os.fsencode(os.readlink(name, dir_fd=folder))
        elif kind == stat.S_IFREG and is_close:
            mode, size = mode & 0o1777, status.st_size
            what = _hash(name, folder)
            taken.blocks += status.st_blocks * 512
        taken.things[path] = Thing(kind, mode, status.st_mtime_ns, size, what)
        taken.inodes[path] = status.st_ino
        if kind == stat.S_IFDIR:
            inside = os.open(name, FOLDER, dir_fd=folder)
            try:
                look_at(inside, path, taken, is_close=is_close)
            finally:
                os.close(inside)


def _hash(name: bytes, folder: int) -> str:
    """The hash of the parts with data, and of their offsets: a file may claim to have terabytes."""
    digest = sha256()
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb", buffering=0) as file:
        at = 0
        while True:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                return digest.hexdigest()
            piece = os.pread(file.fileno(), 4096 - at % 4096, at)
            if piece.strip(b"\0"):
                digest.update(b"%d:" % at + piece)
            at += len(piece) or 4096


@contextmanager
def as_member() -> Iterator[None]:
    """Calls with the rights of an ordinary user, if root runs the tests."""
    if os.getuid() != 0:
        yield
        return
    os.setegid(MEMBER)
    os.seteuid(MEMBER)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@contextmanager
def all_rights() -> Iterator[None]:
    """Adds root's rights for the moment, if root runs the tests."""
    effective = os.geteuid()
    if os.getuid() == 0 and effective:
        os.seteuid(0)
        try:
            yield
        finally:
            os.seteuid(effective)
    else:
        yield


@contextmanager
def _sight_of_all() -> Iterator[None]:
    """Root's rights to files, for this thread alone. Keepers of other homes work in other threads, and the member could
    not touch files that a keeper made with root's rights."""
    if os.getuid() != 0:
        yield
        return
    libc = CDLL(None)
    before = libc.setfsuid(0)
    try:
        yield
    finally:
        libc.setfsuid(before)


def given_to_member(folder: Path) -> Path:
    """Gives the path to the ordinary user, if root runs the tests."""
    if os.getuid() == 0:
        os.chown(folder, MEMBER, MEMBER)
    return folder
