"""Writes a layer: a tier of the home, or what changed in it, as a compressed tar, while the home goes on changing."""

import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Set

import zstandard

from agent.home.index import UNSURE, Seen, mark
from agent.home.packed import Packed
from agent.home.steps import Steps, lies_below, split
from agent.home.tar_out import BLOCK, gone, header, padding, record

LEVEL = 3
THREADS = 2
JOB = 3 << 20
NO_OVERLAP = 1
"""What a thread compresses by itself, in bytes, without a look at what lies before. By zstd's own choice it is 8 MiB:
30 MB more memory, and the same time, for 1.4 % fewer bytes."""
PIECE = 1 << 20
WHOLE_FILE = 1 << 22
"""Up to this size a file is read in one go, and read again if it changed meanwhile, before any of it is written. A
larger one is written as it is read, once."""
TRIES = 3
RACY_NS = 50_000_000
"""A file that changed so shortly before it was read may change once more in the same tick of the system's clock."""
SPARSE = 1 << 16
"""Bytes of holes that are worth a list of parts."""
MOST_PARTS = 30_000
"""Two numbers of up to twelve digits each, in agent.home.tar_in.LONGEST_MAP bytes."""
KEPT_BITS = 0o1777
_CHANGED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
"""What the system says of a path that became another since it was looked at."""


def pack(
    home: int, paths: Iterable[bytes], missing: list[bytes], pipe: int, folders: Set[bytes] = frozenset()
) -> Packed:
    """A layer of what is there now, in one go; see Packing."""
    return Packing(home, missing, Seen(folders=set(folders))).write(paths, pipe)


class _LateError(Exception):
    """What was to be copied was not copied in time."""


class Packing:
    """A layer in the making. `seen` is the look that it is to be a picture of; `missing` is what it takes away;
    `mapped` is which files programs have mapped.

    Paths that vanish meanwhile are passed over; so is, and counted, what can't be read.
    """

    def __init__(self, home: int, missing: list[bytes], seen: Seen, mapped: Set[bytes] = frozenset()) -> None:
        self._steps = Steps(home)
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
        self._into: Callable[[bytes], object] = lambda piece: None

    def copy(self, paths: Iterable[bytes], until: float) -> None:
        """Copies these into memory, while nobody changes them: the folders of all stand before what is in them. What is
        left at `until`, a moment of the monotonic clock, is not copied."""
        self._copies = os.memfd_create("copies", os.MFD_CLOEXEC)
        self._into = lambda piece: _write_all(self._copies, piece)
        self._begin()
        self._until = until
        try:
            for path in paths:
                if self._is_late():
                    break
                self._take(path)
                self._copied.add(path)
        except _LateError:
            pass
        self._until = float("inf")
        self._flush()

    def write(self, paths: Iterable[bytes], pipe: int) -> Packed:
        """Writes the layer to `pipe`, which stays open: the copies first, then what else is in `paths`, as it is now.
        Raises OSError when nobody reads the pipe any more."""
        with os.fdopen(pipe, "wb", buffering=0, closefd=False) as target:
            how = zstandard.ZstdCompressionParameters.from_level(
                LEVEL, threads=THREADS, job_size=JOB, overlap_log=NO_OVERLAP, write_checksum=0
            )
            compressor = zstandard.ZstdCompressor(compression_params=how)
            with compressor.stream_writer(target, closefd=False) as compressed:
                self._into = compressed.write
                if self._copies < 0:
                    self._begin()
                else:
                    self._write_copies(compressed)
                for path in paths:
                    if path not in self._copied:
                        self._take(path)
                        self._compare(path)
                self._write(b"\0" * 2 * BLOCK)
                self._flush()
                self._steps.close()
                return self._packed

    def content(self, path: bytes) -> bytes | None:
        """What `Packed.contents` would say of a mapped file now; nothing is written. None if it can't be read."""
        try:
            self._take(path)
            self._flush()
        finally:
            self._steps.close()
        return self._packed.contents.get(path)

    def close(self) -> None:
        """Lets go of the copies."""
        if self._copies >= 0:
            os.close(self._copies)
            self._copies = -1

    def _write_copies(self, target: zstandard.ZstdCompressionWriter) -> None:
        at = 0
        while piece := os.pread(self._copies, PIECE, at):
            target.write(piece)
            at += len(piece)
        self.close()

    def _begin(self) -> None:
        if self._missing:
            for start in gone(self._missing):
                self._write(start)
            self._packed.entries += len(self._missing)

    def _take(self, path: bytes) -> None:
        astray = self._packed.astray
        # in a layer nothing may lie in what is no folder there, whatever it has become again by now
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

    def _compare(self, path: bytes) -> None:
        """With the look: it may have changed since. A folder's own time does so whenever something is made in it."""
        if path not in self._seen.folders and self._packed.marks.get(path) != self._seen.marks.get(path):
            self._packed.moved.append(path)

    def _pass_over(self, path: bytes) -> None:
        """It is tried again the next time."""
        self._packed.marks[path] = UNSURE
        if path in self._seen.folders:
            self._packed.astray.add(path)

    def _add(self, path: bytes) -> None:
        folder, name = split(path)
        parent = self._steps.into(folder)
        status = os.lstat(name, dir_fd=parent)
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFDIR:
            self._enter(path, status, header(path, b"5", status.st_mode, status.st_mtime_ns))
            return
        if path in self._seen.folders:
            self._packed.astray.add(path)
        if kind == stat.S_IFLNK:
            link = os.fsencode(os.readlink(name, dir_fd=parent))
            self._enter(path, status, header(path, b"2", 0o777, status.st_mtime_ns, link=link))
        elif kind == stat.S_IFREG:
            first, sign = self._linked.get(status.st_ino, (b"", 0))
            # another mark: the file has changed, or the number has become another file's
            if first and sign == mark(status):
                self._enter(path, status, header(path, b"1", _kept(status), status.st_mtime_ns, link=first))
            else:
                self._add_file(path, name, parent, status)
        else:
            self._pass_over(path)  # it became a pipe or a device since it was looked at

    def _add_file(self, path: bytes, name: bytes, parent: int, before: os.stat_result) -> None:
        descriptor, is_closed = _open(name, parent)
        # opening such a file changes it: when it was changed by others was told before
        self._changed_ns = before.st_ctime_ns if is_closed else 0
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):  # since a moment ago: a folder can be opened too
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
        for _ in range(TRIES):
            content = os.pread(descriptor, status.st_size + 1, 0) if status.st_size else b""
            after = os.fstat(descriptor)
            is_same = len(content) == status.st_size and mark(after) == mark(status)
            status = after
            if is_same:
                break
        # still changing: what was read last, which is saved again the next time
        self._enter(path, status, _file(path, status, len(content)), len(content), is_sure=is_same)
        self._write_content(path, content)
        self._write(padding(len(content)))

    def _add_large(self, path: bytes, descriptor: int, status: os.stat_result) -> None:
        self._flush()
        packed = self._packed
        before = packed.entries, packed.logical_bytes, packed.stream
        self._enter(path, status, _file(path, status, status.st_size), status.st_size)
        try:
            self._copy(path, descriptor, 0, status.st_size)
        except _LateError:  # as if it had not been begun
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
        parts.append((status.st_size, 0))  # as GNU's tar ends its list
        listed = b"%d\n" % len(parts) + b"".join(b"%d\n%d\n" % part for part in parts)
        listed += padding(len(listed))
        stored = len(listed) + sum(length for _, length in parts)
        extra = b"".join(
            record(b"GNU.sparse." + key, value)
            for key, value in (
                (b"major", b"1"),
                (b"minor", b"0"),
                (b"name", path),
                (b"realsize", b"%d" % status.st_size),
            )
        )
        start = header(b"GNUSparseFile.0/file", b"0", _kept(status), status.st_mtime_ns, stored, extra=extra)
        self._enter(path, status, start, status.st_size)
        self._write_content(path, listed)
        until, self._until = self._until, float("inf")
        for offset, length in parts:
            self._copy(path, descriptor, offset, length)
        self._until = until
        self._write(padding(stored))
        if mark(os.fstat(descriptor)) != mark(status):
            self._packed.marks[path] = UNSURE

    def _enter(self, path: bytes, status: os.stat_result, start: bytes, size: int = 0, *, is_sure: bool = True) -> None:
        self._write(start)
        self._packed.entries += 1
        self._packed.logical_bytes += size
        changed_ns = self._changed_ns or status.st_ctime_ns
        self._changed_ns = 0
        is_racy = not stat.S_ISDIR(status.st_mode) and time.time_ns() - changed_ns < RACY_NS
        self._packed.marks[path] = mark(status) if is_sure and not is_racy else UNSURE

    def _copy(self, path: bytes, descriptor: int, offset: int, length: int) -> None:
        """So many bytes, whatever becomes of the file: what is not there any more is zeros."""
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
        """A file that can't be read further has its header written already: the tar must hold what that says."""
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
        self._into(joined)
        self._packed.stream += len(joined)
        self._waiting, self._size = [], 0


def _write_all(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def _open(name: bytes, parent: int) -> tuple[int, bool]:
    """The file; and whether its owner may not read it, and it was made readable for the moment: it could not be saved
    otherwise."""
    how = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(name, how, dir_fd=parent), False
    except PermissionError:
        mode = stat.S_IMODE(os.lstat(name, dir_fd=parent).st_mode)
        os.chmod(name, mode | 0o400, dir_fd=parent)
        try:
            return os.open(name, how, dir_fd=parent), True
        finally:
            os.chmod(name, mode, dir_fd=parent)


def _file(path: bytes, status: os.stat_result, size: int) -> bytes:
    return header(path, b"0", _kept(status), status.st_mtime_ns, size)


def _kept(status: os.stat_result) -> int:
    return status.st_mode & KEPT_BITS


def _parts(descriptor: int, size: int) -> list[tuple[int, int]]:
    """Where a file has data, as (offset, length). Of very many parts, the last one is all the rest: a reader takes no
    list longer than a megabyte."""
    parts: list[tuple[int, int]] = []
    at = 0
    while at < size:
        if len(parts) == MOST_PARTS:
            start = parts[-1][0]
            return [*parts[:-1], (start, size - start)]
        try:
            start = os.lseek(descriptor, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole is left
                break
            if error.errno in (errno.EINVAL, errno.EOPNOTSUPP):  # a file system that can't tell
                return [*parts, (at, size - at)]
            raise
        if start >= size:
            break
        end = min(os.lseek(descriptor, start, os.SEEK_HOLE), size)
        parts.append((start, end - start))
        at = end
    return parts
