"""What outlives the sessions of a workspace, in memory: its objects and heads; and one container's way to them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from agent.bucket import Stored
from agent.checkpoints import Checkpoint
from agent.control_plane import Head
from agent.errors import CorruptState, Unreachable
from agent.manifest import Manifest, decode
from agent.tiers import BOOT, DEPS, WORK

LATER = (WORK, DEPS)
"""What arrives while the member is at work already."""


@dataclass
class Workspace:
    """What outlives sessions: the objects by name, and the heads there were, the newest last."""

    contents: dict[str, bytes] = field(default_factory=dict)
    heads: list[Head] = field(default_factory=list)

    def move(self, snapshot: str, checkpoint: Checkpoint) -> None:
        """The head. What is in the bucket must be what the checkpoint says, as the control plane sees to it."""
        text = self.contents[checkpoint.manifest]
        assert hashlib.sha256(text).hexdigest() == checkpoint.sha256
        manifest = decode(text)
        assert len(manifest.layers) <= 64
        assert all(len(self.contents[layer.name]) == layer.bytes for layer in manifest.layers)
        first = tuple(layer.name for layer in manifest.of(BOOT))
        told = checkpoint.manifest, checkpoint.sha256, checkpoint.bytes, checkpoint.files
        self.heads.append(Head(snapshot, *told, at=float(len(self.heads)), first=first))

    def manifest(self) -> Manifest:
        """The head's."""
        return decode(self.contents[self.heads[-1].manifest])

    def damage(self, tier: str) -> None:
        """In all snapshots."""
        for name, content in self.contents.items():
            if name.endswith(f"-{tier}.tar.zst"):
                self.contents[name] = b"?" * len(content)

    def tidy(self) -> None:
        """What no head names is gone, so that nothing can be built on what was refused."""
        named = {head.manifest for head in self.heads}
        named |= {layer.name for name in list(named) for layer in decode(self.contents[name]).layers}
        for name in self.contents.keys() - named:
            del self.contents[name]


class Bucket:
    """One container's way to the objects. A tier whose gate is closed is not read; the next `away` calls find nobody.
    `meanwhile` is called when the next manifest is on its way."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self._contents = contents
        self.away = 0
        self.gates = {tier: asyncio.Event() for tier in LATER}
        self.meanwhile: Callable[[], None] | None = None

    async def create(self, name: str, source: asyncio.StreamReader) -> Stored:
        self._answer()
        return self._create(name, await source.read())

    async def create_small(self, name: str, content: bytes) -> Stored:
        self._answer()
        if self.meanwhile is not None:
            self.meanwhile()
            self.meanwhile = None
        return self._create(name, content)

    async def read(self, name: str, start: int = 0) -> AsyncIterator[bytes]:
        for tier, gate in self.gates.items():
            if name.endswith(f"-{tier}.tar.zst"):
                await gate.wait()
        self._answer()
        if name not in self._contents:
            raise CorruptState("no such object")
        yield self._contents[name][start:]

    async def read_small(self, name: str, most: int) -> bytes:
        content = b"".join([chunk async for chunk in self.read(name)])
        if len(content) > most:
            raise CorruptState("too large")
        return content

    def _answer(self) -> None:
        if self.away:
            self.away -= 1
            raise Unreachable("the test says so")

    def _create(self, name: str, content: bytes) -> Stored:
        if self._contents.setdefault(name, content) != content:
            raise CorruptState(f"{name} exists already")
        return Stored(len(content), hashlib.sha256(content).hexdigest())
