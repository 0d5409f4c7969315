"""Storage: what a checkpoint takes of the plan, whether it may become the head, and what to tell the member."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from shared.plans import GB, MB, PLANS
from shared.snapshots import Count, Head, Manifest

GRACE = 0.25
"""How far over the plan's limit the head still moves: enough to notice the warning and to tidy up."""
NAMED = 5
"""A heartbeat names at most so many large folders."""
SHOWN = 60
"""Characters of a folder's name that are shown."""


class StorageState(StrEnum):
    OK = "ok"
    OVER = "over"
    """Over the limit and within the grace: saved, and the member is warned."""
    REFUSED = "refused"
    """Past the grace: the newest checkpoint is kept for download, and the head stays."""


class Folder(Struct, frozen=True, forbid_unknown_fields=True):
    """A large folder of the home, as its container says: text of the member's, believed in nothing but this advice."""

    path: Annotated[str, Meta(max_length=256)]
    bytes: Count


class StorageUse(Struct, frozen=True, kw_only=True):
    """What the newest checkpoint took, in bytes, and what was decided about it. `limit` None is without limit."""

    state: StorageState
    used: int
    limit: int | None
    largest: list[Folder] = []


def used_bytes(manifest: Manifest) -> int:
    """What a checkpoint counts as: the larger of what it says to hold and what its objects really take.

    A container may declare its files as small as it likes, but its objects were looked at.
    """
    stored = {layer.name: layer.bytes for layer in manifest.layers}
    return max(sum(tier.bytes for tier in manifest.tiers.values()), sum(stored.values()))


def decide_storage(used: int, limit: int | None, largest: list[Folder] | None = None) -> StorageUse:
    """Whether `used` bytes fit into `limit`, or into its grace."""
    if limit is None or used <= limit:
        state = StorageState.OK
    else:
        state = StorageState.OVER if used <= grace_bytes(limit) else StorageState.REFUSED
    return StorageUse(state=state, used=used, limit=limit, largest=largest or [])


def newest_use(storage: StorageUse | None, head: Head | None) -> StorageUse:
    """As the newest checkpoint was found; before the first, what is there without a word of the limit."""
    return storage or decide_storage(head.bytes if head else 0, None)


def grace_bytes(limit: int) -> int:
    """Up to where the head moves."""
    return int(limit * (1 + GRACE))


def lifting_plan(used: int) -> str | None:
    """The smallest plan on offer, by name, that `used` bytes fit into."""
    for name, plan in PLANS.items():
        if plan.bytes is None or used <= plan.bytes:
            return name
    return None


def advice(use: StorageUse) -> str | None:
    """What happened to the newest changes, exactly how much to delete, where it lies, and which plan lifts it."""
    if use.state == StorageState.OK or use.limit is None:
        return None
    over = use.used - use.limit
    if use.state == StorageState.OVER:
        said = f"Your files take {size(use.used)}; your plan holds {size(use.limit)}."
        said += f" They are still saved up to {size(grace_bytes(use.limit))}."
    else:
        said = f"Your newest changes are not part of your workspace: {size(use.used)} are more than your plan's"
        said += f" {size(use.limit)}. They are kept for you to download."
    said += f" Delete at least {over:,} bytes"
    if use.largest:
        said += f" (the largest folders: {', '.join(_named(folder) for folder in use.largest[:NAMED])})"
    plan = lifting_plan(use.used)
    return f"{said}, or take the plan {PLANS[plan].title}." if plan else f"{said}."


def size(count: int) -> str:
    """Bytes for people: 100 MB, 1.2 GB."""
    if count >= GB:
        return f"{count / GB:.1f} GB"
    return f"{count / MB:.1f} MB" if count >= MB else f"{count:,} bytes"


def _named(folder: Folder) -> str:
    """Without what could change how the text around it is read."""
    path = "".join(sign if sign.isprintable() else "?" for sign in folder.path)
    return f"{path[:SHOWN]}{'…' * (len(path) > SHOWN)} {size(folder.bytes)}"
