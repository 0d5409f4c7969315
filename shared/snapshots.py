"""Names in the bucket, the manifest, and what must be true of a checkpoint before a head may point at it.

The bytes are the slot's business: `workspace-image/agent` writes them, docs/protocol.md says how.
"""

import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

MANIFEST_VERSION = 1
MANIFEST_BYTES = 64 * 1024
"""A manifest names three layers today; what is larger than this was not written by our agent."""
TIERS = ("boot", "work", "deps")
"""In the order of restoring. A slot restores these and no others."""

Count = Annotated[int, Meta(ge=0, le=2**53)]
"""A number as it comes from outside: what JSON and Firestore both hold exactly."""


class Layer(Struct, frozen=True, forbid_unknown_fields=True):
    """One immutable object: a tier of the home as `tar.zst`."""

    tier: str
    name: str
    sha256: str
    bytes: Count
    logical_bytes: Count
    entries: Count


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a snapshot consists of, in the order of restoring. `base` is the id of the snapshot before it."""

    version: int
    workspace: str
    epoch: Count
    boot: str
    seq: Count
    base: str | None
    layers: list[Layer]


class Checkpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """A checkpoint as a heartbeat declares it. `bytes` and `files` are sums over the layers."""

    seq: Count
    manifest: str
    sha256: str
    bytes: Count
    files: Count


class Head(Struct, frozen=True):
    """The pointer to a workspace's current snapshot."""

    snapshot: str
    manifest: str
    sha256: str
    bytes: int
    files: int
    at: datetime


class Snapshot(Struct, frozen=True, kw_only=True):
    """`workspaces/{wid}/snapshots/{epoch-boot-seq}`: a checkpoint that was committed, and by which session."""

    sid: str
    head: Head


def is_committed(checkpoint: Checkpoint, head: Head | None, *, epoch: int, boot: str) -> bool:
    """Whether the container's own checkpoint, or a later one of it, is the head already: an old one changes nothing."""
    container, _, newest = head.snapshot.rpartition("-") if head else ("", "", "")
    return container == f"{epoch}-{boot}" and checkpoint.seq <= int(newest)


class CheckpointRefused(Exception):
    """The manifest does not hold what the heartbeat or the protocol says."""


def workspace_prefix(wid: str) -> str:
    """Where a workspace's objects are; a slot may read here."""
    return f"workspaces/{wid}/"


def boot_prefix(wid: str, epoch: int, boot: str) -> str:
    """Where one container may create objects."""
    return f"workspaces/{wid}/{epoch}-{boot}/"


def manifest_name(wid: str, epoch: int, boot: str, seq: int) -> str:
    return f"{boot_prefix(wid, epoch, boot)}{seq}.manifest.json"


def snapshot_id(epoch: int, boot: str, seq: int) -> str:
    return f"{epoch}-{boot}-{seq}"


def read_manifest(content: bytes, checkpoint: Checkpoint, *, wid: str, epoch: int, boot: str) -> Manifest:
    """The manifest behind a declared checkpoint. Raises CheckpointRefused, which says what is wrong with it."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as e:
        raise CheckpointRefused(f"the manifest does not parse: {e}") from e
    if manifest.version != MANIFEST_VERSION:
        raise CheckpointRefused(f"manifest version {manifest.version} is not {MANIFEST_VERSION}")
    if (manifest.workspace, manifest.epoch, manifest.boot, manifest.seq) != (wid, epoch, boot, checkpoint.seq):
        raise CheckpointRefused("the manifest is another checkpoint's")
    tiers = [layer.tier for layer in manifest.layers]
    if tiers != [tier for tier in TIERS if tier in tiers]:
        # each layer is looked up in the storage, so there must not be any number of them
        raise CheckpointRefused(f"the tiers are not {', '.join(TIERS)}, each once at most and in this order")
    for layer in manifest.layers:
        # the whole name: one that begins well may still lead elsewhere, where somebody takes ".." for a step up
        if not re.fullmatch(rf"{workspace_prefix(wid)}\d+-[a-z0-9]+/\d+-{layer.tier}\.tar\.zst", layer.name):
            raise CheckpointRefused(f"layer {layer.tier} does not lie where the workspace's layers are")
    if sum(layer.logical_bytes for layer in manifest.layers) != checkpoint.bytes:
        raise CheckpointRefused("the bytes do not add up")
    if sum(layer.entries for layer in manifest.layers) != checkpoint.files:
        raise CheckpointRefused("the files do not add up")
    return manifest


def check_sizes(manifest: Manifest, sizes: dict[str, int | None]) -> None:
    """`sizes`: the objects' real sizes by name, None for an absent one. Raises CheckpointRefused on a difference."""
    for layer in manifest.layers:
        size = sizes.get(layer.name)
        if size is None:
            raise CheckpointRefused(f"layer {layer.tier} is absent")
        if size != layer.bytes:
            raise CheckpointRefused(f"layer {layer.tier} has {size} bytes and declares {layer.bytes}")


def head_of(checkpoint: Checkpoint, *, epoch: int, boot: str, now: datetime) -> Head:
    """The head that a verified checkpoint becomes."""
    return Head(
        snapshot=snapshot_id(epoch, boot, checkpoint.seq),
        manifest=checkpoint.manifest,
        sha256=checkpoint.sha256,
        bytes=checkpoint.bytes,
        files=checkpoint.files,
        at=now,
    )
