"""A process of its own that reads a layer of very long paths with little memory, and prints how that ended."""

import itertools
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import zstandard

from shared.snapshots.format.layout import END, BadLayer
from shared.snapshots.format.tar_writer import gone, header
from shared.snapshots.merged_archive import home
from shared.snapshots.visible_entries import TooMuch
from tests.support.records.layers import Shelf, manifest

ENTRIES = 6000
LONG = b"/".join([b"p" * 249] * 240)
ROOM = 250 << 20
"""Bytes beyond what the process takes before it reads. The paths are 360 MB, and next to nothing when compressed."""


def main(kind: bytes) -> None:
    """`kind`: what has the long paths, as in a tar's header."""
    shelf = Shelf()
    packed, stream = _packed(kind)
    whole = shelf.layer("work", {}, packed=packed, stream=stream, entries=ENTRIES + 1)
    of = manifest(whole, shelf.delta("work", {}, ["target"]))
    most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        for _ in home(of, shelf.open, lambda: None):
            pass
        print("read")
    except (TooMuch, BadLayer, MemoryError) as e:
        print(type(e).__name__)


def _packed(kind: bytes) -> tuple[bytes, int]:
    """The layer, compressed, and its size before."""
    compressor = zstandard.ZstdCompressor().compressobj()
    start = [header(b"target", b"0", 0o644, 1)] if kind == b"1" else []
    pieces, stream = list[bytes](), 0
    for piece in itertools.chain(start, _long(kind), [END]):
        pieces.append(compressor.compress(piece))
        stream += len(piece)
    return b"".join([*pieces, compressor.flush()]), stream


def _long(kind: bytes) -> Iterator[bytes]:
    for number in range(ENTRIES):
        path = b"%07d/" % number + LONG
        if kind == b"g":
            yield from gone([path])
        else:
            yield header(path, kind, 0o644, 1, link=b"target" if kind == b"1" else b"")


if __name__ == "__main__":
    main(sys.argv[1].encode())
