"""A workspace's history as its member is shown it: snapshots, and left-out files that are kept."""

from collections.abc import Sequence

from msgspec import Struct

from shared.billing.kept_plan import Kept
from shared.snapshots.checkpoint import Changes, Count, Head, Snapshot, SnapshotId
from shared.snapshots.left_out import Package
from shared.snapshots.storage_quota import LeftOut


class SnapshotView(Struct):
    snapshot: SnapshotId
    at: float
    bytes: Count
    files: Count
    current: bool
    final: bool
    """A session ended with this snapshot, by a clean stop."""
    returned: str | None
    """The path that this snapshot restored."""
    changes: Changes | None
    """How many of the member's files changed since the previous snapshot, and a few of them; None if unknown."""
    inconsistent: list[str]
    """Files that were being written when they were saved, and may be damaged; at most twenty by name."""
    inconsistent_unnamed: Count
    """How many more of such files there may be, at most."""


class LeftOutView(Struct):
    """Files that a session has left out of its snapshots, and that are kept."""

    snapshot: SnapshotId
    at: float
    expires: float
    bytes: Count
    fits: bool
    """Whether the plan's storage has room for all of them."""
    left_out: LeftOut
    inconsistent: list[str]
    inconsistent_unnamed: Count
    """As those of a snapshot."""


def snapshot_view(snapshot: Snapshot, current: Head | None) -> SnapshotView:
    """`current`: the head of the workspace, or of its open session."""
    head = snapshot.head
    return SnapshotView(
        snapshot=head.snapshot,
        at=head.at.timestamp(),
        bytes=head.bytes,
        files=head.files,
        current=current is not None and head.snapshot == current.snapshot,
        final=snapshot.final,
        returned=snapshot.returned,
        changes=snapshot.changes,
        inconsistent=head.inconsistent,
        inconsistent_unnamed=head.inconsistent_unnamed,
    )


def left_out_view(package: Package, lost: Sequence[Kept], *, has_room: bool) -> LeftOutView:
    """`lost`: the lost plans of whoever has left the files out. `has_room`: whether the plan has, for all of them."""
    return LeftOutView(
        snapshot=package.head.snapshot,
        at=package.head.at.timestamp(),
        expires=package.expires(lost).timestamp(),
        bytes=package.head.bytes,
        fits=has_room,
        left_out=package.left_out,
        inconsistent=package.head.inconsistent,
        inconsistent_unnamed=package.head.inconsistent_unnamed,
    )
