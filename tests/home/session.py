"""The agent's side of a session without a container or a network: real checkpoints and a real restore, at a real
keeper in this process, with a bucket in memory."""

import asyncio
import hashlib
import marshal
import os
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, cast

import agent.bucket
import agent.keeper
from agent.bucket import Stored
from agent.checkpoints import Checkpoint, Checkpoints
from agent.control_plane import Head
from agent.errors import BadLayer, CorruptState, HomeFailed, Unreachable
from agent.home.keeper import Keeper, read_result
from agent.home.unpack import Declared, Unpacked, unpack
from agent.manifest import Manifest, decode
from agent.pipes import reader
from agent.restore import DONE, FAILED, Progress, Restore
from agent.tiers import BOOT, DEPS, TIERS, WORK

from tests.home import forks
from tests.home.photo import Thing, all_rights, photo

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


class Line:
    """To a keeper of `folder`, as agent.keeper.Keeper is one. The keeper dies at its order number `dies_at` from now,
    before that is done or, when `is_done`, before it is answered. `seen` is what its last look saw, by tier. Not
    `is_apart`: it unpacks in this process, for a fork takes longer than what tests save takes to unpack."""

    def __init__(self, folder: Path, *, is_apart: bool) -> None:
        self._is_apart = is_apart
        self.lost: Callable[[], None] = lambda: None
        self.dies_at = 0
        self.is_done = False
        self.seen: dict[str, dict[bytes, Thing]] = {}
        self.linked: set[frozenset[bytes]] = set()
        self.busy = asyncio.Lock()
        self._folder = folder
        self._lives = 0
        self._thread = ThreadPoolExecutor(1)
        self._keeper = Keeper(str(folder))
        self._unpacked: dict[str, Unpacked] = {}
        self._children: set[int] = set()
        self._orders: set[asyncio.Task[dict[str, Any]]] = set()

    async def order(self, what: str, pipe: int | None = None, **fields: Any) -> dict[str, Any]:
        doing = asyncio.create_task(self._obey(what, pipe, fields))
        self._orders.add(doing)
        # a keeper goes on with what it was told when nobody waits for the answer any more
        return await asyncio.shield(doing)

    async def settle(self) -> None:
        await self.order("settle")

    async def close(self) -> None:
        self._kill_children()
        await asyncio.gather(*self._orders, return_exceptions=True)
        self._thread.shutdown()
        os.close(self._keeper._home)

    def named(self) -> dict[str, dict[bytes, Thing]]:
        """Of what was seen, what a layer names: not the folders that were made on the way to another tier's."""
        held = self._keeper._held
        return {
            tier: {path: thing for path, thing in seen.items() if path in held[tier].marks}
            for tier, seen in self.seen.items()
        }

    def home(self) -> int:
        return self._keeper._home

    async def _obey(self, what: str, pipe: int | None, fields: dict[str, Any]) -> dict[str, Any]:
        try:
            async with self.busy:
                self.dies_at -= 1
                if self.dies_at == 0 and not self.is_done:
                    self._die()
                    raise HomeFailed("it ended")
                result = await asyncio.get_running_loop().run_in_executor(self._thread, self._do, what, pipe, fields)
                if self.dies_at == 0:
                    self._die()
                    raise HomeFailed("it ended")
                life = self._lives
        except (OSError, LookupError, RuntimeError) as error:
            raise HomeFailed(f"the keeper could not {what}") from error
        finally:
            if pipe is not None:
                os.close(pipe)
        return result if what != "unpack" else await self._hear(fields["tier"], life, *result["child"])

    def _do(self, what: str, pipe: int | None, fields: dict[str, Any]) -> dict[str, Any]:
        match what:
            case "settle":
                return {}
            case "unpack":
                assert pipe is not None
                return {"child": self._unpack(fields["tier"], fields["layers"], pipe)}
            case "place":
                fields = {"tier": fields["tier"], "unpacked": self._unpacked.pop(fields["tier"])}
            case "discard":
                self._unpacked.pop(fields["tier"], None)
            case "pack":
                fields["pipe"] = pipe
        answer: dict[str, Any] = getattr(self._keeper, what)(**fields)
        if what == "look":
            self._see()
        return answer

    def _see(self) -> None:
        looked = self._keeper._looked
        assert looked is not None
        there = photo(self._folder)
        self.seen = {tier: {path: there.things[path] for path in looked.tiers[tier].marks} for tier in TIERS}
        self.linked = {names for tier in TIERS for names in there.linked(self.seen[tier])}

    def _unpack(self, tier: str, layers: list[dict[str, Any]], source: int) -> tuple[int, int]:
        into = self._keeper.beside(tier)
        told, telling = os.pipe()
        if not self._is_apart:
            Thread(target=_unpack_here, args=(layers, os.dup(source), into, telling)).start()
            return 0, told
        pid = forks.unpack(layers, source, into, telling)
        os.close(into)
        os.close(telling)
        self._children.add(pid)
        return pid, told

    async def _hear(self, tier: str, life: int, pid: int, told: int) -> dict[str, Any]:
        result = read_result(await (await reader(told)).read())
        if pid:
            self._children.discard(pid)
        if life != self._lives:
            raise HomeFailed("it ended")
        if isinstance(result, Unpacked):
            self._unpacked[tier] = result
            return {"files": len(result.marks)}
        if "bad" in result:
            raise BadLayer(result["bad"])
        raise HomeFailed(result["failed"])

    def _die(self) -> None:
        self._kill_children()
        os.close(self._keeper._home)
        self._keeper = Keeper(str(self._folder))
        self._unpacked.clear()
        self._lives += 1
        self.lost()

    def _kill_children(self) -> None:
        for pid in self._children:
            with suppress(ProcessLookupError), all_rights():
                os.kill(pid, signal.SIGKILL)


def _unpack_here(layers: list[dict[str, Any]], source: int, into: int, result: int) -> None:
    """As `unpack_apart`, but in a thread."""
    with os.fdopen(source, "rb", buffering=0) as stream, os.fdopen(result, "wb") as told:
        try:
            marshal.dump(vars(unpack([Declared(**layer) for layer in layers], stream, into, lambda _: None)), told)
        except BadLayer as error:
            marshal.dump({"bad": str(error)}, told)
        finally:
            os.close(into)


class Container:
    """What serves one session: `Restore` and `Checkpoints` on an empty folder."""

    def __init__(self, folder: Path, workspace: Workspace, epoch: int, *, is_apart: bool = True) -> None:
        folder.mkdir(mode=0o755)
        self.folder = folder
        self.bucket = Bucket(workspace.contents)
        self.line = Line(folder, is_apart=is_apart)
        self.progress = Progress(tiers=dict.fromkeys(TIERS, DONE))
        self.prefix = f"workspaces/w/{epoch}-boot/"
        self._workspace = workspace
        self._bringing: asyncio.Task[None] | None = None
        bucket, keeper = cast(agent.bucket.Bucket, self.bucket), cast(agent.keeper.Keeper, self.line)
        self.checkpoints = Checkpoints(bucket, keeper, "w", epoch, "boot")
        self.line.lost = self.checkpoints.forget
        self._restore = Restore(bucket, keeper, self.checkpoints, self.progress, self._older, lambda: None)

    async def begin(self) -> None:
        """Returns when the boot tier is in the home. The others wait at their gates."""
        # who ends a session leaves answers that nobody asks for; to print them takes longer than the session
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        while self._workspace.heads:
            with suppress(Unreachable, HomeFailed):
                await self._restore.bring_boot(self._workspace.heads[-1])
                self._bringing = asyncio.create_task(self._restore.bring_rest())
                return

    async def arrive(self, *tiers: str) -> None:
        """One soon after another. Returns when they are in the home, or were given up; at once where work is to come
        still, for which deps wait."""
        for tier in tiers:
            self.bucket.gates[tier].set()
            await asyncio.sleep(0.005)
        while self.bucket.gates[WORK].is_set() and not all(map(self.is_here, tiers)):  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    def is_here(self, tier: str) -> bool:
        return self.progress.tiers[tier] in (DONE, FAILED)

    async def close(self) -> None:
        """At whatever it is."""
        if self._bringing is not None:
            self._bringing.cancel()
            await asyncio.gather(self._bringing, return_exceptions=True)
        await self.line.close()

    async def _older(self) -> list[Head]:
        return self._workspace.heads[-2::-1]
