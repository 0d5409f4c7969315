"""Left-out files: what a session's checkpoints had no room for, kept separately when the session ends; how much and how
long."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from shared.billing.kept_plan import Kept
from shared.snapshots.checkpoint import Head, Manifest
from shared.snapshots.storage_quota import LeftOut, most_bytes, stored_bytes, used_bytes

KEPT = timedelta(days=30)
"""How long left-out files are kept at least."""
HEADERS = 16 << 20
"""Bytes that a package's objects may take beyond the sizes of its files, for headers."""


class Package(Struct, frozen=True, kw_only=True):
    """`workspaces/{wid}/left_out/{sid}`: a snapshot of the files that one session left out. Each session has its
    own."""

    sid: str
    head: Head
    left_out: LeftOut
    """The left-out files by name, as the container claims."""
    plan: str | None = None
    """The plan under which they were left out; None if unknown."""

    def expires(self, lost: Iterable[Kept]) -> datetime:
        """When they are deleted. What was left out under a plan that was lost since is kept as long as that plan."""
        until = [each.until for each in lost if each.has(self.plan, self.head.at)]
        return max([self.head.at + KEPT, *until])


def not_kept_apart_reason(manifest: Manifest, room: int | None) -> str | None:
    """Why a package can't be kept; None if it can. `room`: free bytes, None without limit."""
    takes = max(used_bytes(manifest), stored_bytes(manifest) - HEADERS)
    return f"it takes {takes} bytes, and there is room for {room}" if room is not None and takes > room else None


def not_kept(left_out: LeftOut | None, apart: Head | None) -> int:
    """Bytes of what an ended session could neither save nor keep: there was no room or no time, or its container was
    lost."""
    if left_out is None:
        return 0
    return min(left_out.bytes, left_out.lost_bytes) if apart else left_out.bytes


def expired(packages: Iterable[Package], lost: Sequence[Kept], now: datetime) -> list[Package]:
    return [package for package in packages if package.expires(lost) <= now]


def has_room(used: int, package: Package, limit: int | None) -> bool:
    """Whether the whole package fits into a workspace that takes `used` bytes."""
    most = most_bytes(limit)
    return most is None or used + package.head.bytes <= most
