"""Names in the bucket, the manifest, and what must hold of a checkpoint before a head may point at it.

The slot's agent (`workspace-image/agent`) writes the bytes. docs/snapshot-format.md describes every field.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal, cast, get_args

import msgspec
from msgspec import Meta, Struct

from shared.snapshots.format.changes import LONGEST_NAMED, NAMED_CHANGES, Change, sum_changes

MANIFEST_VERSION = 2
MANIFEST_BYTES = 64 * 1024
"""Our agent writes no larger manifest."""
FIRST_BYTES = 1 << 20
"""A container asks for layers up to this size together with the manifest, before it knows their hashes."""
MOST_LAYERS = 64
MOST_INCONSISTENT = 20
"""The most inconsistent files that a manifest names."""
LONGEST_INCONSISTENT = 256
"""Characters of such a name. The agent cuts a longer path."""
TIERS = ("boot", "work", "deps")
"""In the order of restoring. A slot restores these tiers only."""

MOST = 2**53
Count = Annotated[int, Meta(ge=0, le=MOST)]
"""A number from outside, in the range that JSON and Firestore both hold exactly."""
SnapshotId = Annotated[str, Meta(pattern=r"^[0-9]{1,16}-[a-z0-9]{1,32}-[a-z0-9]{1,32}\Z")]
"""A snapshot's id in a message from outside."""
_OWN = "[0-9]{1,16}-[a-z0-9]{1,32}"
"""The folder of one container's objects, as a pattern. Its length is bounded because object names are."""
Kind = Literal["whole", "delta"]


class Layer(Struct, frozen=True, forbid_unknown_fields=True):
    """One immutable object, as `tar.zst`: a whole tier of the home, or a tier's changes. docs/snapshot-format.md."""

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
    """The size of a restored tier."""

    bytes: Count
    files: Count


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a snapshot, in the order of restoring. `base` is the id of the previous snapshot."""

    version: int
    workspace: str
    epoch: Count
    boot: str
    seq: Count
    base: str | None
    tiers: dict[str, Tier]
    layers: list[Layer]
    inconsistent: Annotated[
        list[Annotated[str, Meta(max_length=LONGEST_INCONSISTENT)]], Meta(max_length=MOST_INCONSISTENT)
    ] = []
    """Files that changed while the checkpoint was made: their content is not of the checkpoint's one moment."""
    inconsistent_unnamed: Count = 0
    """How many others there may be, which the manifest does not name."""


class Checkpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """A checkpoint as a heartbeat declares it. `bytes` and `files` are sums over the tiers."""

    seq: Count
    manifest: str
    sha256: str
    bytes: Count
    files: Count


How = Literal["added", "changed", "removed"]


class ChangedPath(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the member's files, by its path in the home, and how it changed. The container's claim: shown, never
    trusted."""

    path: Annotated[str, Meta(max_length=LONGEST_NAMED)]
    how: How


class Changes(Struct, frozen=True, forbid_unknown_fields=True):
    """The member's changes since the previous snapshot: how many files, and a few of them by path."""

    added: Count
    changed: Count
    removed: Count
    paths: Annotated[list[ChangedPath], Meta(max_length=NAMED_CHANGES)]


def summed(before: Changes | None, after: Changes | None) -> Changes | None:
    """Both changes together; None if one of them is unknown."""
    if before is None or after is None:
        return None
    counts, paths = sum_changes(_counts_and_paths(each) for each in (before, after))
    # The counts are the container's claim, and may be smaller than the number of paths.
    bounded = {how: max(0, min(MOST, count)) for how, count in counts.items()}
    return Changes(**bounded, paths=[ChangedPath(path, cast(How, how)) for path, how in paths])


def _counts_and_paths(changes: Changes) -> tuple[dict[str, int], list[Change]]:
    return {how: getattr(changes, how) for how in get_args(How)}, [(each.path, each.how) for each in changes.paths]


class Head(Struct, frozen=True):
    """Points at a workspace's current snapshot."""

    snapshot: str
    manifest: str
    sha256: str
    bytes: int
    files: int
    at: datetime
    first: list[str] = []
    """Small layers of the boot tier. A container asks for them together with the manifest, which has their hashes."""
    inconsistent: list[str] = []
    """Files that may be damaged, as the manifest names them. The container's claim: shown, never trusted."""
    inconsistent_unnamed: int = 0
    """How many others there may be."""


class Snapshot(Struct, frozen=True, kw_only=True):
    """`workspaces/{wid}/snapshots/{epoch-boot-seq}`: a committed checkpoint, and the session that made it."""

    sid: str | None
    """None if the control plane composed the snapshot."""
    head: Head
    returned: str | None = None
    """The path that was restored, if the snapshot was composed for that."""
    final: bool = False
    """A session ended with this snapshot, by a clean stop."""
    changes: Changes | None = None
    """Changes since the previous snapshot; None if unknown."""
    plan: str | None = None
    """The plan under which it was saved; None if unknown."""


class Writer(Struct, frozen=True):
    """One container that writes checkpoints of a workspace. No two containers have the same `boot`."""

    wid: str
    epoch: int
    """The workspace's epoch, as of the claim that the container serves."""
    boot: str
    """Random text that the container chose when it started."""

    @property
    def prefix(self) -> str:
        """Where this container may create objects, and no other may."""
        return f"{workspace_prefix(self.wid)}{self.epoch}-{self.boot}/"

    def manifest_name(self, seq: int) -> str:
        """Where the manifest of this container's checkpoint `seq` lies."""
        return f"{self.prefix}{seq}.manifest.json"

    def snapshot_id(self, seq: int) -> str:
        """The id of the snapshot that this container's checkpoint `seq` becomes."""
        return f"{self.epoch}-{self.boot}-{seq}"


def is_committed(checkpoint: Checkpoint, head: Head | None, writer: Writer) -> bool:
    """Whether the head is this checkpoint of the writer's, or a later checkpoint of the same writer."""
    if head is None:
        return False
    made_by, _, seq = head.snapshot.rpartition("-")
    return made_by == f"{writer.epoch}-{writer.boot}" and checkpoint.seq <= int(seq)


class CheckpointRefused(Exception):
    """The checkpoint or its manifest does not hold what the protocol requires. The text says what is wrong."""


def workspace_prefix(wid: str) -> str:
    """Where a workspace's objects are. The workspace's slot may read here."""
    return f"workspaces/{wid}/"


def exports_prefix(wid: str) -> str:
    """Where archives for download are. No slot may read here."""
    return f"exports/{wid}/"


def read_manifest(content: bytes, checkpoint: Checkpoint, writer: Writer) -> Manifest:
    """The manifest behind a checkpoint that the writer declares. Raises CheckpointRefused, which says what is wrong
    with the manifest."""
    manifest = parse_manifest(content)
    made_by = Writer(manifest.workspace, manifest.epoch, manifest.boot)
    if (made_by, manifest.seq) != (writer, checkpoint.seq):
        raise CheckpointRefused("the manifest is another checkpoint's")
    for layer in manifest.layers:
        # The whole name is checked, so that no name leads out of the workspace by `..`.
        if not re.fullmatch(rf"{workspace_prefix(writer.wid)}{_OWN}/[0-9]{{1,16}}-{layer.tier}\.tar\.zst", layer.name):
            raise CheckpointRefused(f"layer {layer.tier} does not lie where the workspace's layers are")
    if sum(tier.bytes for tier in manifest.tiers.values()) != checkpoint.bytes:
        raise CheckpointRefused("the bytes do not add up")
    if sum(tier.files for tier in manifest.tiers.values()) != checkpoint.files:
        raise CheckpointRefused("the files do not add up")
    return manifest


def parse_manifest(content: bytes) -> Manifest:
    """The manifest, its layers in a valid order. Raises CheckpointRefused."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise CheckpointRefused(f"the manifest does not parse: {e}") from e
    if manifest.version != MANIFEST_VERSION:
        raise CheckpointRefused(f"manifest version {manifest.version} is not {MANIFEST_VERSION}")
    _check_order(manifest)
    return manifest


def new_layers(manifest: Manifest, verified_before: Iterable[Layer], writer: Writer) -> list[Layer]:
    """The layers that the writer adds to those that were `verified_before`, which are not verified again.

    Raises CheckpointRefused if a verified layer is described differently, if a layer is neither verified nor the
    writer's own, or if a new layer is for a single path: only the control plane restores paths.
    """
    verified = set(verified_before)  # one object may stand twice: as a whole layer, and for a restored path
    names = {layer.name for layer in verified}
    new = []
    for layer in manifest.layers:
        if layer in verified:
            continue
        if layer.name in names:
            raise CheckpointRefused(f"layer {layer.name} was verified as another one")
        if not layer.name.startswith(writer.prefix):
            raise CheckpointRefused(f"layer {layer.name} is neither new nor of the snapshot before")
        if layer.only is not None:
            raise CheckpointRefused(f"layer {layer.name} is new and stands for a single path")
        new.append(layer)
    return new


def _check_order(manifest: Manifest) -> None:
    """Raises CheckpointRefused unless the layers are in order. Their number is bounded, because each is looked up in
    the storage."""
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
    """A tier's layers in groups: each whole layer with the deltas after it."""
    grouped: list[list[Layer]] = []
    for layer in layers:
        if layer.kind == "whole":
            grouped.append([])
        grouped[-1].append(layer)
    return grouped


def check_sizes(layers: Iterable[Layer], sizes: Mapping[str, int | None]) -> None:
    """Raises CheckpointRefused unless the sizes agree. `sizes`: the objects' real sizes by name, None for an absent
    object."""
    for layer in layers:
        size = sizes.get(layer.name)
        if size is None:
            raise CheckpointRefused(f"layer {layer.tier} is absent")
        if size != layer.bytes:
            raise CheckpointRefused(f"layer {layer.tier} has {size} bytes and declares {layer.bytes}")


def first_layers(manifest: Manifest) -> list[str]:
    """The layers that a head names, so that a container can ask for them before it has the manifest."""
    return [layer.name for layer in manifest.layers if layer.tier == TIERS[0] and layer.bytes <= FIRST_BYTES]


def head_of(checkpoint: Checkpoint, manifest: Manifest, writer: Writer, now: datetime) -> Head:
    """The head that a verified checkpoint becomes."""
    return Head(
        snapshot=writer.snapshot_id(checkpoint.seq),
        manifest=checkpoint.manifest,
        sha256=checkpoint.sha256,
        bytes=checkpoint.bytes,
        files=checkpoint.files,
        at=now,
        first=first_layers(manifest),
        inconsistent=manifest.inconsistent,
        inconsistent_unnamed=manifest.inconsistent_unnamed,
    )
