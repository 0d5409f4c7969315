"""The part of a workspace that outlives its sessions, in memory: its objects and heads; and a container's access to
them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from agent.control_plane.exchange import Head
from agent.errors import CorruptState, Unreachable
from agent.home.tiers import BOOT, DEPS, WORK
from agent.state.bucket import Stored
from agent.state.checkpoints import Checkpoint
from agent.state.manifest import Manifest, decode

LATER = (WORK, DEPS)
"""The tiers that are restored while the member works."""


@dataclass
class Workspace:
    """Objects by name, and the heads so far, the newest last."""

    contents: dict[str, bytes] = field(default_factory=dict)
    heads: list[Head] = field(default_factory=list)

    def move(self, snapshot: str, checkpoint: Checkpoint) -> None:
        """Makes a checkpoint the head. The bucket's content must be what the checkpoint declares, as the control plane
        verifies."""
        text = self.contents[checkpoint.manifest]
        assert hashlib.sha256(text).hexdigest() == checkpoint.sha256
        manifest = decode(text)
        assert len(manifest.layers) <= 64
        assert all(len(self.contents[layer.name]) == layer.bytes for layer in manifest.layers)
        first = tuple(layer.name for layer in manifest.of(BOOT))
        fields = checkpoint.manifest, checkpoint.sha256, checkpoint.bytes, checkpoint.files
        self.heads.append(Head(snapshot, *fields, at=float(len(self.heads)), first=first))

    def manifest(self) -> Manifest:
        """The head's manifest."""
        return decode(self.contents[self.heads[-1].manifest])

    def damage(self, tier: str) -> None:
        """The objects that any snapshot names."""
        for name, content in self.contents.items():
            if name.endswith(f"-{tier}.tar.zst"):
                self.contents[name] = b"?" * len(content)

    def tidy(self) -> None:
        """Deletes objects that no head names, so that no save can build on a refused one."""
        named = {head.manifest for head in self.heads}
        named |= {layer.name for name in list(named) for layer in decode(self.contents[name]).layers}
        for name in self.contents.keys() - named:
            del self.contents[name]


class Bucket:
    """One container's access to the objects. A tier whose gate is closed is not read; the next `away` calls fail.
    `meanwhile` is called while the next manifest is uploaded. Of a layer it takes no more than `most` bytes."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self._contents = contents
        self.away = 0
        self.most: int | None = None
        self.gates = {tier: asyncio.Event() for tier in LATER}
        self.meanwhile: Callable[[], None] | None = None

    async def create(self, name: str, source: asyncio.StreamReader) -> Stored:
        self._answer()
        content = await source.read() if self.most is None else await self._as_far_as(source, self.most)
        return self._create(name, content)

    async def _as_far_as(self, source: asyncio.StreamReader, most: int) -> bytes:
        content = b""
        while piece := await source.read(1 << 16):
            content += piece
            if len(content) > most:
                await asyncio.Event().wait()
        return content

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
