"""Restoring a path: a manifest of the head's layers with one path as an older snapshot had it, or with a session's
left-out files.

No bytes are copied. docs/snapshot-format.md describes `only`.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.snapshots.checkpoint import (
    LONGEST_INCONSISTENT,
    MANIFEST_BYTES,
    MOST,
    MOST_INCONSISTENT,
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
from shared.snapshots.format.changes import LONGEST_NAMED
from shared.snapshots.path_lookup import At
from shared.snapshots.storage_quota import LONGEST, LeftOut, LeftOutKind

RETURNS = "returns"
"""Stands in place of the boot id in a manifest that the control plane wrote."""
PATH_BYTES = 4096
NOTHING = Tier(0, 0)


class BadPath(Exception):
    """The text is not a path below a home."""


class TooManyLayers(Exception):
    """The composed manifest would have more layers than a manifest may have."""


def check_path(path: str) -> str:
    """The path without leading and trailing slashes. Raises BadPath unless it is a path below a home."""
    cleaned = path.strip("/") if path != "/" else ""
    if path.startswith("/") or any(part in ("", ".", "..") for part in cleaned.split("/")):
        raise BadPath("it must be relative to the home, without '.' and '..'")
    if "\0" in cleaned or len(cleaned.encode()) > PATH_BYTES:
        raise BadPath(f"it must have no NUL and at most {PATH_BYTES} bytes")
    return cleaned


def return_name(wid: str, snapshot: str) -> str:
    """Where the manifest of a composed snapshot lies."""
    return f"{workspace_prefix(wid)}{RETURNS}/{snapshot.rpartition('-')[2]}.manifest.json"


def return_id(epoch: int, name: str) -> str:
    """A composed snapshot's id. `name` is random, so that no container's id is equal."""
    return f"{epoch}-{RETURNS}-{name}"


def empty_name(wid: str, number: int, tier: str) -> str:
    """Where a layer without entries lies. No container has the epoch 0."""
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

    `at`: what the head and the old snapshot have at the path, for each tier that differs; None if it was not counted.

    A tier that is equal in both stays as it is. In any other tier the head's entries at the path are removed, also if
    the old snapshot has none there: a file may have moved to another tier. `empty` gives a layer without entries for a
    tier. Without a count, a tier's `bytes` and `files` are the sums of both snapshots, an upper bound. Sums are capped
    at the largest valid number, because a container may have declared anything. Files at the path are inconsistent as
    they were in `old`, all others as they are in the head. Those without a name may be anywhere, and are counted from
    both.
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
    staying = [name for name in head.inconsistent if not _is_at(name, path)]
    names = _distinct(inconsistent_at(old.inconsistent, path), staying)
    return Manifest(2, head.workspace, epoch, RETURNS, 0, base, tiers, layers, *_named(names, head, old))


def inconsistent_at(names: Iterable[str], path: str) -> list[str]:
    """Those of a snapshot's inconsistent files that lie at `path`. The name of one may be cut, and is taken for one if
    the path goes on where it ends."""
    return [
        name for name in names if _is_at(name, path) or (len(name) == LONGEST_INCONSISTENT and path.startswith(name))
    ]


def _is_at(name: str, path: str) -> bool:
    return name == path or name.startswith(path + "/")


def _distinct(*names: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(chain(*names))]


def _named(names: list[str], *origins: Manifest) -> tuple[list[str], int]:
    """No more names than a manifest may have, and how many other inconsistent files there may be. The `origins` may
    have some without a name."""
    unnamed = len(names[MOST_INCONSISTENT:]) + sum(each.inconsistent_unnamed for each in origins)
    return names[:MOST_INCONSISTENT], min(MOST, unnamed)


def merge(
    head: Manifest | None,
    package: Manifest,
    left_out: LeftOut,
    *,
    workspace: str,
    epoch: int,
    base: str | None,
) -> Manifest:
    """The head with all of the package's files. Raises TooManyLayers.

    The package's layers follow the head's as deltas that remove nothing. A folder that was left out as a whole replaces
    the head's folder: a mixture of two versions would be useless. The inconsistent files of both are named: the package
    may not have replaced the head's.
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
    names = _distinct(package.inconsistent, head.inconsistent if head else [])
    named = _named(names, package, *([head] if head else []))
    return Manifest(2, workspace, epoch, RETURNS, 0, base, tiers, layers, *named)


class Counted(Struct, frozen=True):
    """What the head and an older snapshot have at a path, for each tier that differs, and the changes of restoring
    it."""

    tiers: dict[str, tuple[Tier, Tier]]
    changes: Changes
    is_same: bool
    """Restoring the path would change nothing, folders neither."""


def count(path: str, head: Mapping[str, Mapping[int, At]], old: Mapping[str, Mapping[int, At]]) -> Counted:
    """Counts what both snapshots have at the path, by tier."""
    all_ours = {name: each for tier in head.values() for name, each in tier.items()}
    all_theirs = {name: each for tier in old.values() for name, each in tier.items()}
    ours = {name: each for name, each in all_ours.items() if not each.is_folder}
    theirs = {name: each for name, each in all_theirs.items() if not each.is_folder}
    changed = sum(1 for name in ours.keys() & theirs.keys() if ours[name] != theirs[name])
    how: Literal["added", "changed"] = "changed" if any(head.values()) else "added"
    changes = Changes(
        added=len(theirs.keys() - ours.keys()),
        changed=changed,
        removed=len(ours.keys() - theirs.keys()),
        paths=[ChangedPath(path, how)] if len(path) <= LONGEST_NAMED else [],
    )
    tiers = {tier: (_sum(head[tier]), _sum(old[tier])) for tier in head}
    return Counted(tiers, changes, is_same=all_ours == all_theirs)


def _sum(entries: Mapping[int, At]) -> Tier:
    return Tier(min(MOST, sum(each.size for each in entries.values())), len(entries))


def differing(head: Manifest, old: Manifest) -> list[str]:
    """The tiers that restoring a path changes."""
    return [tier for tier in TIERS if _of(head, tier) != _of(old, tier)]


def _sums(head: Tier, old: Tier, at: tuple[Tier, Tier] | None) -> Tier:
    """The size of a tier in which the old snapshot's path replaces the head's; without a count an upper bound."""
    if at is None:
        return Tier(min(MOST, head.bytes + old.bytes), min(MOST, head.files + old.files))
    ours, theirs = at
    return Tier(
        min(MOST, max(0, head.bytes - ours.bytes) + theirs.bytes),
        min(MOST, max(0, head.files - ours.files) + theirs.files),
    )


def encode(manifest: Manifest) -> bytes:
    """A composed manifest as it is stored. Raises CheckpointRefused if the manifest could not be read again: an
    unreadable snapshot would stop the tidying of its workspace for ever."""
    content = msgspec.json.encode(manifest)
    if len(content) > MANIFEST_BYTES:
        raise CheckpointRefused("its manifest is too long")
    parse_manifest(content)
    return content


def _at(layers: list[Layer], path: str) -> list[Layer]:
    """The chains of layers, each limited to its part of `path`."""
    limited = []
    for group in chains(layers):
        only = _common(group[0].only, path)
        if only is not None:
            limited += [replace(layer, only=only) for layer in group]
    return limited


def _common(only: str | None, path: str) -> str | None:
    """The longer of two paths if one is at or below the other; None otherwise."""
    if only is None or path == only or path.startswith(only + "/"):
        return path
    return only if only.startswith(path + "/") else None


def _of(manifest: Manifest, tier: str) -> list[Layer]:
    return [layer for layer in manifest.layers if layer.tier == tier]


_WHOLE = {"work": LeftOutKind.FOLDER, "deps": LeftOutKind.DEPENDENCIES}


def _folders(left_out: LeftOut, tier: str) -> list[str]:
    """The folders of a tier that were left out as a whole, and whose full name is known."""
    return [
        entry.path
        for entry in left_out.entries
        if entry.kind == _WHOLE.get(tier) and entry.kept and len(entry.path) < LONGEST and "\ufffd" not in entry.path
    ]
