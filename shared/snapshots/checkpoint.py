"""Names in the bucket, the manifest, and what must be true of a checkpoint before a head may point at it.

The bytes are the slot's business: `workspace-image/agent` writes them. docs/snapshot-format.md has every field.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

MANIFEST_VERSION = 2
MANIFEST_BYTES = 64 * 1024
"""What is larger than this was not written by our agent."""
FIRST_BYTES = 1 << 20
"""Up to this size a layer is worth asking for before one knows whether it is what was saved."""
MOST_LAYERS = 64
MOST_INCONSISTENT = 20
"""Files that a manifest names as not consistent."""
TIERS = ("boot", "work", "deps")
"""In the order of restoring. A slot restores these and no others."""

MOST = 2**53
Count = Annotated[int, Meta(ge=0, le=MOST)]
"""A number as it comes from outside: what JSON and Firestore both hold exactly."""
SnapshotId = Annotated[str, Meta(pattern=r"^[0-9]{1,16}-[a-z0-9]{1,32}-[a-z0-9]{1,32}\Z")]
"""A snapshot's id as it comes from outside."""
_OWN = "[0-9]{1,16}-[a-z0-9]{1,32}"
"""What a container's objects lie below, in the workspace's: bounded, for the storage takes no name of any length."""
Kind = Literal["whole", "delta"]


class Layer(Struct, frozen=True, forbid_unknown_fields=True):
    """One immutable object: a tier of the home, or what changed in it, as `tar.zst`. docs/snapshot-format.md."""

    tier: str
    kind: Kind
    name: str
    sha256: str
    bytes: Count
    stream: Count
    entries: Count
    logical_bytes: Count
    only: str | None = None


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """What a restore of a tier brings."""

    bytes: Count
    files: Count


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a snapshot consists of, in the order of restoring. `base` is the id of the snapshot before it."""

    version: int
    workspace: str
    epoch: Count
    boot: str
    seq: Count
    base: str | None
    tiers: dict[str, Tier]
    layers: list[Layer]
    inconsistent: Annotated[list[str], Meta(max_length=MOST_INCONSISTENT)] = []
    """Files that are not as they were at the one moment that all others are of."""


class Checkpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """A checkpoint as a heartbeat declares it. `bytes` and `files` are sums over the tiers."""

    seq: Count
    manifest: str
    sha256: str
    bytes: Count
    files: Count


LONGEST_NAMED = 256
"""Characters of a path that a snapshot tells of."""
NAMED_CHANGES = 5
"""Paths that a snapshot tells of."""


class ChangedPath(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the member's files, by its path in the home, and what was done to it. A container's word: only shown."""

    path: Annotated[str, Meta(max_length=LONGEST_NAMED)]
    how: Literal["added", "changed", "removed"]


class Changes(Struct, frozen=True, forbid_unknown_fields=True):
    """What of the member's changed with a snapshot: how many files, and a few of them by name."""

    added: Count
    changed: Count
    removed: Count
    paths: Annotated[list[ChangedPath], Meta(max_length=NAMED_CHANGES)]


def summed(before: Changes | None, after: Changes | None) -> Changes | None:
    """Both as one; None if one of them is not known. A path is told as it was changed last."""
    if before is None or after is None:
        return None
    paths = {each.path: each for each in (*before.paths, *after.paths)}
    return Changes(
        added=min(MOST, before.added + after.added),
        changed=min(MOST, before.changed + after.changed),
        removed=min(MOST, before.removed + after.removed),
        paths=[*paths.values()][-NAMED_CHANGES:],
    )


class Head(Struct, frozen=True):
    """The pointer to a workspace's current snapshot."""

    snapshot: str
    manifest: str
    sha256: str
    bytes: int
    files: int
    at: datetime
    first: list[str] = []
    """The boot tier's small layers: a container asks for them together with the manifest, which says what they must
    be."""


class Snapshot(Struct, frozen=True, kw_only=True):
    """`workspaces/{wid}/snapshots/{epoch-boot-seq}`: a checkpoint that was committed, and by which session."""

    sid: str | None
    """None when the control plane composed it."""
    head: Head
    returned: str | None = None
    """The path that it brought back, if that is what it was made for."""
    final: bool = False
    """A session ended with it, by a clean stop."""
    changes: Changes | None = None
    """Since the snapshot before it; None if nobody knows."""


def is_committed(checkpoint: Checkpoint, head: Head | None, *, epoch: int, boot: str) -> bool:
    """Whether the container's own checkpoint, or a later one of it, is the head already: an old one changes nothing."""
    return head is not None and is_by(head, epoch=epoch, boot=boot) and checkpoint.seq <= int(_seq(head))


def is_by(head: Head, *, epoch: int, boot: str) -> bool:
    """Whether this container made it."""
    return head.snapshot.rpartition("-")[0] == f"{epoch}-{boot}"


def _seq(head: Head) -> str:
    return head.snapshot.rpartition("-")[2]


class CheckpointRefused(Exception):
    """The manifest does not hold what the heartbeat or the protocol says."""


def workspace_prefix(wid: str) -> str:
    """Where a workspace's objects are; a slot may read here."""
    return f"workspaces/{wid}/"


def exports_prefix(wid: str) -> str:
    """Where whole homes of a workspace are put together for download; no slot may read here."""
    return f"exports/{wid}/"


def boot_prefix(wid: str, epoch: int, boot: str) -> str:
    """Where one container may create objects."""
    return f"workspaces/{wid}/{epoch}-{boot}/"


def manifest_name(wid: str, epoch: int, boot: str, seq: int) -> str:
    return f"{boot_prefix(wid, epoch, boot)}{seq}.manifest.json"


def snapshot_id(epoch: int, boot: str, seq: int) -> str:
    return f"{epoch}-{boot}-{seq}"


def read_manifest(content: bytes, checkpoint: Checkpoint, *, wid: str, epoch: int, boot: str) -> Manifest:
    """The manifest behind a declared checkpoint. Raises CheckpointRefused, which says what is wrong with it."""
    manifest = parse_manifest(content)
    if (manifest.workspace, manifest.epoch, manifest.boot, manifest.seq) != (wid, epoch, boot, checkpoint.seq):
        raise CheckpointRefused("the manifest is another checkpoint's")
    for layer in manifest.layers:
        # the whole name: one that begins well may still lead elsewhere, where somebody takes ".." for a step up
        if not re.fullmatch(rf"{workspace_prefix(wid)}{_OWN}/[0-9]{{1,16}}-{layer.tier}\.tar\.zst", layer.name):
            raise CheckpointRefused(f"layer {layer.tier} does not lie where the workspace's layers are")
    if sum(tier.bytes for tier in manifest.tiers.values()) != checkpoint.bytes:
        raise CheckpointRefused("the bytes do not add up")
    if sum(tier.files for tier in manifest.tiers.values()) != checkpoint.files:
        raise CheckpointRefused("the files do not add up")
    return manifest


def parse_manifest(content: bytes) -> Manifest:
    """A manifest of whoever's, its layers in order. Raises CheckpointRefused."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise CheckpointRefused(f"the manifest does not parse: {e}") from e
    if manifest.version != MANIFEST_VERSION:
        raise CheckpointRefused(f"manifest version {manifest.version} is not {MANIFEST_VERSION}")
    _check_order(manifest)
    return manifest


def new_layers(manifest: Manifest, known: Iterable[Layer], *, wid: str, epoch: int, boot: str) -> list[Layer]:
    """The layers that this container adds to the `known` ones, which were verified before and are taken as they are.

    Raises CheckpointRefused for a known one that is told otherwise, for one that is neither known nor this
    container's, and for a new one of a single path: only the control plane brings paths back.
    """
    verified = set(known)  # an object may stand twice: as a whole layer, and for a path that was brought back
    names = {layer.name for layer in verified}
    new = []
    for layer in manifest.layers:
        if layer in verified:
            continue
        if layer.name in names:
            raise CheckpointRefused(f"layer {layer.name} was verified as another one")
        if not layer.name.startswith(boot_prefix(wid, epoch, boot)):
            raise CheckpointRefused(f"layer {layer.name} is neither new nor of the snapshot before")
        if layer.only is not None:
            raise CheckpointRefused(f"layer {layer.name} is new and stands for a single path")
        new.append(layer)
    return new


def _check_order(manifest: Manifest) -> None:
    """Each layer is looked up in the storage, so there must not be any number of them."""
    if len(manifest.layers) > MOST_LAYERS:
        raise CheckpointRefused(f"there are more than {MOST_LAYERS} layers")
    tiers = [layer.tier for layer in manifest.layers]
    if set(manifest.tiers) - {*TIERS} or set(tiers) - {*manifest.tiers}:
        raise CheckpointRefused(f"the tiers are not among {', '.join(TIERS)}, or not all of the layers' are counted")
    if tiers != sorted(tiers, key=TIERS.index):
        raise CheckpointRefused(f"the layers do not stand in the order {', '.join(TIERS)}")
    before: dict[str, Layer] = {}
    for layer in manifest.layers:
        previous = before.get(layer.tier)
        before[layer.tier] = layer
        if layer.kind == "delta" and (previous is None or previous.only != layer.only):
            raise CheckpointRefused(f"a delta of {layer.tier} changes nothing that is there")
        if layer.kind == "whole" and (previous is None) != (layer.only is None):
            raise CheckpointRefused(f"{layer.tier} does not begin with all of it, or begins twice")


def chains(layers: Iterable[Layer]) -> list[list[Layer]]:
    """A tier's layers: each whole one with the deltas after it."""
    found: list[list[Layer]] = []
    for layer in layers:
        if layer.kind == "whole":
            found.append([])
        found[-1].append(layer)
    return found


def check_sizes(layers: Iterable[Layer], sizes: Mapping[str, int | None]) -> None:
    """`sizes`: the objects' real sizes by name, None for an absent one. Raises CheckpointRefused on a difference."""
    for layer in layers:
        size = sizes.get(layer.name)
        if size is None:
            raise CheckpointRefused(f"layer {layer.tier} is absent")
        if size != layer.bytes:
            raise CheckpointRefused(f"layer {layer.tier} has {size} bytes and declares {layer.bytes}")


def first_layers(manifest: Manifest) -> list[str]:
    """What a head tells ahead of its manifest."""
    return [layer.name for layer in manifest.layers if layer.tier == TIERS[0] and layer.bytes <= FIRST_BYTES]


def head_of(checkpoint: Checkpoint, manifest: Manifest, *, epoch: int, boot: str, now: datetime) -> Head:
    """The head that a verified checkpoint becomes."""
    return Head(
        snapshot=snapshot_id(epoch, boot, checkpoint.seq),
        manifest=checkpoint.manifest,
        sha256=checkpoint.sha256,
        bytes=checkpoint.bytes,
        files=checkpoint.files,
        at=now,
        first=first_layers(manifest),
    )
