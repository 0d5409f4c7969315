"""Path indexes of snapshots, each kept beside the exports: made when a member looks into a snapshot, deleted after a
day as these are."""

from contextlib import suppress

import msgspec
import zstandard
from google.api_core.exceptions import NotFound

from shared.gcp import buckets
from shared.gcp.buckets import AS_STORED, CALL
from shared.snapshots.checkpoint import exports_prefix
from shared.snapshots.path_index import PathIndex

MOST_BYTES = 64 << 20
"""Bytes of an index, decompressed: each byte of a path may take six in JSON."""


def find(wid: str, snapshot: str) -> PathIndex | None:
    """None if nobody has looked into the snapshot for a day."""
    with suppress(NotFound):
        content = buckets.bucket().blob(_name(wid, snapshot)).download_as_bytes(**AS_STORED, **CALL)
        plain = zstandard.ZstdDecompressor().decompress(content, max_output_size=MOST_BYTES)
        return msgspec.json.decode(plain, type=PathIndex)
    return None


def keep(wid: str, snapshot: str, index: PathIndex) -> None:
    """Stores the index. If there is one already, it stays."""
    buckets.create(_name(wid, snapshot), zstandard.ZstdCompressor(level=3).compress(msgspec.json.encode(index)))


def _name(wid: str, snapshot: str) -> str:
    return f"{exports_prefix(wid)}{snapshot}.paths.json.zst"
