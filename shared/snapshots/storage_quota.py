"""Storage: what a checkpoint takes of the plan, what it may take, and what a container says it has left out of it."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from shared.billing.plans import PLANS
from shared.snapshots.checkpoint import Count, Head, Manifest

GRACE = 0.25
"""How far over the plan's limit a checkpoint may be: enough to notice the warning and to tidy up."""
STORED = 3
"""How many times what a checkpoint may take its objects may have. A container of ours writes a tier whole before its
layers have more than twice what a restore brings, and one delta may come on top: who stores more lies about sizes."""
NAMED = 5
"""A heartbeat names at most so many large folders and files."""
LISTED = 20
"""And so many of those that are left out."""
LONGEST = 256
"""Characters of a path in a heartbeat."""

MOST_UPLOADS = 50_000
"""Objects that one session may create. A container of ours makes two in 20 s where one tier changes. At the very most
it makes 20, and so many in 14 hours: two saves, what is small before what is large, each of three rounds with a layer
for each of three tiers, and a manifest."""
LARGEST_PLAN = max(plan.bytes or 0 for plan in PLANS.values())

Path = Annotated[str, Meta(max_length=LONGEST)]


class StorageState(StrEnum):
    OK = "ok"
    OVER = "over"
    """Over the plan's limit: within the grace it is saved all the same, and the member is warned."""


class Folder(Struct, frozen=True, forbid_unknown_fields=True):
    """A large folder or file of the home, as its container says: text of the member's, shown and never believed."""

    path: Path
    bytes: Count


class StorageUse(Struct, frozen=True, kw_only=True):
    """What the newest checkpoint took, in bytes, of the limit that there was. `limit` None is without limit."""

    used: int
    limit: int | None
    largest: list[Folder] = []

    @property
    def state(self) -> StorageState:
        return StorageState.OK if self.limit is None or self.used <= self.limit else StorageState.OVER


class LeftOutKind(StrEnum):
    DEPENDENCIES = "dependencies"
    """A folder that a tool can fill again, such as node_modules."""
    FOLDER = "folder"
    """One that is worth nothing in part: a git repository, or a database of many files."""
    FILE = "file"


class LeftOutEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is in the home and in no checkpoint. `kept`: it is kept apart when the session ends."""

    path: Path
    bytes: Count
    kind: LeftOutKind
    kept: bool


class LeftOut(Struct, frozen=True, forbid_unknown_fields=True):
    """What a container leaves out of its checkpoints, as it says: shown to its member, and believed in nothing else."""

    count: Count
    bytes: Count
    lost_bytes: Count = 0
    """Of these, what is not even kept apart: there is no room for it."""
    entries: Annotated[list[LeftOutEntry], Meta(max_length=LISTED)] = field(default_factory=list)
    """The largest of them."""


def used_bytes(manifest: Manifest) -> int:
    """What a checkpoint counts as: what a restore of it brings, as its container says."""
    return sum(tier.bytes for tier in manifest.tiers.values())


def stored_bytes(manifest: Manifest) -> int:
    """What its objects take in the bucket. Their sizes were looked at."""
    return sum({layer.name: layer.bytes for layer in manifest.layers}.values())


def most_bytes(limit: int | None) -> int | None:
    """What a checkpoint may take, with the grace."""
    return None if limit is None else int(limit * (1 + GRACE))


def why_too_large(manifest: Manifest, limit: int | None) -> str | None:
    """Why a checkpoint may not become the head: an honest container makes none of these once it knows the limit."""
    most = most_bytes(limit)
    if most is None:
        return None
    if used_bytes(manifest) > most:
        return f"it takes {used_bytes(manifest)} bytes, and may take {most}"
    if stored_bytes(manifest) > STORED * most:
        return f"its objects take {stored_bytes(manifest)} bytes, and may take {STORED * most}"
    return None


def why_too_many_uploads(count: int, bytes: int, limit: int | None, times: float) -> str | None:
    """Why a session's uploads are more than a container of ours makes; None if they are not."""
    most = times * (limit or LARGEST_PLAN)
    if count > MOST_UPLOADS:
        return f"there are more than {MOST_UPLOADS} objects"
    return f"its objects take {bytes} bytes, and may take {most:.0f}" if bytes > most else None


def apart_bytes(limit: int | None, times: float, kept: int) -> int | None:
    """How many bytes more may be kept apart, where `kept` are by earlier sessions. None without limit, where nothing is
    left out."""
    return None if limit is None else max(0, int(limit * times) - kept)


def newest_use(storage: StorageUse | None, head: Head | None) -> StorageUse:
    """As the newest checkpoint was found; before the first, what is there without a word of the limit."""
    return storage or StorageUse(used=head.bytes if head else 0, limit=None)


def lifting_plan(used: int) -> str | None:
    """The smallest plan on offer, by name, that `used` bytes fit into."""
    for name, plan in PLANS.items():
        if plan.bytes is None or used <= plan.bytes:
            return name
    return None
