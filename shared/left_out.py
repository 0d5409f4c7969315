"""What a session has left out of its checkpoints, kept apart when it ended: how long, and how it is brought back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.quota import LONGEST, LeftOut, LeftOutKind, most_bytes, stored_bytes, used_bytes
from shared.returns import RETURNS, TooManyLayers
from shared.snapshots import MOST, MOST_LAYERS, TIERS, Head, Layer, Manifest, Tier

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


def merge(
    head: Manifest | None,
    package: Manifest,
    left_out: LeftOut,
    *,
    workspace: str,
    epoch: int,
    base: str | None,
) -> Manifest:
    """The head with all of the package in it. Raises TooManyLayers.

    A package is no state of a home but things beside one, so its layers come over the head's as deltas, which take
    nothing away. A folder of dependencies takes the place of what the head has there: two versions of one are none.
    """
    layers: list[Layer] = []
    tiers: dict[str, Tier] = {}
    for tier in TIERS:
        ours = [layer for layer in head.layers if layer.tier == tier] if head else []
        theirs = [layer for layer in package.layers if layer.tier == tier]
        first = [layer for layer in ours if layer.only is None]
        added = [replace(layer, kind="delta") for layer in theirs] if ours else theirs
        whole = [
            replace(layer, only=path) for path in _folders(left_out) for layer in theirs if tier == TIERS[-1] and ours
        ]
        layers += [*first, *added, *ours[len(first) :], *whole]
        both = [each.tiers[tier] for each in (head, package) if each and tier in each.tiers]
        if both:
            tiers[tier] = Tier(min(MOST, sum(each.bytes for each in both)), min(MOST, sum(each.files for each in both)))
    if len(layers) > MOST_LAYERS:
        raise TooManyLayers(f"there would be {len(layers)} layers")
    return Manifest(2, workspace, epoch, RETURNS, 0, base, tiers, layers)


def _folders(left_out: LeftOut) -> list[str]:
    """Folders of dependencies whose whole name is told."""
    return [
        entry.path
        for entry in left_out.entries
        if entry.kind == LeftOutKind.DEPENDENCIES
        and entry.kept
        and len(entry.path) < LONGEST
        and "\ufffd" not in entry.path
    ]
