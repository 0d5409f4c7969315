"""Bringing back: a manifest of the head's layers and, over them, one path as an older snapshot had it, or all that a
session has left out.

No bytes are copied. docs/snapshot-format.md says what `only` means.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.snapshots.checkpoint import (
    LONGEST_NAMED,
    MANIFEST_BYTES,
    MOST,
    MOST_LAYERS,
    TIERS,
    ChangedPath,
    Changes,
    CheckpointRefused,
    Layer,
    Manifest,
    Tier,
    chains,
    parse_manifest,
    workspace_prefix,
)
from shared.snapshots.merged_archive import At
from shared.snapshots.storage_quota import LONGEST, LeftOut, LeftOutKind

RETURNS = "returns"
"""Stands for the boot in a manifest that the control plane wrote."""
PATH_BYTES = 4096
NOTHING = Tier(0, 0)


class BadPath(Exception):
    """It is no path below a home."""


class TooManyLayers(Exception):
    """The composed manifest would have more layers than one may have."""


def check_path(path: str) -> str:
    """The path without a slash at its ends. Raises BadPath for one that leads elsewhere, or nowhere."""
    cleaned = path.strip("/") if path != "/" else ""
    if path.startswith("/") or any(part in ("", ".", "..") for part in cleaned.split("/")):
        raise BadPath("it must be relative to the home, without '.' and '..'")
    if "\0" in cleaned or len(cleaned.encode()) > PATH_BYTES:
        raise BadPath(f"it must have no NUL and at most {PATH_BYTES} bytes")
    return cleaned


def return_name(wid: str, snapshot: str) -> str:
    """Where the manifest of a snapshot that the control plane composed lies."""
    return f"{workspace_prefix(wid)}{RETURNS}/{snapshot.rpartition('-')[2]}.manifest.json"


def return_id(epoch: int, name: str) -> str:
    """The snapshot's id. `name` is random: no container's boot and seq look like it."""
    return f"{epoch}-{RETURNS}-{name}"


def empty_name(wid: str, number: int, tier: str) -> str:
    """Where a layer with nothing in it lies. No container's epoch is 0."""
    return f"{workspace_prefix(wid)}0-{RETURNS}/{number}-{tier}.tar.zst"


def compose(
    head: Manifest,
    old: Manifest,
    path: str,
    *,
    epoch: int,
    base: str | None,
    empty: Callable[[str], Layer],
    at: Mapping[str, tuple[Tier, Tier]] | None = None,
) -> Manifest:
    """`head` with `path` as it was in `old`. Raises TooManyLayers.

    `at`: what each tier that differs has at the path in the head and in the old snapshot; None if nobody has counted.

    A tier that is the same in both stays as it is. In any other, what the head has at the path is taken away, also
    when the old snapshot has nothing there in that tier: a file may have moved from one to another. `empty` gives a
    layer of a tier that holds nothing. Without a count a tier's `bytes` and `files` are the sums of both: what comes
    back may replace something or not. What a container declared may be as much as a number holds: the sums end there.
    """
    layers: list[Layer] = []
    tiers: dict[str, Tier] = {}
    for tier in TIERS:
        ours, theirs = _of(head, tier), _of(old, tier)
        if ours == theirs:
            layers += ours
            if tier in head.tiers:
                tiers[tier] = head.tiers[tier]
            continue
        brought = _at(theirs, path) or [replace(empty(tier), only=path)]
        layers += [*(ours or [empty(tier)]), *brought]
        tiers[tier] = _sums(
            head.tiers.get(tier, NOTHING), old.tiers.get(tier, NOTHING), None if at is None else at[tier]
        )
    if len(layers) > MOST_LAYERS:
        raise TooManyLayers(f"there would be {len(layers)} layers")
    return Manifest(2, head.workspace, epoch, RETURNS, 0, base, tiers, layers)


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
    nothing away. A folder that goes whole takes the place of what the head has there: two versions of one are none.
    """
    layers: list[Layer] = []
    tiers: dict[str, Tier] = {}
    for tier in TIERS:
        ours = [layer for layer in head.layers if layer.tier == tier] if head else []
        theirs = [layer for layer in package.layers if layer.tier == tier]
        first = [layer for layer in ours if layer.only is None]
        added = [replace(layer, kind="delta") for layer in theirs] if ours else theirs
        whole = [replace(layer, only=path) for path in _folders(left_out, tier) for layer in theirs if ours]
        layers += [*first, *added, *ours[len(first) :], *whole]
        both = [each.tiers[tier] for each in (head, package) if each and tier in each.tiers]
        if both:
            tiers[tier] = Tier(min(MOST, sum(each.bytes for each in both)), min(MOST, sum(each.files for each in both)))
    if len(layers) > MOST_LAYERS:
        raise TooManyLayers(f"there would be {len(layers)} layers")
    return Manifest(2, workspace, epoch, RETURNS, 0, base, tiers, layers)


class Counted(Struct, frozen=True):
    """What the head and an older one have at a path, in each tier that differs, and what bringing it back changes."""

    tiers: dict[str, tuple[Tier, Tier]]
    changes: Changes


def count(path: str, head: Mapping[str, Mapping[int, At]], old: Mapping[str, Mapping[int, At]]) -> Counted:
    """What both have at the path, by tier."""
    ours = {name: each for tier in head.values() for name, each in tier.items() if not each.is_folder}
    theirs = {name: each for tier in old.values() for name, each in tier.items() if not each.is_folder}
    changed = sum(1 for name in ours.keys() & theirs.keys() if ours[name] != theirs[name])
    how: Literal["added", "changed"] = "changed" if any(head.values()) else "added"
    changes = Changes(
        added=len(theirs.keys() - ours.keys()),
        changed=changed,
        removed=len(ours.keys() - theirs.keys()),
        paths=[ChangedPath(path, how)] if len(path) <= LONGEST_NAMED else [],
    )
    return Counted({tier: (_sum(head[tier]), _sum(old[tier])) for tier in head}, changes)


def _sum(found: Mapping[int, At]) -> Tier:
    return Tier(min(MOST, sum(each.size for each in found.values())), len(found))


def differing(head: Manifest, old: Manifest) -> list[str]:
    """The tiers that bringing a path back changes."""
    return [tier for tier in TIERS if _of(head, tier) != _of(old, tier)]


def _sums(head: Tier, old: Tier, at: tuple[Tier, Tier] | None) -> Tier:
    """What the tier holds with the path of the old one in place of the head's; without a count no less than that."""
    if at is None:
        return Tier(min(MOST, head.bytes + old.bytes), min(MOST, head.files + old.files))
    ours, theirs = at
    return Tier(
        min(MOST, max(0, head.bytes - ours.bytes) + theirs.bytes),
        min(MOST, max(0, head.files - ours.files) + theirs.files),
    )


def encode(manifest: Manifest) -> bytes:
    """A composed manifest as it is stored. Raises CheckpointRefused for one that nobody could read again: a snapshot
    that can't be read keeps its workspace from ever being tidied."""
    content = msgspec.json.encode(manifest)
    if len(content) > MANIFEST_BYTES:
        raise CheckpointRefused("its manifest is too long")
    parse_manifest(content)
    return content


def _at(layers: list[Layer], path: str) -> list[Layer]:
    """The chains, each for as much of `path` as it stands for."""
    found = []
    for chain in chains(layers):
        only = _common(chain[0].only, path)
        if only is not None:
            found += [replace(layer, only=only) for layer in chain]
    return found


def _common(only: str | None, path: str) -> str | None:
    """The lower of two paths of which one lies at or below the other; None of others."""
    if only is None or path == only or path.startswith(only + "/"):
        return path
    return only if only.startswith(path + "/") else None


def _of(manifest: Manifest, tier: str) -> list[Layer]:
    return [layer for layer in manifest.layers if layer.tier == tier]


_WHOLE = {"work": LeftOutKind.FOLDER, "deps": LeftOutKind.DEPENDENCIES}


def _folders(left_out: LeftOut, tier: str) -> list[str]:
    """Of a tier, those that were left out as a whole, and whose whole name is told."""
    return [
        entry.path
        for entry in left_out.entries
        if entry.kind == _WHOLE.get(tier) and entry.kept and len(entry.path) < LONGEST and "\ufffd" not in entry.path
    ]
