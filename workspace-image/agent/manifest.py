"""The manifest of a snapshot: its layers in the order of their restoring. docs/snapshot-format.md has the format."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from agent.errors import CorruptState
from agent.tiers import TIERS

VERSION = 2


@dataclass(frozen=True)
class Layer:
    """One object. `bytes` is its size, `stream` that of the tar in it, `logical_bytes` that of the files in the tar."""

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
    """What a restore of it brings: the files' sizes, and how many entries."""

    bytes: int
    files: int


@dataclass(frozen=True)
class Manifest:
    """`inconsistent` names files that are not as they were at the one moment that all others are of."""

    workspace: str
    epoch: int
    boot: str
    seq: int
    base: str | None
    tiers: Mapping[str, Tier]
    layers: tuple[Layer, ...]
    version: int = VERSION
    inconsistent: tuple[str, ...] = ()

    def encode(self) -> bytes:
        fields = asdict(self)
        if not self.inconsistent:
            del fields["inconsistent"]
        return json.dumps(fields).encode()

    def of(self, tier: str) -> tuple[Layer, ...]:
        return tuple(layer for layer in self.layers if layer.tier == tier)


def decode(text: bytes) -> Manifest:
    """Raises CorruptState if this is no manifest that this agent can restore."""
    try:
        fields = json.loads(text)
        if fields["version"] != VERSION:
            raise CorruptState(f"the manifest has version {fields['version']}, this agent reads version {VERSION}")
        layers = tuple(Layer(**layer) for layer in fields.pop("layers"))
        tiers = {tier: Tier(**held) for tier, held in fields.pop("tiers").items()}
        inconsistent = tuple(str(path) for path in fields.pop("inconsistent", ()))
        manifest = Manifest(layers=layers, tiers=tiers, inconsistent=inconsistent, **fields)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise CorruptState(f"the manifest cannot be read: {type(error).__name__}") from error
    order = [layer.tier for layer in layers]
    if order != sorted(order, key=TIERS.index) or not set(order) <= set(tiers):
        raise CorruptState("the manifest's layers are not in the order of their restoring")
    return manifest
