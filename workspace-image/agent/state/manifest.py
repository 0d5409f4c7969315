"""The manifest of a snapshot: its layers in the order in which they are restored. docs/snapshot-format.md has the
format."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import msgspec

from agent.errors import CorruptState
from agent.home.tiers import TIERS

VERSION = 2


@dataclass(frozen=True)
class Layer:
    """A layer's object. `bytes`: the object's size; `stream`: the size of the tar in it; `logical_bytes`: the sum of
    the files' sizes in the tar."""

    tier: str
    kind: str
    name: str
    sha256: str
    bytes: int
    stream: int
    entries: int
    logical_bytes: int
    only: str | None = None


@dataclass(frozen=True)
class Tier:
    """What a restore of the tier brings: `bytes`, the sum of the files' sizes, and `files`, the number of entries."""

    bytes: int
    files: int


@dataclass(frozen=True)
class Manifest:
    """`inconsistent`: some of the files that are not as they were at the one moment of all other files.
    `inconsistent_unnamed`: how many others there may be. Both are absent if there are none: an older control plane
    refuses fields that it does not know."""

    workspace: str
    epoch: int
    boot: str
    seq: int
    base: str | None
    tiers: Mapping[str, Tier]
    layers: tuple[Layer, ...]
    version: int = VERSION
    inconsistent: tuple[str, ...] = ()
    inconsistent_unnamed: int = 0

    def encode(self) -> bytes:
        fields = asdict(self)
        for name in ("inconsistent", "inconsistent_unnamed"):
            if not fields[name]:
                del fields[name]
        return msgspec.json.encode(fields)

    def of(self, tier: str) -> tuple[Layer, ...]:
        return tuple(layer for layer in self.layers if layer.tier == tier)


class _Versioned(msgspec.Struct):
    version: int


def decode(text: bytes) -> Manifest:
    """The manifest in `text`. Raises CorruptState if this agent can't restore it."""
    try:
        version = msgspec.json.decode(text, type=_Versioned).version
        if version != VERSION:
            raise CorruptState(f"the manifest has version {version}, this agent reads version {VERSION}")
        manifest = msgspec.json.decode(text, type=Manifest)
    except (ValueError, RecursionError) as error:  # all of msgspec's errors are ValueErrors
        raise CorruptState(f"the manifest cannot be read: {type(error).__name__}") from error
    order = [layer.tier for layer in manifest.layers]
    if not set(order) <= set(manifest.tiers) or not set(manifest.tiers) <= set(TIERS):
        raise CorruptState("the manifest's layers are of other tiers than it says")
    if order != sorted(order, key=TIERS.index):
        raise CorruptState("the manifest's layers are not in the order of their restoring")
    return manifest
