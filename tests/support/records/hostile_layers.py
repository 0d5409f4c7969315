"""Layers with one thing in each that is wrong, or only odd: whoever reads layers is tried with all of them."""

from dataclasses import dataclass
from typing import Any

import zstandard

from shared.snapshots.format.layout import END, MOST_ENTRIES
from shared.snapshots.format.tar_writer import record
from tests.support.records.raw_tar import checked, entry, extended, gone, packed, sparse

MEGABYTE = 1 << 20
LONGEST = b"/".join([b"n" * 255] * 250)
"""The longest path that the format has, but for a byte: 63,999."""
LONGER = b"/".join([b"n" * 255] * 251)
"""A longer one, which a file system holds."""
LONGER_STILL = b"/".join([b"n" * 249] * 400)
"""400 names, which are 99,999 bytes."""
ONE = entry(b"f", b"x" * 600)

ELSEWHERE = [
    b"..",
    b"../canary",
    b"a/../../canary",
    b"a/..",
    b"/canary",
    b"/etc/ondol-canary",
    b"//etc/canary",
    b".",
    b"./a",
    b"a/./b",
    b"a//b",
    b"a/",
    b"/",
    b"",
    b"../" * 60 + b"tmp/canary",
]
"""Paths that are none below a home."""


def leading(path: bytes) -> dict[str, bytes]:
    """Tars in which the path stands, by where in them. All are to be refused, if the path is."""
    start = entry(b"f", b"content")
    return {
        "file": entry(path, b"harm"),
        "folder": entry(path, kind=b"5"),
        "pax": entry(b"x", b"harm", pax=record(b"path", path)),
        "link": start + entry(path, kind=b"1", link=b"f"),
        "target": start + entry(b"g", kind=b"1", link=path),
        "symlink": entry(path, kind=b"2", link=b"f"),
        "sparse": sparse(path, 4, b"1\n0\n4\n", b"harm"),
        "gone": gone(path) + start,
    }


def is_taken(path: bytes, where: str) -> bool:
    """A folder's path may end with a slash; and an empty record says nothing."""
    return (path, where) in ((b"a/", "folder"), (b"", "pax"))


_MISPLACED = {
    "hard link to a later entry": entry(b"g", kind=b"1", link=b"f") + entry(b"f", b"x"),
    "hard link to itself": entry(b"f", b"x") + entry(b"f", kind=b"1", link=b"f"),
    "hard link to nothing": entry(b"g", kind=b"1", link=b"f"),
    "hard link to a folder": entry(b"d", kind=b"5") + entry(b"g", kind=b"1", link=b"d"),
    "hard link to a symlink": entry(b"s", kind=b"2", link=b"/etc/passwd") + entry(b"g", kind=b"1", link=b"s"),
    "file in a file": entry(b"f", b"x") + entry(b"f/g", b"x"),
}

_BAD = {
    **{
        f"{where} at {path!r}": tar
        for path in ELSEWHERE
        for where, tar in leading(path).items()
        if not is_taken(path, where)
    },
    "wrong checksum": b"z" + ONE[1:],
    "wrong checksum in an extended header": b"z" + entry(b"f", b"x", pax=record(b"path", b"g"))[1:],
    "wrong checksum behind an extended header": extended(record(b"path", b"g")) + b"z" + ONE[1:],
    "GNU's magic": checked(ONE[:257] + b"ustar  \0" + ONE[265:512]) + ONE[512:],
    "no magic": checked(ONE[:257] + bytes(8) + ONE[265:512]) + ONE[512:],
    "path of a byte more than any of ours": entry(b"f", b"x", pax=record(b"path", LONGEST + b"/n")),
    "path of 99,999 bytes": entry(b"f", b"x", pax=record(b"path", LONGER_STILL)),
    "path of too many names": entry(b"f", b"x", pax=record(b"path", b"/".join([b"a"] * 401))),
    "hard link to a path of 99,999 bytes": ONE + entry(b"g", kind=b"1", pax=record(b"linkpath", LONGER_STILL)),
    "taken away by too many names": gone(b"/".join([b"a"] * 401)),
    "taken away by a path of 99,999 bytes": gone(LONGER_STILL),
    "more taken away than a layer may": b"".join(
        gone(*(b"/".join([b"%0250d" % at] * 239) for at in range(start, start + 17))) for start in range(0, 340, 17)
    ),
    "mode in base 256": entry(b"f", b"x", mode=b"\x80" + b"\0" * 7),
    "time in base 256": entry(b"f", b"x", mtime=b"\x80" + b"\0" * 11),
    "size in base 256 of an extended header": entry(b"pax", kind=b"x", size=b"\x80" + b"\0" * 11),
    "size of a digit that is not octal": entry(b"f", b"x", size=b"00000000008"),
    "extended size below nothing": entry(b"pax", kind=b"x", size=b"-0000001001"),
    "global size below nothing": entry(b"pax", kind=b"g", size=b"-0000001001"),
    "extended header without end": entry(b"pax", kind=b"x", size=1 << 32),
    "extended header of one long record": entry(b"pax", b"99999 path=".ljust(100_000, b"x"), kind=b"x", size=99_999),
    "global header too long": extended(record(b"comment", b"c" * (2 * MEGABYTE)), b"g") + ONE,
    "hard link without a target": entry(b"g", kind=b"1"),
    "hard link with content": entry(b"f", b"x") + entry(b"g", b"more", kind=b"1", link=b"f"),
    "symlink to nothing": entry(b"s", kind=b"2"),
    "symlink with a NUL": entry(b"s", kind=b"2", pax=record(b"linkpath", b"a\0b")),
    "symlink longer than the system takes": entry(b"s", kind=b"2", pax=record(b"linkpath", b"a" * 5000)),
    "symlink with content": entry(b"s", b"x", kind=b"2", link=b"a"),
    "folder with content": entry(b"d", b"x", kind=b"5"),
    "character device": entry(b"null", kind=b"3"),
    "block device": entry(b"disk", kind=b"4"),
    "FIFO": entry(b"pipe", kind=b"6"),
    "contiguous file": entry(b"f", b"x", kind=b"7"),
    "GNU long name": entry(b"././@LongLink", b"a" * 200, kind=b"L") + entry(b"a", b"x"),
    "GNU long link": entry(b"././@LongLink", b"a" * 200, kind=b"K") + entry(b"a", kind=b"2", link=b"a"),
    "old GNU sparse": entry(b"f", b"x", kind=b"S"),
    "GNU dump folder": entry(b"d", b"x", kind=b"D"),
    "multi-volume": entry(b"f", b"x", kind=b"M"),
    "kind that nobody knows": entry(b"f", b"x", kind=b"\xff"),
    "name too long": entry(b"f", b"x", pax=record(b"path", b"n" * 256)),
    "path longer than any of ours": entry(b"f", b"x", pax=record(b"path", LONGER)),
    "sparse path longer than any of ours": sparse(LONGER, 4, b"1\n0\n4\n", b"data"),
    "path with a NUL": entry(b"f", b"x", pax=record(b"path", b"a\0b")),
    "path of NULs": entry(b"f", b"x", pax=record(b"path", b"\0" * 50)),
    "path of slashes": entry(b"f", b"x", pax=record(b"path", b"/" * 5000)),
    "no path": entry(b"\0", b"x", mode=0, prefix=b"a") + b"x" * 512,
    "prefix that leads up": entry(b"f", b"x", prefix=b".."),
    "mode that is none": entry(b"f", b"x", mode=b"rwxr-xr"),
    "size that is none": entry(b"f", b"x", size=b"12345678901"),
    "size below nothing": entry(b"f", b"x", size=b"-0000000001"),
    "size with a blank": entry(b"f", b"x", size=b"1 1"),
    "size with an underscore": entry(b"f", b"x", size=b"1_1"),
    "size in base 256": entry(b"f", b"x", size=b"\x80" + b"\0" * 10 + b"\x01"),
    "negative size in base 256": entry(b"f", b"x", size=b"\xff" * 12),
    "size beyond the end": entry(b"f", b"x", size=1 << 18),
    "largest size": entry(b"f", b"x", size=8**11 - 1),
    "pax size of many digits": entry(b"f", b"x", pax=record(b"size", b"9" * 30)),
    "pax size beyond 64 bits": entry(b"f", b"x", pax=record(b"size", b"18446744073709551617")),
    "pax size below nothing": entry(b"f", b"x", pax=record(b"size", b"-1")),
    "pax size that is none": entry(b"f", b"x", pax=record(b"size", b"one")),
    "size of a folder": entry(b"d", kind=b"5", pax=record(b"size", b"512")) + b"x" * 512,
    "time that is none": entry(b"f", b"x", pax=record(b"mtime", b"now")),
    "time of many digits": entry(b"f", b"x", pax=record(b"mtime", b"9" * 200)),
    "time of more text than 64 bits need": entry(b"f", b"x", pax=record(b"mtime", b"1." + b"0" * 31)),
    "time in a garbled header": entry(b"f", b"x", mtime=b"tomorrow"),
    "pax length beyond its end": entry(b"f", b"x", pax=b"900 path=a\n"),
    "pax length below nothing": entry(b"f", b"x", pax=b"-11 path=a\n"),
    "pax length of nothing": entry(b"f", b"x", pax=b"0 path=a\n"),
    "pax length too short": entry(b"f", b"x", pax=b"5 path=a\n"),
    "pax length of many digits": entry(b"f", b"x", pax=b"9" * 40 + b" path=a\n"),
    "pax without a length": entry(b"f", b"x", pax=b"path=a\n"),
    "pax without a value": entry(b"f", b"x", pax=b"8 path \n"),
    "pax without an end": entry(b"f", b"x", pax=b"9 path=ab"),
    "pax of NULs": entry(b"f", b"x", pax=b"\0" * 512),
    "pax before pax": extended(record(b"path", b"a")) + extended(record(b"path", b"b")) + entry(b"f", b"x"),
    "pax before the end": extended(record(b"path", b"a")),
    "pax before what takes away": extended(record(b"path", b"a")) + gone(b"x"),
    "pax too many": entry(b"f", b"x", pax=record(b"comment", b"c" * (2 * MEGABYTE))),
    "pax size beyond the end": entry(b"pax", kind=b"x", size=1 << 19),
    "taken away too late": entry(b"f", b"x") + gone(b"f"),
    "taken away too deep": gone(b"/".join([b"d"] * 500)),
    "taken away by a path longer than any of ours": gone(LONGER),
    "taken away by a long name": gone(b"n" * 300),
    "sparse of another version": entry(b"f", b"x", pax=record(b"GNU.sparse.major", b"0")),
    "sparse without a name": entry(
        b"f", b"0\n", pax=record(b"GNU.sparse.major", b"1") + record(b"GNU.sparse.realsize", b"0")
    ),
    "sparse folder": entry(b"f", kind=b"5", pax=record(b"GNU.sparse.major", b"1")),
    "sparse without a size": sparse(b"f", b"", b"1\n0\n1\n", b"x"),
    "sparse of a size below nothing": sparse(b"f", b"-1", b"1\n0\n1\n", b"x"),
    "sparse and huge": sparse(b"f", 1 << 50, b"1\n0\n1\n", b"x"),
    "sparse beyond its end": sparse(b"f", 100, b"1\n100\n1\n", b"x"),
    "sparse with more than is stored": sparse(b"f", 5000, b"1\n0\n4000\n", b"x"),
    "sparse with less than is stored": sparse(b"f", 5000, b"1\n0\n1\n", b"xxxx"),
    "sparse without a list": sparse(b"f", 5000, b"", b""),
    "sparse of no numbers": sparse(b"f", 5000, b"one\n0\n1\n", b"x"),
    "sparse of numbers below nothing": sparse(b"f", 5000, b"1\n-5\n1\n", b"x"),
    "sparse with a list that lies": sparse(b"f", 5000, b"99999999\n0\n1\n", b"x"),
    "sparse with a list of many digits": sparse(b"f", 5000, b"9" * 600 + b"\n", b"x"),
    "sparse with a list without end": sparse(b"f", 5000, b"9999999999\n" + b"0\n0\n" * 400_000, b""),
}

_ENDS = {
    "something after the end": ONE + END + entry(b"g", b"x") + END,
    "one block of zeros, and more": ONE + END[:512] + entry(b"g", b"x") + END,
    "bytes behind the end": ONE + END + b"\1" * 512,
    "a byte behind the end": ONE + END + bytes(300) + b"\1",
    "2 MiB of zeros": ONE + END + bytes(2 * MEGABYTE),
    "a block more of zeros than 1 MiB": ONE + bytes(MEGABYTE + 512),
    "no end": ONE,
    "an end within a file": ONE[:700],
    "an end within a header": ONE[:300],
    "nothing at all": b"",
}
"""Tars as they are; to all others an end is added."""

_HARMLESS = {
    "nothing": b"",
    "the longest path": entry(b"f", b"x", pax=record(b"path", LONGEST)),
    "kind of a file as old tars have it": entry(b"f", b"x", kind=b"\0"),
    "mode of devices": entry(b"f", b"x", mode=0o777777),
    "setuid and setgid": entry(b"f", b"x", mode=0o6755) + entry(b"d", kind=b"5", mode=0o6755),
    "a mode of nothing": entry(b"d", kind=b"5", mode=0) + entry(b"d/f", b"x", mode=0),
    "a time before all": entry(b"f", b"x", pax=record(b"mtime", b"-99999999999.999999999")),
    "a time after all": entry(b"f", b"x", pax=record(b"mtime", b"99999999999")),
    "a time at the end of 64 bits": entry(b"f", b"x", pax=record(b"mtime", b"-9223372036854775808.123456789")),
    "twice": entry(b"f", b"x") + entry(b"f", b"y"),
    "a folder, then a file": entry(b"d", kind=b"5") + entry(b"d/f", b"x") + entry(b"d", b"y"),
    "a file, then a folder": entry(b"d", b"x") + entry(b"d", kind=b"5") + entry(b"d/f", b"y"),
    "a symlink, then a folder": entry(b"d", kind=b"2", link=b"..") + entry(b"d", kind=b"5") + entry(b"d/canary", b"y"),
    "a folder, then a symlink": entry(b"d", kind=b"5") + entry(b"d/f", b"x") + entry(b"d", kind=b"2", link=b".."),
    "a linked file, then another": entry(b"f", b"x") + entry(b"g", kind=b"1", link=b"f") + entry(b"f", b"y"),
    "sparse parts on each other": sparse(b"f", 5000, b"3\n0\n4\n2\n4\n0\n4\n", b"aaaabbbbcccc"),
    "sparse parts of nothing": sparse(b"f", 5000, b"3\n9\n0\n0\n4\n5000\n0\n", b"aaaa"),
    "names that look like ours": entry(b".returned", b"x") + entry(b"..returned", b"x") + entry(b".cache", b"x"),
    "an owner that is root": entry(b"f", b"x", pax=record(b"uid", b"0") + record(b"uname", b"root")),
    "attributes": entry(b"f", b"x", pax=record(b"SCHILY.xattr.security.capability", b"\1" * 20)),
}

BAD = {name: tar + END for name, tar in _BAD.items()} | _ENDS
"""What is refused by the reader, and so by all."""
MISPLACED = {name: tar + END for name, tar in _MISPLACED.items()}
"""What the reader lets through, for it does not remember paths: refused where it is to be placed."""
HARMLESS = {name: tar + END for name, tar in _HARMLESS.items()} | {"1 MiB of zeros": ONE + bytes(MEGABYTE)}
"""What is unpacked, and does no harm."""


@dataclass(frozen=True)
class Told:
    """A layer, compressed, and what its manifest declares."""

    content: bytes
    stream: int
    entries: int = 1000
    files: int = MEGABYTE


def _compressed(tar: bytes, **how: Any) -> bytes:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, **how)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return compressor.compress(tar) + compressor.flush()


_BOMB = entry(b"f", size=64 * MEGABYTE) + bytes(64 * MEGABYTE) + END
_WHOLE = len(ONE + END)
LIES = {
    "more entries than declared": Told(packed(ONE * 3 + END), len(ONE * 3 + END), entries=2),
    "more taken away than declared": Told(packed(gone(b"a", b"b", b"c") + END), 2048, entries=2),
    "more entries declared than a home holds": Told(packed(ONE + END), _WHOLE, entries=MOST_ENTRIES + 1),
    "larger files than declared": Told(packed(ONE + END), _WHOLE, files=599),
    "a larger sparse file than declared": Told(
        packed(sparse(b"f", 1 << 40, b"1\n0\n1\n", b"x") + END), len(sparse(b"f", 1 << 40, b"1\n0\n1\n", b"x") + END)
    ),
    "more bytes than declared": Told(packed(ONE + END), _WHOLE - 1),
    "fewer bytes than declared": Told(packed(ONE + END), _WHOLE + 1),
    "a bomb": Told(_compressed(_BOMB), 9999),
    "a bomb of a file": Told(_compressed(_BOMB), len(_BOMB), files=MEGABYTE),
    "a window that takes all memory": Told(
        _compressed(_BOMB, window_log=27, write_content_size=False), len(_BOMB), files=len(_BOMB)
    ),
    "no zstd": Told(b"not compressed at all", _WHOLE),
    "a frame that is cut off": Told(packed(ONE + END)[:-5], _WHOLE),
    "bytes behind the last frame": Told(packed(ONE + END) + b"trailing" * 10, _WHOLE),
    "a frame of more zeros": Told(packed(ONE + END) + packed(END), _WHOLE),
    "a frame of another tar": Told(packed(ONE + END) + packed(ONE + END), _WHOLE),
}
"""What is refused because it is not what is declared, or not compressed as a layer is."""
