"""Writing tar: the headers of POSIX's pax format, as docs/snapshot-format.md has them."""

import stat
import struct
from collections.abc import Iterable, Iterator

BLOCK = 512
GONE = b"ONDOL.gone"
OWNER = b"0001750\0"  # 1000
MOST_IN_ONE = 1 << 18
"""Bytes of paths that are taken away by one header."""
FURTHEST = 99_999_999_999 * 10**9
"""Nanoseconds from 1970: a time further away is kept as this. Who reads takes eleven digits of seconds, and a file
system may hold nineteen."""
_LARGEST = 8**11 - 1  # what eleven octal digits hold
_SHAPE = struct.Struct("100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12x")


def padding(size: int) -> bytes:
    """What fills the last block."""
    return b"\0" * (-size % BLOCK)


def header(
    path: bytes, kind: bytes, mode: int, mtime_ns: int, size: int = 0, link: bytes = b"", extra: bytes = b""
) -> bytes:
    """The header of an entry, with a pax header before it where one is needed. `extra`: further pax records."""
    if len(path) > 100:
        extra += record(b"path", path)
    if len(link) > 100:
        extra += record(b"linkpath", link)
    if size > _LARGEST:
        extra += record(b"size", b"%d" % size)
    seconds, fraction = divmod(mtime_ns, 10**9)
    if fraction or not 0 <= seconds <= _LARGEST:
        extra += record(b"mtime", _decimal(min(max(mtime_ns, -FURTHEST), FURTHEST)))
    before = _with_records(b"x", extra) if extra else b""
    return before + _plain(path, kind, stat.S_IMODE(mode), seconds, size, link)


def gone(paths: Iterable[bytes]) -> Iterator[bytes]:
    """The global headers that take paths away: several, because a reader takes no more than so much in one."""
    records = b""
    for path in paths:
        one = record(GONE, path)
        if len(records) + len(one) > MOST_IN_ONE:
            yield _with_records(b"g", records)
            records = b""
        records += one
    if records:
        yield _with_records(b"g", records)


def record(key: bytes, value: bytes) -> bytes:
    """A pax record: its own length, which counts its digits, key and value."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def _with_records(kind: bytes, records: bytes) -> bytes:
    return _plain(b"pax", kind, 0o644, 0, len(records), b"") + records + padding(len(records))


def _decimal(nanoseconds: int) -> bytes:
    sign = b"-" if nanoseconds < 0 else b""
    seconds, fraction = divmod(abs(nanoseconds), 10**9)
    return b"%s%d.%09d" % (sign, seconds, fraction) if fraction else b"%s%d" % (sign, seconds)


def _plain(path: bytes, kind: bytes, mode: int, seconds: int, size: int, link: bytes) -> bytes:
    fields = (
        path[:100],
        b"%07o\0" % mode,
        OWNER,
        OWNER,
        b"%011o\0" % min(size, _LARGEST),
        b"%011o\0" % min(max(seconds, 0), _LARGEST),
        b"        ",
        kind,
        link[:100],
        b"ustar\x0000",
        b"",
        b"",
        b"0000000\0",
        b"0000000\0",
        b"",
    )
    block = _SHAPE.pack(*fields)
    return b"%s%06o\0 %s" % (block[:148], sum(block), block[156:])
