"""A process of its own that reads a layer of very long paths with little memory, and prints how that ended."""

import itertools
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import zstandard
from agent.home.tar_out import gone, header

from shared.snapshots.format.tar_reader import END
from shared.snapshots.merged_archive import TooMuch, home
from tests.layers import Shelf, manifest

ENTRIES = 6000
LONG = 60_000
ROOM = 250 << 20
"""Bytes beyond what the process takes before it reads. The paths are 360 MB, and next to nothing when compressed."""


def main(kind: bytes) -> None:
    """`kind`: what has the long paths, as in a tar's header."""
    shelf = Shelf()
    whole = shelf.layer("work", {}, packed=_packed(kind), stream=1 << 40, entries=1 << 40)
    of = manifest(whole, shelf.delta("work", {}, ["target"]))
    most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        for _ in home(of, shelf.open, lambda: None):
            pass
        print("read")
    except (TooMuch, MemoryError) as e:
        print(type(e).__name__)


def _packed(kind: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    start = [header(b"target", b"0", 0o644, 1)] if kind == b"1" else []
    pieces = [compressor.compress(piece) for piece in itertools.chain(start, _long(kind), [END])]
    return b"".join([*pieces, compressor.flush()])


def _long(kind: bytes) -> Iterator[bytes]:
    for number in range(ENTRIES):
        path = b"%07d" % number + b"p" * LONG
        if kind == b"g":
            yield from gone([path])
        else:
            yield header(path, kind, 0o644, 1, link=b"target" if kind == b"1" else b"")


if __name__ == "__main__":
    main(sys.argv[1].encode())
