"""Storage quota: what a checkpoint takes of the plan's storage, what it may take, and what a container leaves out."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from shared.billing.plans import FIRST_PLAN, PLANS
from shared.snapshots.checkpoint import Count, Manifest

GRACE = 0.25
"""The part of the plan's limit by which a checkpoint may exceed it, so that the member can notice the warning and
delete files."""
STORED = 3
"""How many times a checkpoint's allowed size its objects may take. Our agent rewrites a tier as a whole before the
layers take more than twice the restored size, and one delta may follow. A container with more lies about sizes."""
NAMED = 5
"""The most large folders and files that a heartbeat names."""
LISTED = 20
"""The most left-out files that a heartbeat names."""
LONGEST = 256
"""Characters of a path in a heartbeat."""

MOST_UPLOADS = 50_000
"""Objects that one session may create. Our agent creates two in 20 s while one tier changes. It creates 20 at the very
most, and reaches the bound after 14 hours of that: two saves (the small tiers, then all), each with three rounds of a
layer for each of three tiers, and a manifest."""
LARGEST_PLAN = max(plan.bytes or 0 for plan in PLANS.values())

Path = Annotated[str, Meta(max_length=LONGEST)]


class StorageState(StrEnum):
    OK = "ok"
    OVER = "over"
    """Over the plan's limit but within the grace: the checkpoint is saved, and the member is warned."""


class Folder(Struct, frozen=True, forbid_unknown_fields=True):
    """A large folder or file of the home. All fields are the container's claim: shown, never trusted."""

    path: Path
    bytes: Count
    dependencies: bool = False
    """All of it is in the tier `deps`: tools can make it again, and so the member may delete it."""


class StorageUse(Struct, frozen=True, kw_only=True):
    """What the newest checkpoint takes, in bytes, and the limit at that time. A `limit` of None means without limit."""

    used: int
    limit: int | None
    largest: list[Folder] = []

    @property
    def state(self) -> StorageState:
        return StorageState.OK if self.limit is None or self.used <= self.limit else StorageState.OVER


class LeftOutKind(StrEnum):
    DEPENDENCIES = "dependencies"
    """A folder that a tool can create again, such as node_modules."""
    FOLDER = "folder"
    """A folder that is useless in part: a git repository, or a database of many files."""
    FILE = "file"


class LeftOutEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """Something in the home that no checkpoint has. `kept`: it is kept separately when the session ends."""

    path: Path
    bytes: Count
    kind: LeftOutKind
    kept: bool


class OwnLeftOut(Struct, frozen=True, forbid_unknown_fields=True):
    """Of what is left out, the member's own: all that no tool makes again."""

    count: Count = 0
    bytes: Count = 0
    lost_bytes: Count = 0


class LeftOut(Struct, frozen=True, forbid_unknown_fields=True):
    """What a container leaves out of its checkpoints, as it claims: shown to the member, and used for nothing else."""

    count: Count
    bytes: Count
    lost_bytes: Count = 0
    """The part of `bytes` that is not kept either, because there is no room."""
    entries: Annotated[list[LeftOutEntry], Meta(max_length=LISTED)] = field(default_factory=list)
    """The largest of the left-out files and folders."""
    own: OwnLeftOut = OwnLeftOut()
    """Without dependencies. No sum of `entries`, which are not all."""


def share_of(limit: int | None, others: int, saved: StorageUse) -> int | None:
    """What a team's storage of `limit` bytes leaves to one workspace, of which `saved` is the newest checkpoint, while
    the `others` take so many bytes. None means without limit.

    It is never less than what is saved within an earlier limit, so that what others save pushes nothing out, and never
    less than the first plan stores.
    """
    if limit is None or not others:
        return limit
    within = saved.used if saved.limit is None else min(saved.used, saved.limit)
    return min(limit, max(limit - others, within, PLANS[FIRST_PLAN].bytes or 0))


def used_bytes(manifest: Manifest) -> int:
    """The size of a restored checkpoint, as the container declares it. This counts against the plan."""
    return sum(tier.bytes for tier in manifest.tiers.values())


def stored_bytes(manifest: Manifest) -> int:
    """What the checkpoint's objects take in the bucket. Their sizes were verified."""
    return sum({layer.name: layer.bytes for layer in manifest.layers}.values())


def most_bytes(limit: int | None) -> int | None:
    """What a checkpoint may take, with the grace."""
    return None if limit is None else int(limit * (1 + GRACE))


def too_large_reason(manifest: Manifest, limit: int | None) -> str | None:
    """Why a checkpoint may not become the head; None if it may. An honest container that knows the limit makes no such
    checkpoint."""
    most = most_bytes(limit)
    if most is None:
        return None
    if used_bytes(manifest) > most:
        return f"it takes {used_bytes(manifest)} bytes, and may take {most}"
    if stored_bytes(manifest) > STORED * most:
        return f"its objects take {stored_bytes(manifest)} bytes, and may take {STORED * most}"
    return None


def too_many_uploads_reason(count: int, bytes: int, limit: int | None, times: float) -> str | None:
    """Why a session's uploads exceed what our agent makes; None if they do not."""
    most = times * (limit or LARGEST_PLAN)
    if count > MOST_UPLOADS:
        return f"there are more than {MOST_UPLOADS} objects"
    return f"its objects take {bytes} bytes, and may take {most:.0f}" if bytes > most else None


def apart_bytes(limit: int | None, times: float, kept: int) -> int | None:
    """Bytes of left-out files that may still be kept, where earlier sessions keep `kept` bytes. None without limit,
    where nothing is left out."""
    return None if limit is None else max(0, int(limit * times) - kept)


def lifting_plan(used: int) -> str | None:
    """The name of the smallest plan on offer that `used` bytes fit into; None if there is none."""
    for name, plan in PLANS.items():
        if plan.bytes is None or used <= plan.bytes:
            return name
    return None
