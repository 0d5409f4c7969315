"""Unpacks the layers of a tier into a folder of its own. Whatever the layers hold, nothing outside of that folder
changes."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from agent.home.decompress import Decompressed
from agent.home.index import UNSURE, folder_mark, mark
from agent.home.open_below import FolderCursor, empty, lies_below, remove, split
from shared.snapshots.format.layout import FILE, FOLDER, LINK, SYMLINK, BadLayer
from shared.snapshots.format.tar_reader import Entry, Tar, check_path

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNFIT = {errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP, errno.EMLINK, errno.EINVAL}
"""Errors for paths that conflict with each other or are not valid: the layer is their cause. The layer is not the cause
of other errors, nor of ENOENT, which means that somebody has removed the folder that is unpacked into."""


@dataclass(frozen=True)
class Declared:
    """The manifest's figures for a layer; see docs/snapshot-format.md."""

    kind: str
    bytes: int
    stream: int
    entries: int
    logical_bytes: int
    only: str | None


@dataclass
class Unpacked:
    """The unpacked folder's content. `folders`: mode and mtime of the folders that the layers name. `linked`: files
    with several names."""

    marks: dict[bytes, int] = field(default_factory=dict)
    changed: set[bytes] = field(default_factory=set)
    gone: set[bytes] = field(default_factory=set)
    folders: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    linked: set[bytes] = field(default_factory=set)


def unpack(layers: list[Declared], source: BinaryIO, into: int, progress: Callable[[int], None]) -> Unpacked:
    """Unpacks layers. `source` holds the layers one behind the other; `into` is an empty folder's descriptor.
    `progress` is given each layer's compressed bytes when they were read.

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
    unpacked, cursor = Unpacked(), FolderCursor(into)
    try:
        for layer in chain:
            _Layer(layer, source, cursor, unpacked).unpack()
    finally:
        cursor.close()
    return unpacked


def _overlay(chain: list[Declared], source: BinaryIO, into: int, unpacked: Unpacked) -> None:
    """Puts one path of another snapshot in the place of the unpacked path."""
    path = os.fsencode(chain[0].only or "")
    check_path(path)
    beside = b".returned"
    while beside == path.partition(b"/")[0] or os.fsdecode(beside) in os.listdir(into):
        beside += b"-"
    os.mkdir(beside, 0o700, dir_fd=into)
    scratch = os.open(beside, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=into)
    cursor, other = FolderCursor(into), FolderCursor(scratch)
    try:
        brought = _unpack_chain(chain, source, scratch)
        folder, name = split(path)
        _clear_way(folder, cursor, unpacked)
        with suppress(FileNotFoundError):
            remove(name, cursor.open(folder))
        below = path + b"/"
        for known in [one for one in unpacked.marks if one == path or one.startswith(below)]:
            del unpacked.marks[known]
            unpacked.folders.pop(known, None)
        try:
            source_folder = other.open(folder)
            os.lstat(name, dir_fd=source_folder)
        except FileNotFoundError:
            return
        os.rename(name, name, src_dir_fd=source_folder, dst_dir_fd=cursor.open(folder, make=True))
        # the move has changed these marks: the tier is saved whole next time
        unpacked.marks |= {one: UNSURE for one in brought.marks if one == path or one.startswith(below)}
        unpacked.folders |= {one: it for one, it in brought.folders.items() if one == path or one.startswith(below)}
    except OSError as error:
        if error.errno in _UNFIT:
            raise BadLayer("a path that is brought back does not fit") from error
        raise
    finally:
        other.close()
        cursor.close()
        empty(scratch)
        os.close(scratch)
        os.rmdir(beside, dir_fd=into)


def _clear_way(folder: bytes, cursor: FolderCursor, unpacked: Unpacked) -> None:
    """Removes an entry that is no folder now, where the path needs a folder."""
    for end in [at for at, byte in enumerate(folder + b"/") if byte == 47]:  # at each "/"
        above, name = split(folder[:end])
        try:
            parent = cursor.open(above)
            if stat.S_ISDIR(os.lstat(name, dir_fd=parent).st_mode):
                continue
        except FileNotFoundError:
            return
        remove(name, parent)
        unpacked.marks.pop(folder[:end], None)
        return


def _finish(into: int, unpacked: Unpacked) -> None:
    """Marks files with several names anew, because each name changed the marks of all. Sets the folders' mode and mtime
    last, from the inside out, because making an entry changes its folder's mtime."""
    cursor = FolderCursor(into)
    for path in unpacked.linked & unpacked.marks.keys():
        folder, name = split(path)
        unpacked.marks[path] = mark(os.lstat(name, dir_fd=cursor.open(folder)))
    for path in unpacked.gone:
        _remove_empty(cursor, split(path)[0], unpacked)
    for path in sorted(unpacked.folders, reverse=True):
        mode, mtime_ns = unpacked.folders[path]
        folder, name = split(path)
        parent = cursor.open(folder)
        os.utime(name, ns=(mtime_ns, mtime_ns), dir_fd=parent, follow_symlinks=False)
        os.chmod(name, mode, dir_fd=parent)
    cursor.close()


def _remove_empty(cursor: FolderCursor, path: bytes, unpacked: Unpacked) -> None:
    """Removes empty folders that were made only for a path that was taken away: another tier may have deleted these
    folders."""
    with suppress(OSError):
        while path and path not in unpacked.marks:
            folder, name = split(path)
            os.rmdir(name, dir_fd=cursor.open(folder))
            path = folder


class _Layer:
    def __init__(self, declared: Declared, source: BinaryIO, cursor: FolderCursor, unpacked: Unpacked) -> None:
        self._declared = declared
        self._source = source
        self._cursor = cursor
        self._unpacked = unpacked
        self._is_delta = declared.kind == "delta"

    def unpack(self) -> None:
        declared, gone = self._declared, list[bytes]()
        with Decompressed(self._source, declared.bytes) as more:
            tar = Tar(
                more,
                stream=declared.stream,
                entries=declared.entries,
                logical_bytes=declared.logical_bytes,
                gone=gone.append,
            )
            is_cleared = False
            for entry in tar:
                if not is_cleared:
                    self._take_away(gone)
                    is_cleared = True
                self._place(tar, entry)
            if not is_cleared:
                self._take_away(gone)

    def _take_away(self, paths: list[bytes]) -> None:
        for path in paths:
            folder, name = split(path)
            try:
                remove(name, self._cursor.open(folder))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                if error.errno in _UNFIT:
                    raise BadLayer("it takes away what can't be there") from error
                raise
        self._unpacked.gone.update(paths)
        # the open descriptors of removed folders are useless
        self._cursor.close()
        marks, away = self._unpacked.marks, set(paths)
        for known in [path for path in marks if lies_below(path, away)] if paths else []:
            del marks[known]
            self._unpacked.folders.pop(known, None)

    def _place(self, tar: Tar, entry: Entry) -> None:
        path = entry.path
        folder, _, name = path.rpartition(b"/")
        make = _MAKERS[entry.kind]
        try:
            try:
                sign = make(self, tar, entry, name, self._cursor.open(folder, make=True))
            except FileExistsError:
                if entry.kind == LINK and entry.link == path:
                    raise BadLayer("a hard link leads to itself") from None
                self._replace(entry, name, self._cursor.open(folder))
                sign = make(self, tar, entry, name, self._cursor.open(folder))
        except OSError as error:
            if error.errno in _UNFIT:
                raise BadLayer("an entry lies in what is no folder, or too deep") from error
            raise
        self._unpacked.marks[path] = sign
        if self._is_delta:
            self._unpacked.changed.add(path)

    def _replace(self, entry: Entry, name: bytes, parent: int) -> None:
        """Removes what stands in an entry's place: for a folder, anything but a folder; for anything else,
        everything."""
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
        # the open descriptors of removed folders are useless
        self._cursor.close()

    def _make_folder(self, _tar: Tar, entry: Entry, name: bytes, parent: int) -> int:
        try:
            os.mkdir(name, 0o700, dir_fd=parent)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(name, dir_fd=parent).st_mode):
                raise
        mode = entry.mode
        self._unpacked.folders[entry.path] = (mode, entry.mtime_ns)
        return folder_mark(stat.S_IFDIR | mode, entry.mtime_ns)

    def _make_file(self, tar: Tar, entry: Entry, name: bytes, parent: int) -> int:
        mode, mtime_ns = entry.mode, entry.mtime_ns
        descriptor = os.open(name, NEW, mode, dir_fd=parent)
        try:
            if entry.parts is not None:
                _write_parts(tar, entry, descriptor)
            elif entry.size:
                tar.write_contents(partial(os.write, descriptor))
            os.utime(descriptor, ns=(mtime_ns, mtime_ns))
            status = os.fstat(descriptor)
            if status.st_mode & 0o7777 != mode:  # the umask took bits of the mode, as it seldom does
                os.fchmod(descriptor, mode)
                status = os.fstat(descriptor)
            return mark(status)
        finally:
            os.close(descriptor)

    def _make_link(self, _tar: Tar, entry: Entry, name: bytes, parent: int) -> int:
        if entry.link not in self._unpacked.marks or entry.link in self._unpacked.folders:
            raise BadLayer("a hard link leads to nothing in its layer")
        target_folder, target = split(entry.link)
        holder = os.dup(parent)  # opening the target's folder may close `parent`
        try:
            source = self._cursor.open(target_folder)
            if not stat.S_ISREG(os.lstat(target, dir_fd=source).st_mode):
                raise BadLayer("a hard link leads to what is no file")
            os.link(target, name, src_dir_fd=source, dst_dir_fd=holder, follow_symlinks=False)
            self._unpacked.linked |= {entry.path, entry.link}
            return mark(os.lstat(name, dir_fd=holder))
        finally:
            os.close(holder)

    def _make_symlink(self, _tar: Tar, entry: Entry, name: bytes, parent: int) -> int:
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

    tar.write_contents(write)
