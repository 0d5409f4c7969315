"""The manifest of a checkpoint: its layers in the order of their restoring. docs/protocol.md has the format."""

import json
from dataclasses import asdict, dataclass

from agent.errors import CorruptState
from agent.tiers import TIERS

VERSION = 1


@dataclass(frozen=True)
class Layer:
    """One whole tier in one object. `bytes` is the object's size, `logical_bytes` that of the files in it."""

    tier: str
    name: str
    sha256: str
    bytes: int
    logical_bytes: int
    entries: int


@dataclass(frozen=True)
class Manifest:
    workspace: str
    epoch: int
    boot: str
    seq: int
    base: str | None
    layers: tuple[Layer, ...]
    version: int = VERSION

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def decode(text: bytes) -> Manifest:
    """Raises CorruptState if this is no manifest that this agent can restore."""
    try:
        fields = json.loads(text)
        if fields["version"] != VERSION:
            raise CorruptState(f"the manifest has version {fields['version']}, this agent reads version {VERSION}")
        layers = tuple(Layer(**layer) for layer in fields.pop("layers"))
        manifest = Manifest(layers=layers, **fields)
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptState(f"the manifest cannot be read: {error!r}") from error
    if [layer.tier for layer in layers] != [tier for tier in TIERS if tier in {layer.tier for layer in layers}]:
        raise CorruptState("the manifest's layers are not in the order of their restoring")
    return manifest
