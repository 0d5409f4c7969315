"""The parts of a layer and its limits, for the reader and the writer."""

from zlib import adler32

BLOCK = 512
END = bytes(2 * BLOCK)
FILE, LINK, SYMLINK, FOLDER = b"0", b"1", b"2", b"5"
EXTENDED, GLOBAL = b"x", b"g"
MAGIC = b"ustar\x0000"
GONE = b"ONDOL.gone"
KEPT_BITS = 0o1777
"""The kept bits of a file's mode: without setuid and setgid, whoever runs the file gains nobody's rights."""

LONGEST_PATH = 64_000
"""Bytes of a path."""
MOST_NAMES = 400
"""Names in a path: opening it step by step takes a descriptor for each, of which a process has about a thousand."""
LONGEST_NAME = 255
"""Bytes of one name in a path, as Linux allows."""
LONGEST_TARGET = 4095
"""Bytes of a symbolic link's target, as Linux allows."""
MOST_RECORDS = 1 << 20
"""Bytes of the records in one extended or global header."""
MOST_IN_LIST = 1 << 20
"""Bytes of the list of a sparse file's parts."""
MOST_ENTRIES = 4_000_000
"""Entries of a layer, and paths that a layer takes away: more than a home can hold."""
MOST_PATH_BYTES = 1 << 28
"""Bytes of the paths of a layer's entries: twice what a scan of a home may find."""
MOST_GONE = 1 << 24
"""Bytes of the records that take paths away; the writer's caller stops at half of that."""
MOST_AFTER_END = 1 << 20
"""Bytes of zeros at the end of a tar: some programs fill their last record with zeros."""
FURTHEST = 99_999_999_999 * 10**9
"""Nanoseconds from 1970. A time further away is stored as this one. Other readers of tar take eleven digits of seconds,
and a file system may hold nineteen."""


class BadLayer(Exception):
    """A layer that the format does not allow, or that is not what its manifest declares. The text names no file."""


def padding(size: int) -> bytes:
    """The bytes that fill the last block."""
    return bytes(-size % BLOCK)


USUAL_END = MAGIC + bytes(64) + b"0000000\0" * 2 + bytes(167)
"""The end of most headers, from byte 257 on: no names of owners, no device, no prefix of the path."""
_USUAL_SUM = sum(USUAL_END) + 8 * ord(" ")


def checksum(block: bytes) -> int:
    """The sum of a header's bytes, with blanks in place of the checksum."""
    if block.endswith(USUAL_END):  # `total` twice, without calls, because this runs for each entry of a layer
        return (adler32(block[:148]) & 0xFFFF) + (adler32(block[156:257]) & 0xFFFF) - 2 + _USUAL_SUM
    return total(block[:148]) + total(block[156:334]) + total(block[334:]) + 8 * ord(" ")


def total(some: bytes) -> int:
    """The sum of at most 256 bytes."""
    # the lower half of an adler32 is one more than that sum, modulo 65,521, and takes a tenth of the time of `sum`
    return (adler32(some) & 0xFFFF) - 1
