"""Writes a layer as a compressed tar: a whole tier of the home, or its changes, while the home may change."""

import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Set

import zstandard

from agent.home.index import UNSURE, TierScan, mark
from agent.home.open_below import FolderCursor, lies_below, split
from agent.home.packed import Packed
from shared.snapshots.format.layout import END, FILE, FOLDER, KEPT_BITS, LINK, SYMLINK, padding
from shared.snapshots.format.tar_writer import gone, header, sparse_header

LEVEL = 3
THREADS = 2
JOB = 3 << 20
NO_OVERLAP = 1
"""A thread compresses JOB bytes by itself, without the bytes before them: 1 is zstd's overlap_log for no overlap.
zstd's default job of 8 MiB takes 30 MB more memory and the same time, for 1.4 % fewer bytes."""
PIECE = 1 << 20
WHOLE_FILE = 1 << 22
"""Up to this size a file is read at once, and read again if it changed meanwhile, before any of it is written. A larger
file is written as it is read, once."""
TRIES = 3
RACY_NS = 50_000_000
"""Nanoseconds. A file that changed this shortly before it was read may change again in the same tick of the system's
clock."""
SPARSE = 1 << 16
"""Bytes of holes from which on a file is written as a list of parts."""
MOST_PARTS = 30_000
"""Parts of a sparse file that are listed: two numbers of up to twelve digits each then fit in the format's
MOST_IN_LIST."""
_CHANGED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
"""Errors for a path that was removed or replaced after the scan."""


def pack(
    home: int, paths: Iterable[bytes], missing: list[bytes], pipe: int, folders: Set[bytes] = frozenset()
) -> Packed:
    """Writes a layer of the home as it is now, in one go; see Packing."""
    return Packing(home, missing, TierScan(folders=set(folders))).write(paths, pipe)


class _LateError(Exception):
    """The time for copying ended before the copy was complete."""


class Packing:
    """A layer that is being written. `seen`: the scan that the layer shows; `missing`: the paths that the layer takes
    away; `mapped`: the files that programs have mapped.

    A path that vanishes meanwhile is passed over. A path that can't be read is passed over too, and counted.
    """

    def __init__(self, home: int, missing: list[bytes], seen: TierScan, mapped: Set[bytes] = frozenset()) -> None:
        self._cursor = FolderCursor(home)
        self._seen = seen
        self._missing = missing
        self._mapped = mapped
        self._hash = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._size = 0
        self._packed = Packed()
        self._is_torn = False
        self._linked: dict[int, tuple[bytes, int]] = {}
        self._copied: set[bytes] = set()
        self._copies = -1
        self._changed_ns = 0
        self._until = float("inf")
        self._output: Callable[[bytes], object] = lambda piece: None

    def copy(self, paths: Iterable[bytes], until: float) -> None:
        """Copies `paths` into memory, while nobody changes them; a folder comes before its entries. At `until`, a
        moment of the monotonic clock, copying ends."""
        self._copies = os.memfd_create("copies", os.MFD_CLOEXEC)
        self._output = lambda piece: _write_all(self._copies, piece)
        self._write_gone()
        self._until = until
        try:
            for path in paths:
                if self._is_late():
                    break
                self._add_or_pass_over(path)
                self._copied.add(path)
        except _LateError:
            pass
        self._until = float("inf")
        self._flush()

    def write(self, paths: Iterable[bytes], pipe: int) -> Packed:
        """Writes the layer to `pipe`, which stays open: first the copies, then the other `paths` as they are now.
        Raises OSError when nobody reads the pipe any more."""
        with os.fdopen(pipe, "wb", buffering=0, closefd=False) as target:
            parameters = zstandard.ZstdCompressionParameters.from_level(
                LEVEL, threads=THREADS, job_size=JOB, overlap_log=NO_OVERLAP, write_checksum=0
            )
            compressor = zstandard.ZstdCompressor(compression_params=parameters)
            with compressor.stream_writer(target, closefd=False) as compressed:
                self._output = compressed.write
                if self._copies < 0:
                    self._write_gone()
                else:
                    self._write_copies(compressed)
                for path in paths:
                    if path not in self._copied:
                        self._add_or_pass_over(path)
                        self._note_if_moved(path)
                self._write(END)
                self._flush()
                self._cursor.close()
                return self._packed

    def content(self, path: bytes) -> bytes | None:
        """The hash that `Packed.contents` would have for a mapped file now, without writing anything. None if the file
        can't be read."""
        try:
            self._add_or_pass_over(path)
            self._flush()
        finally:
            self._cursor.close()
        return self._packed.contents.get(path)

    def close(self) -> None:
        """Frees the copies."""
        if self._copies >= 0:
            os.close(self._copies)
            self._copies = -1

    def _write_copies(self, target: zstandard.ZstdCompressionWriter) -> None:
        at = 0
        while piece := os.pread(self._copies, PIECE, at):
            target.write(piece)
            at += len(piece)
        self.close()

    def _write_gone(self) -> None:
        if self._missing:
            for start in gone(self._missing):
                self._write(start)
            self._packed.entries += len(self._missing)

    def _add_or_pass_over(self, path: bytes) -> None:
        astray = self._packed.astray
        # the layer has a non-folder there, so no entry may lie below it, even if it is a folder again by now
        if astray and lies_below(path, astray):
            self._pass_over(path)
            return
        try:
            self._add(path)
            if self._is_torn:
                self._is_torn = False
                self._packed.left_out += 1
                self._packed.marks[path] = UNSURE
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            self._packed.left_out += error.errno not in _CHANGED
            self._pass_over(path)

    def _note_if_moved(self, path: bytes) -> None:
        """Notes a path that changed since the scan. A folder is not compared: its time changes whenever an entry is
        made in it."""
        if path not in self._seen.folders and self._packed.marks.get(path) != self._seen.marks.get(path):
            self._packed.moved.append(path)

    def _pass_over(self, path: bytes) -> None:
        """Leaves the path to the next save."""
        self._packed.marks[path] = UNSURE
        if path in self._seen.folders:
            self._packed.astray.add(path)

    def _add(self, path: bytes) -> None:
        folder, name = split(path)
        parent = self._cursor.open(folder)
        status = os.lstat(name, dir_fd=parent)
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFDIR:
            self._write_header(path, status, header(path, FOLDER, status.st_mode, status.st_mtime_ns))
            return
        if path in self._seen.folders:
            self._packed.astray.add(path)
        if kind == stat.S_IFLNK:
            link = os.fsencode(os.readlink(name, dir_fd=parent))
            self._write_header(path, status, header(path, SYMLINK, 0o777, status.st_mtime_ns, link=link))
        elif kind == stat.S_IFREG:
            first, sign = self._linked.get(status.st_ino, (b"", 0))
            # with another mark, the file has changed or another file has the inode number
            if first and sign == mark(status):
                self._write_header(path, status, header(path, LINK, _kept_mode(status), status.st_mtime_ns, link=first))
            else:
                self._add_file(path, name, parent, status)
        else:
            self._pass_over(path)  # a pipe or a device has taken the place of the scanned entry

    def _add_file(self, path: bytes, name: bytes, parent: int, before: os.stat_result) -> None:
        descriptor, is_closed = open_unmoved(name, parent)
        # making a file readable changes its ctime: for such a file, the ctime from before counts
        self._changed_ns = before.st_ctime_ns if is_closed else 0
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):  # a folder, which can be opened too, has taken the place of the file
                self._pass_over(path)
                return
            self._hash = hashlib.sha256()
            if status.st_size - status.st_blocks * 512 >= SPARSE:
                self._add_sparse(path, descriptor, status)
            elif status.st_size <= WHOLE_FILE:
                self._add_small(path, descriptor, status)
            else:
                self._add_large(path, descriptor, status)
            if path in self._mapped:
                self._packed.contents[path] = self._hash.digest()
            if status.st_nlink > 1:
                self._linked[status.st_ino] = path, mark(status)
        finally:
            os.close(descriptor)

    def _add_small(self, path: bytes, descriptor: int, status: os.stat_result) -> None:
        sign = mark(status)
        for _ in range(TRIES):
            content = os.pread(descriptor, status.st_size + 1, 0) if status.st_size else b""
            before, size = sign, status.st_size
            status = os.fstat(descriptor)
            sign = mark(status)
            is_same = sign == before and len(content) == size
            if is_same:
                break
        # the file kept changing: what was read last is written, and the file is saved again next time
        size = len(content)
        self._write_header(path, status, _file_header(path, status, size), size, sign=sign if is_same else UNSURE)
        if size:
            self._write_content(path, content)
            self._write(padding(size))

    def _add_large(self, path: bytes, descriptor: int, status: os.stat_result) -> None:
        self._flush()
        packed = self._packed
        before = packed.entries, packed.logical_bytes, packed.stream
        self._write_header(path, status, _file_header(path, status, status.st_size), status.st_size)
        try:
            self._copy(path, descriptor, 0, status.st_size)
        except _LateError:  # undo the begun entry
            self._waiting, self._size = [], 0
            packed.entries, packed.logical_bytes, packed.stream = before
            del packed.marks[path]
            os.ftruncate(self._copies, packed.stream)
            os.lseek(self._copies, packed.stream, os.SEEK_SET)
            raise
        self._write(padding(status.st_size))
        if mark(os.fstat(descriptor)) != mark(status):
            self._packed.marks[path] = UNSURE

    def _add_sparse(self, path: bytes, descriptor: int, status: os.stat_result) -> None:
        parts = _parts(descriptor, status.st_size)
        parts.append((status.st_size, 0))  # GNU tar ends its list like this
        start = sparse_header(path, _kept_mode(status), status.st_mtime_ns, status.st_size, parts)
        self._write_header(path, status, start, status.st_size)
        until, self._until = self._until, float("inf")
        for offset, length in parts:
            self._copy(path, descriptor, offset, length)
        self._until = until
        self._write(padding(sum(length for _, length in parts)))
        if mark(os.fstat(descriptor)) != mark(status):
            self._packed.marks[path] = UNSURE

    def _write_header(
        self, path: bytes, status: os.stat_result, start: bytes, size: int = 0, *, sign: int | None = None
    ) -> None:
        """Writes an entry's header and records its mark. `sign`: the mark, if the caller knows it; otherwise that of
        `status`."""
        self._write(start)
        packed = self._packed
        packed.entries += 1
        packed.logical_bytes += size
        changed_ns = self._changed_ns or status.st_ctime_ns
        self._changed_ns = 0
        is_racy = time.time_ns() - changed_ns < RACY_NS and not stat.S_ISDIR(status.st_mode)
        packed.marks[path] = UNSURE if is_racy else mark(status) if sign is None else sign

    def _copy(self, path: bytes, descriptor: int, offset: int, length: int) -> None:
        """Copies exactly `length` bytes, even if the file shrinks: zeros stand for missing bytes."""
        end = offset + length
        while offset < end:
            if self._is_late():
                raise _LateError
            wanted = min(PIECE, end - offset)
            piece = self._read(descriptor, wanted, offset) or bytes(wanted)
            self._write_content(path, piece)
            offset += len(piece)

    def _is_late(self) -> bool:
        return time.monotonic() > self._until

    def _read(self, descriptor: int, wanted: int, offset: int) -> bytes:
        """The next bytes; empty if the file can't be read. The header is written already, so the caller fills up with
        zeros."""
        try:
            return os.pread(descriptor, wanted, offset)
        except OSError:
            self._is_torn = True
            return b""

    def _write_content(self, path: bytes, piece: bytes) -> None:
        if path in self._mapped:
            self._hash.update(piece)
        self._write(piece)

    def _write(self, piece: bytes) -> None:
        self._waiting.append(piece)
        self._size += len(piece)
        if self._size >= PIECE:
            self._flush()

    def _flush(self) -> None:
        joined = b"".join(self._waiting)
        self._output(joined)
        self._packed.stream += len(joined)
        self._waiting, self._size = [], 0


def _write_all(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def open_unmoved(name: bytes, parent: int) -> tuple[int, bool]:
    """Opens the file. The flag tells whether its owner may not read it: then the file is made readable for a moment,
    because it could not be saved otherwise."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(name, flags, dir_fd=parent), False
    except PermissionError:
        mode = stat.S_IMODE(os.lstat(name, dir_fd=parent).st_mode)
        os.chmod(name, mode | 0o400, dir_fd=parent)
        try:
            return os.open(name, flags, dir_fd=parent), True
        finally:
            os.chmod(name, mode, dir_fd=parent)


def _file_header(path: bytes, status: os.stat_result, size: int) -> bytes:
    return header(path, FILE, _kept_mode(status), status.st_mtime_ns, size)


def _kept_mode(status: os.stat_result) -> int:
    return status.st_mode & KEPT_BITS


def _parts(descriptor: int, size: int) -> list[tuple[int, int]]:
    """The file's data as (offset, length). Beyond MOST_PARTS, the last part covers the rest of the file: a reader takes
    no list longer than a megabyte."""
    parts: list[tuple[int, int]] = []
    at = 0
    while at < size:
        if len(parts) == MOST_PARTS:
            start = parts[-1][0]
            return [*parts[:-1], (start, size - start)]
        try:
            start = os.lseek(descriptor, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # only a hole is left
                break
            if error.errno in (errno.EINVAL, errno.EOPNOTSUPP):  # the file system can't tell holes
                return [*parts, (at, size - at)]
            raise
        if start >= size:
            break
        end = min(os.lseek(descriptor, start, os.SEEK_HOLE), size)
        parts.append((start, end - start))
        at = end
    return parts
