"""Layers as the writer writes them, and changed after that as whoever wants to do harm would change them.

Random bytes hardly pass the first header; these do, for checksums are made right again after most changes.
"""

from collections.abc import Callable
from random import Random

from shared.snapshots.format.layout import BLOCK, END, FILE, FOLDER, LINK, SYMLINK, padding
from shared.snapshots.format.tar_writer import gone, header, record, sparse_header
from tests.support.records.raw_tar import checked

FIELDS = {"name": (0, 100), "mode": (100, 108), "size": (124, 136), "time": (136, 148), "kind": (156, 157),
          "link": (157, 257), "magic": (257, 265), "prefix": (345, 500)}  # fmt: skip
VALUES = [b"", b"0", b"7", b"0000644", b"0007777", b"00000000000", b"00000000001", b"00000001000", b"77777777777",
          b"-1", b"9", b"\x80\0\0\1", b"\xff" * 12, b" 1", b"1 1", b"../x", b"/x", b".", b"a/../b", b"a//b", b"f",
          b"d/f", b"\0f", b"1", b"2", b"5", b"g", b"x", b"L", b"ustar  \0"]  # fmt: skip
RECORDS = [(b"path", b"../x"), (b"path", b"d/other"), (b"path", b""), (b"path", b"n" * 256), (b"linkpath", b"f"),
           (b"linkpath", b"/x"), (b"size", b"1"), (b"size", b"-1"), (b"size", b"1024"), (b"size", b"9" * 17),
           (b"mtime", b"1.5"), (b"mtime", b"-1e9"), (b"mtime", b"9" * 30), (b"GNU.sparse.major", b"1"),
           (b"GNU.sparse.realsize", b"5"), (b"GNU.sparse.name", b"../x"), (b"ONDOL.gone", b"x")]  # fmt: skip


def written(random: Random) -> list[bytes]:
    """A layer in pieces of whole blocks, as the writer writes it: each header, each one's records, each one's contents.
    The end is not among them."""
    pieces = [piece for piece in gone([b"away", b"d/gone", b"n" * 200]) if random.random() < 0.5]
    pieces.append(header(b"d", FOLDER, 0o755, random.randrange(2**60)))
    for number in range(random.randrange(4, 9)):
        path = b"d/%d" % number if random.random() < 0.7 else b"d/" + b"%d" % number * 150
        mtime_ns = random.choice([0, 5 * 10**9, random.randrange(2**60), -1])
        kind = random.choice([FILE, FILE, FILE, b"sparse", LINK, SYMLINK, FOLDER])
        if kind == FILE:
            content = random.randbytes(random.choice([0, 1, 511, 512, 513, 3000]))
            pieces += [header(path, FILE, 0o644, mtime_ns, len(content)), content + padding(len(content))]
        elif kind == b"sparse":
            parts = [(100, 7), (5000, 505), (9000, 0)]
            pieces += [sparse_header(path, 0o600, mtime_ns, 9000, parts), random.randbytes(512)]
        else:
            link = {LINK: b"d/0", SYMLINK: b"../anywhere", FOLDER: b""}[kind]
            pieces.append(header(path, kind, 0o755, mtime_ns, link=link))
    return [piece for piece in pieces if piece]


def blocks_of(pieces: list[bytes]) -> bytes:
    return b"".join(pieces) + END


def is_header(tar: bytes, at: int) -> bool:
    return tar[at + 257 : at + 262] == b"ustar"


def headers(tar: bytes) -> list[int]:
    return [at for at in range(0, len(tar), BLOCK) if is_header(tar, at)]


def with_field(tar: bytes, random: Random) -> bytes:
    """A field of a header has another value; the checksum is right."""
    at = random.choice(headers(tar))
    start, end = random.choice([*FIELDS.values()])
    value = random.choice([*VALUES, random.randbytes(end - start)])[: end - start].ljust(end - start, b"\0")
    block = tar[at : at + start] + value + tar[at + end : at + BLOCK]
    return tar[:at] + checked(block) + tar[at + BLOCK :]


def with_flipped_header(tar: bytes, random: Random) -> bytes:
    """A bit of a header is another; the checksum is right."""
    at = random.choice(headers(tar))
    block = bytearray(tar[at : at + BLOCK])
    block[random.randrange(500)] ^= 1 << random.randrange(8)
    return tar[:at] + checked(bytes(block)) + tar[at + BLOCK :]


def with_flipped_bit(tar: bytes, random: Random) -> bytes:
    flipped = bytearray(tar)
    flipped[random.randrange(len(tar))] ^= 1 << random.randrange(8)
    return bytes(flipped)


def with_size(tar: bytes, random: Random) -> bytes:
    """A file is said to be larger or smaller by some; the checksum is right."""
    at = random.choice(headers(tar))
    digits = tar[at + 124 : at + 135]
    size = int(digits, 8) if digits.isdigit() and not {*b"89"} & {*digits} else 0
    changed = max(0, size + random.choice([-BLOCK, -1, 1, BLOCK, 10 * BLOCK, 1 << 30]))
    return (
        tar[:at] + checked(tar[at : at + 124] + b"%011o\0" % changed + tar[at + 136 : at + BLOCK]) + tar[at + BLOCK :]
    )


def truncated(tar: bytes, random: Random) -> bytes:
    """Within a block, or between two; sometimes with an end."""
    at = random.choice([random.randrange(len(tar)), random.randrange(0, len(tar), BLOCK)])
    return tar[:at] + random.choice([b"", END])


def spliced(tar: bytes, random: Random) -> bytes:
    """Goes on as another layer, from a header or from any block."""
    other = blocks_of(written(random))
    choose: Callable[[bytes], int] = random.choice(
        [lambda it: random.choice(headers(it)), lambda it: random.randrange(0, len(it), BLOCK)]
    )
    return tar[: choose(tar)] + other[choose(other) :]


def repeated(tar: bytes, random: Random) -> bytes:
    """Some blocks stand again somewhere else, from header to header."""
    starts = [*headers(tar), len(tar) - len(END)]
    first, last = sorted(random.choices(starts, k=2))
    at = random.choice(starts)
    return tar[:at] + tar[first:last] * random.choice([1, 1, 2, 50]) + tar[at:]


def without_some(tar: bytes, random: Random) -> bytes:
    first = random.randrange(0, len(tar), BLOCK)
    return tar[:first] + tar[first + BLOCK * random.randrange(1, 4) :]


def with_records(tar: bytes, random: Random) -> bytes:
    """An extended or a global header more, of which the length of a record may be wrong."""
    records = b"".join(record(*random.choice(RECORDS)) for _ in range(random.randrange(1, 4)))
    if random.random() < 0.2:
        records = records.replace(b" ", random.choice([b"0 ", b"", b"  "]), 1)
    kind = random.choice([b"x", b"x", b"g"])
    more = header(b"pax", kind, 0o644, 0, len(records)) + records + padding(len(records))
    at = random.choice(headers(tar))
    return tar[:at] + more + tar[at:]


CHANGES = [with_field, with_field, with_flipped_header, with_flipped_bit, with_size, truncated, spliced, repeated,
           without_some, with_records]  # fmt: skip


def mutated(seed: int) -> bytes:
    """A tar with one to three changes, the same for the same seed."""
    random = Random(seed)  # noqa: S311
    tar = blocks_of(written(random))
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        if headers(tar):
            tar = random.choice(CHANGES)(tar, random)
    return tar
