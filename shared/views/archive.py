"""A home as an archive to download, as it is sent."""

from msgspec import Struct

from shared.snapshots.checkpoint import Count, SnapshotId
from shared.views.units import Url


class Making(Struct):
    """The archive is being packed."""

    snapshot: SnapshotId


class Ready(Struct):
    """The archive's URL. Everybody who has the URL can download the archive."""

    snapshot: SnapshotId
    url: Url
    expires: float
    inconsistent: list[str]
    """Files in it that were being written when they were saved, and may be damaged; at most twenty by name."""
    inconsistent_unnamed: Count
    """How many more of such files there may be in it, at most."""
