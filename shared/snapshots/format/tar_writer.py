"""Writes tar headers in POSIX's pax format, as docs/snapshot-format.md has them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from zlib import adler32

from shared.snapshots.format.layout import (
    EXTENDED,
    FILE,
    FURTHEST,
    GLOBAL,
    GONE,
    USUAL_END,
    padding,
)
from shared.snapshots.format.tar_reader import Entry

_MOST_IN_ONE = 1 << 18
"""Bytes of paths that one header takes away."""
_LARGEST = 8**11 - 1
"""The largest number of eleven octal digits."""
_SHORT = 100
"""Bytes of a path, or of a link's target, that fit in a header."""
_BEFORE_CHECKSUM = b"%b%07o\0" + b"0001750\0" * 2 + b"%011o\0%011o\0"  # owner and group: 1000
_SUM_OF_OTHERS = sum(USUAL_END) + 8 * ord(" ")
"""A header's bytes in place of the checksum, while the checksum is computed."""


def header(
    path: bytes, kind: bytes, mode: int, mtime_ns: int, size: int = 0, link: bytes = b"", extra: bytes = b""
) -> bytes:
    """An entry's header, preceded by an extended header if one is needed. `extra`: further records."""
    if len(path) > _SHORT:
        extra += record(b"path", path)
    if len(link) > _SHORT:
        extra += record(b"linkpath", link)
    if size > _LARGEST:
        extra += record(b"size", b"%d" % size)
    seconds, fraction = divmod(mtime_ns, 10**9)
    if fraction and 10**9 <= seconds < 10**10:  # nearly all times are from 2001 on
        extra += b"30 mtime=%d.%09d\n" % (seconds, fraction)
    elif fraction or not 0 <= seconds <= _LARGEST:
        extra += record(b"mtime", _decimal(min(max(mtime_ns, -FURTHEST), FURTHEST)))
    block = _block(path, kind, mode & 0o7777, seconds, size, link)
    return _with_records(EXTENDED, extra) + block if extra else block


def sparse_header(path: bytes, mode: int, mtime_ns: int, size: int, parts: Sequence[tuple[int, int]]) -> bytes:
    """The header of a file with holes, with the list of its `parts` (offset, length). After the header come the bytes
    of the parts, one part behind the other, then the bytes that fill the last block."""
    listed = b"%d\n" % len(parts) + b"".join(b"%d\n%d\n" % part for part in parts)
    listed += padding(len(listed))
    stored = len(listed) + sum(length for _, length in parts)
    records = ((b"major", b"1"), (b"minor", b"0"), (b"name", path), (b"realsize", b"%d" % size))
    extra = b"".join(record(b"GNU.sparse." + key, value) for key, value in records)
    return header(b"GNUSparseFile.0/file", FILE, mode, mtime_ns, stored, extra=extra) + listed


def copy_header(entry: Entry, path: bytes) -> bytes:
    """A header for the contents of an entry that was read, under `path`."""
    if entry.parts is not None:
        return sparse_header(path, entry.mode, entry.mtime_ns, entry.size, entry.parts)
    return header(path, entry.kind, entry.mode, entry.mtime_ns, entry.size, entry.link)


def gone(paths: Iterable[bytes]) -> Iterator[bytes]:
    """The global headers that take paths away. They are several, because a reader bounds the bytes of one header."""
    records = b""
    for path in paths:
        one = record(GONE, path)
        if len(records) + len(one) > _MOST_IN_ONE:
            yield _with_records(GLOBAL, records)
            records = b""
        records += one
    if records:
        yield _with_records(GLOBAL, records)


def record(key: bytes, value: bytes) -> bytes:
    """A record: its own length (which counts its own digits), key and value."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %b=%b\n" % (length, key, value)


def _with_records(kind: bytes, records: bytes) -> bytes:
    return _before_records(kind, len(records)) + records + padding(len(records))


@lru_cache(1024)
def _before_records(kind: bytes, size: int) -> bytes:
    return _block(b"pax", kind, 0o644, 0, size, b"")


def _decimal(nanoseconds: int) -> bytes:
    sign = b"-" if nanoseconds < 0 else b""
    seconds, fraction = divmod(abs(nanoseconds), 10**9)
    return b"%b%d.%09d" % (sign, seconds, fraction) if fraction else b"%b%d" % (sign, seconds)


def _block(path: bytes, kind: bytes, mode: int, seconds: int, size: int, link: bytes) -> bytes:
    start = _BEFORE_CHECKSUM % (
        path[:_SHORT].ljust(_SHORT, b"\0"),
        mode,
        size if size <= _LARGEST else _LARGEST,
        seconds if 0 <= seconds <= _LARGEST else min(max(seconds, 0), _LARGEST),
    )
    middle = kind + link[:_SHORT].ljust(_SHORT, b"\0")
    bytes_sum = (adler32(start) & 0xFFFF) + (adler32(middle) & 0xFFFF) - 2 + _SUM_OF_OTHERS  # see layout.total
    return b"%b%06o\0 %b%b" % (start, bytes_sum, middle, USUAL_END)
