"""What a session has left out of its checkpoints, kept apart when it ended: within which bound, and how long."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from shared.snapshots.checkpoint import Head, Manifest
from shared.snapshots.storage_quota import LeftOut, most_bytes, stored_bytes, used_bytes

KEPT = timedelta(days=30)
"""How long a package is kept."""
HEADERS = 16 << 20
"""Bytes that the objects of a package may take beyond the files in them."""


class Package(Struct, frozen=True, kw_only=True):
    """`workspaces/{wid}/left_out/{sid}`: a snapshot of what one session has left out. No other session replaces it."""

    sid: str
    head: Head
    left_out: LeftOut
    """By name, as its container said."""

    @property
    def expires(self) -> datetime:
        return self.head.at + KEPT


def why_not_apart(manifest: Manifest, room: int | None) -> str | None:
    """Why a package can't be kept; None if it can. `room`: bytes, None without limit."""
    takes = max(used_bytes(manifest), stored_bytes(manifest) - HEADERS)
    return f"it takes {takes} bytes, and there is room for {room}" if room is not None and takes > room else None


def expired(packages: Iterable[Package], now: datetime) -> list[Package]:
    return [package for package in packages if package.expires <= now]


def has_room(used: int, package: Package, limit: int | None) -> bool:
    """Whether all of it can come back into a workspace that takes `used` bytes."""
    most = most_bytes(limit)
    return most is None or used + package.head.bytes <= most
