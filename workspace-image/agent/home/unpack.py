"""Unpacks the layers of a tier into a folder of its own: whatever they hold, nothing outside of it is touched."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

from agent.errors import BadLayer
from agent.home.decompress import Decompressed
from agent.home.index import UNSURE, mark
from agent.home.steps import Steps, empty, lies_below, remove, split
from agent.home.tar_in import FILE, FOLDER, LINK, SYMLINK, Entry, Tar

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNFIT = {errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP, errno.EMLINK, errno.EINVAL}
"""What the system says of paths that do not fit each other, or it. Of what else it says, the layer is not the cause;
not of ENOENT either: somebody has removed the folder that is unpacked into."""
KEPT_BITS = 0o1777
"""Of a file's mode: whoever runs it gains nobody else's rights."""


MOST_ENTRIES = 4_000_000
"""Of a layer, with the paths that it takes away: more than a home can hold, and no more than this is begun with."""


@dataclass(frozen=True)
class Declared:
    """What the manifest says of a layer; see docs/snapshot-format.md."""

    kind: str
    bytes: int
    stream: int
    entries: int
    logical_bytes: int
    only: str | None


@dataclass
class Unpacked:
    """What lies in the folder. `folders`: mode and mtime of those that the layers name. `linked`: files with several
    names."""

    marks: dict[bytes, int] = field(default_factory=dict)
    changed: set[bytes] = field(default_factory=set)
    gone: set[bytes] = field(default_factory=set)
    folders: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    linked: set[bytes] = field(default_factory=set)


def unpack(layers: list[Declared], source: BinaryIO, into: int, progress: Callable[[int], None]) -> Unpacked:
    """`source` holds the layers one behind the other; `into` is an empty folder's descriptor. `progress` hears of every
    layer's compressed bytes when they were read.

    Raises BadLayer, or OSError where the system has no room.
    """
    first, *others = _chains(layers)
    unpacked = _unpack_chain(first, source, into)
    for chain in others:
        _overlay(chain, source, into, unpacked)
    _finish(into, unpacked)
    return unpacked


def _chains(layers: list[Declared]) -> list[list[Declared]]:
    chains: list[list[Declared]] = []
    for layer in layers:
        if layer.kind == "whole":
            chains.append([])
        if not chains:
            raise BadLayer("a delta stands first")
        chains[-1].append(layer)
    return chains


def _unpack_chain(chain: list[Declared], source: BinaryIO, into: int) -> Unpacked:
    unpacked, steps = Unpacked(), Steps(into)
    try:
        for layer in chain:
            _Layer(layer, source, steps, unpacked).unpack()
    finally:
        steps.close()
    return unpacked


def _overlay(chain: list[Declared], source: BinaryIO, into: int, unpacked: Unpacked) -> None:
    """A path as another snapshot has it takes the place of what is there."""
    path = os.fsencode(chain[0].only or "")
    _check(path)
    beside = b".returned"
    while beside == path.partition(b"/")[0] or os.fsdecode(beside) in os.listdir(into):
        beside += b"-"
    os.mkdir(beside, 0o700, dir_fd=into)
    scratch = os.open(beside, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=into)
    steps, other = Steps(into), Steps(scratch)
    try:
        brought = _unpack_chain(chain, source, scratch)
        folder, name = split(path)
        _clear_way(folder, steps, unpacked)
        with suppress(FileNotFoundError):
            remove(name, steps.into(folder))
        below = path + b"/"
        for known in [one for one in unpacked.marks if one == path or one.startswith(below)]:
            del unpacked.marks[known]
            unpacked.folders.pop(known, None)
        try:
            there = other.into(folder)
            os.lstat(name, dir_fd=there)
        except FileNotFoundError:
            return
        os.rename(name, name, src_dir_fd=there, dst_dir_fd=steps.into(folder, make=True))
        # what they are marked by has changed with their place: the tier is written whole next time
        unpacked.marks |= {one: UNSURE for one in brought.marks if one == path or one.startswith(below)}
        unpacked.folders |= {one: it for one, it in brought.folders.items() if one == path or one.startswith(below)}
    except OSError as error:
        if error.errno in _UNFIT:
            raise BadLayer("a path that is brought back does not fit") from error
        raise
    finally:
        other.close()
        steps.close()
        empty(scratch)
        os.close(scratch)
        os.rmdir(beside, dir_fd=into)


def _clear_way(folder: bytes, steps: Steps, unpacked: Unpacked) -> None:
    """What is no folder by now, and was one when the path in it was saved, gives way."""
    for end in [at for at, byte in enumerate(folder + b"/") if byte == 47]:  # each "/"
        above, name = split(folder[:end])
        try:
            parent = steps.into(above)
            if stat.S_ISDIR(os.lstat(name, dir_fd=parent).st_mode):
                continue
        except FileNotFoundError:
            return
        remove(name, parent)
        unpacked.marks.pop(folder[:end], None)
        return


def _finish(into: int, unpacked: Unpacked) -> None:
    """Files with several names are looked at again: each name changed them all. Folders get their properties last, from
    the inside out, because everything that is made in them changes these."""
    steps = Steps(into)
    for path in unpacked.linked & unpacked.marks.keys():
        folder, name = split(path)
        unpacked.marks[path] = mark(os.lstat(name, dir_fd=steps.into(folder)))
    for path in unpacked.gone:
        _remove_empty(steps, split(path)[0], unpacked)
    for path in sorted(unpacked.folders, reverse=True):
        mode, mtime_ns = unpacked.folders[path]
        folder, name = split(path)
        parent = steps.into(folder)
        os.utime(name, ns=(mtime_ns, mtime_ns), dir_fd=parent, follow_symlinks=False)
        os.chmod(name, mode, dir_fd=parent)
    steps.close()


def _remove_empty(steps: Steps, path: bytes, unpacked: Unpacked) -> None:
    """Folders that were made only for what has been taken away: another tier may have deleted them."""
    with suppress(OSError):
        while path and path not in unpacked.marks:
            folder, name = split(path)
            os.rmdir(name, dir_fd=steps.into(folder))
            path = folder


class _Layer:
    def __init__(self, declared: Declared, source: BinaryIO, steps: Steps, unpacked: Unpacked) -> None:
        self._declared = declared
        self._source = source
        self._steps = steps
        self._unpacked = unpacked
        self._is_delta = declared.kind == "delta"
        self._left = declared.entries
        self._room = declared.logical_bytes

    def unpack(self) -> None:
        if self._left > MOST_ENTRIES:
            raise BadLayer("it has more entries than a home can hold")
        with Decompressed(self._source, self._declared.bytes, self._declared.stream) as more:
            tar = Tar(more, self._left)
            cleared = False
            for entry in tar.entries():
                if not cleared:
                    self._take_away(tar.gone)
                    cleared = True
                self._count(1)
                _check(entry.path)
                self._place(tar, entry)
            if not cleared:
                self._take_away(tar.gone)

    def _count(self, entries: int) -> None:
        self._left -= entries
        if self._left < 0:
            raise BadLayer("it has more entries than declared")

    def _take_away(self, paths: list[bytes]) -> None:
        self._count(len(paths))
        for path in paths:
            _check(path)
            folder, name = split(path)
            try:
                remove(name, self._steps.into(folder))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                if error.errno in _UNFIT:
                    raise BadLayer("it takes away what can't be there") from error
                raise
        self._unpacked.gone.update(paths)
        # the descriptors of what was taken away lead nowhere
        self._steps.close()
        marks, away = self._unpacked.marks, set(paths)
        for known in [path for path in marks if lies_below(path, away)] if paths else []:
            del marks[known]
            self._unpacked.folders.pop(known, None)

    def _place(self, tar: Tar, entry: Entry) -> None:
        try:
            sign = self._make(tar, entry)
        except OSError as error:
            if error.errno in _UNFIT:
                raise BadLayer("an entry lies in what is no folder, or too deep") from error
            raise
        self._unpacked.marks[entry.path] = sign
        if self._is_delta:
            self._unpacked.changed.add(entry.path)

    def _make(self, tar: Tar, entry: Entry) -> int:
        folder, name = split(entry.path)
        maker = _MAKERS[entry.kind]
        try:
            return maker(self, tar, entry, name, self._steps.into(folder, make=True))
        except FileExistsError:
            if entry.link == entry.path and entry.kind == LINK:
                raise BadLayer("a hard link leads to itself") from None
            self._replace(entry, name, self._steps.into(folder))
            return maker(self, tar, entry, name, self._steps.into(folder))

    def _replace(self, entry: Entry, name: bytes, parent: int) -> None:
        """What stands in an entry's place gives way: to a folder, all but a folder; to anything else, everything."""
        if not stat.S_ISDIR(os.lstat(name, dir_fd=parent).st_mode):
            os.unlink(name, dir_fd=parent)
            return
        below = entry.path + b"/"
        for known in [path for path in self._unpacked.folders if path.startswith(below)]:
            self._unpacked.folders.pop(known)
        for known in [path for path in self._unpacked.marks if path.startswith(below)]:
            del self._unpacked.marks[known]
        self._unpacked.folders.pop(entry.path, None)
        remove(name, parent)
        # the descriptors of what was removed lead nowhere
        self._steps.close()

    def _make_folder(self, _tar: Tar, entry: Entry, name: bytes, parent: int) -> int:
        try:
            os.mkdir(name, 0o700, dir_fd=parent)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(name, dir_fd=parent).st_mode):
                raise
        mode = entry.mode
        self._unpacked.folders[entry.path] = (mode, entry.mtime_ns)
        return hash((stat.S_IFDIR | mode, entry.mtime_ns))

    def _make_file(self, tar: Tar, entry: Entry, name: bytes, parent: int) -> int:
        mode = entry.mode & KEPT_BITS
        descriptor = os.open(name, NEW, mode, dir_fd=parent)
        try:
            self._room -= entry.size
            if self._room < 0:
                raise BadLayer("its files are larger than declared")
            if entry.parts is None:
                tar.content(entry, lambda piece: os.write(descriptor, piece))
            else:
                _write_parts(tar, entry, descriptor)
            os.utime(descriptor, ns=(entry.mtime_ns, entry.mtime_ns))
            status = os.fstat(descriptor)
            if stat.S_IMODE(status.st_mode) != mode:  # the umask took some of it, as it seldom does
                os.fchmod(descriptor, mode)
                status = os.fstat(descriptor)
            return mark(status)
        finally:
            os.close(descriptor)

    def _make_link(self, _tar: Tar, entry: Entry, name: bytes, parent: int) -> int:
        _check(entry.link)
        if entry.link not in self._unpacked.marks or entry.link in self._unpacked.folders:
            raise BadLayer("a hard link leads to nothing in its layer")
        target_folder, target = split(entry.link)
        holder = os.dup(parent)  # the way to the target may close it
        try:
            source = self._steps.into(target_folder)
            if not stat.S_ISREG(os.lstat(target, dir_fd=source).st_mode):
                raise BadLayer("a hard link leads to what is no file")
            os.link(target, name, src_dir_fd=source, dst_dir_fd=holder, follow_symlinks=False)
            self._unpacked.linked |= {entry.path, entry.link}
            return mark(os.lstat(name, dir_fd=holder))
        finally:
            os.close(holder)

    def _make_symlink(self, _tar: Tar, entry: Entry, name: bytes, parent: int) -> int:
        if not entry.link or b"\0" in entry.link:
            raise BadLayer("a symbolic link leads nowhere")
        os.symlink(entry.link, name, dir_fd=parent)
        os.utime(name, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=parent, follow_symlinks=False)
        return mark(os.lstat(name, dir_fd=parent))


_MAKERS = {
    FILE: _Layer._make_file,
    LINK: _Layer._make_link,
    SYMLINK: _Layer._make_symlink,
    FOLDER: _Layer._make_folder,
}


def _write_parts(tar: Tar, entry: Entry, descriptor: int) -> None:
    os.ftruncate(descriptor, entry.size)
    parts = iter(entry.parts or [])
    at, left = 0, 0

    def write(piece: memoryview) -> int:
        nonlocal at, left
        while not left:
            at, left = next(parts)
        written = os.pwrite(descriptor, piece[:left], at)
        at, left = at + written, left - written
        return written

    tar.content(entry, write)


def _check(path: bytes) -> None:
    """A path names something below the home, by steps that are names."""
    if not path or b"\0" in path or path.startswith(b"/"):
        raise BadLayer("a path is not below the home")
    if path.startswith(b"..") or b"/.." in path or b"//" in path or path.endswith(b"/") or b"." in path.split(b"/"):
        names = path.split(b"/")
        if b".." in names or b"." in names or b"" in names:
            raise BadLayer("a path is not below the home")
