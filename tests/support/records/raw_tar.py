"""Tars as no packer writes them: every field as one likes it."""

from typing import Any

import zstandard

from shared.snapshots.format.layout import padding
from shared.snapshots.format.tar_reader import Entry, Tar
from shared.snapshots.format.tar_writer import record


def entry(
    path: bytes,
    content: bytes = b"",
    *,
    kind: bytes = b"0",
    size: int | bytes | None = None,
    mode: int | bytes = 0o644,
    mtime: int | bytes = 0,
    link: bytes = b"",
    prefix: bytes = b"",
    pax: bytes = b"",
) -> bytes:
    """Numbers as bytes stand in the header as they are; `pax` are records before it."""
    fields = (
        (path, 100),
        (_octal(mode, 7), 8),
        (b"0001750", 8),
        (b"0001750", 8),
        (_octal(len(content) if size is None else size, 11), 12),
        (_octal(mtime, 11), 12),
        (b"        ", 8),
        (kind, 1),
        (link, 100),
        (b"ustar\x0000", 8),
        (b"", 80),
        (prefix, 155),
        (b"", 12),
    )
    block = checked(b"".join(value[:width].ljust(width, b"\0") for value, width in fields))
    return extended(pax) + block + content + padding(len(content))


def checked(block: bytes) -> bytes:
    """A header with the right checksum."""
    return block[:148] + b"%06o\0 " % (sum(block[:148] + block[156:]) + 256) + block[156:]


def extended(records: bytes, kind: bytes = b"x") -> bytes:
    """A pax header; `kind` g is a global one. None where there are no records."""
    return entry(b"pax", records, kind=kind) if records else b""


def gone(*paths: bytes) -> bytes:
    return extended(b"".join(record(b"ONDOL.gone", path) for path in paths), b"g")


def sparse(path: bytes, realsize: int | bytes, numbers: bytes, content: bytes) -> bytes:
    """`numbers` is the list of its parts, as it stands there."""
    size = realsize if isinstance(realsize, bytes) else b"%d" % realsize
    records = ((b"major", b"1"), (b"minor", b"0"), (b"name", path), (b"realsize", size))
    pax = b"".join(record(b"GNU.sparse." + key, value) for key, value in records)
    return entry(b"sparse", numbers + padding(len(numbers)) + content, pax=pax)


def packed(tar: bytes, level: int = 3) -> bytes:
    return zstandard.ZstdCompressor(level=level).compress(tar)


def told(
    layer: bytes,
    stream: int,
    *,
    kind: str = "whole",
    entries: int = 1000,
    files: int = 1 << 20,
    only: str | None = None,
) -> dict[str, Any]:
    """A layer as a manifest declares it."""
    return {
        "kind": kind,
        "bytes": len(layer),
        "stream": stream,
        "entries": entries,
        "logical_bytes": files,
        "only": only,
    }


def read(
    tar: bytes, *, stream: int | None = None, entries: int = 1000, files: int = 1 << 40, piece: int = 1000
) -> tuple[list[Entry], list[bytes]]:
    """The entries, and what the layer takes away. The reader is given so many bytes at once. Raises BadLayer."""
    gone: list[bytes] = []
    pieces = (tar[at : at + piece] for at in range(0, len(tar), piece))
    declared = len(tar) if stream is None else stream
    reader = Tar(lambda: next(pieces, b""), stream=declared, entries=entries, logical_bytes=files, gone=gone.append)
    return list(reader), gone


def _octal(number: int | bytes, digits: int) -> bytes:
    return number if isinstance(number, bytes) else b"%0*o" % (digits, number)
