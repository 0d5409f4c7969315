"""Brings a workspace's saved state into the home: the boot tier first, the others at once after it, side by side; deps
are moved into the home after work."""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from agent import logs
from agent.bucket import Bucket
from agent.checkpoints import Checkpoints
from agent.control_plane import Head
from agent.errors import BadLayer, CorruptState, HomeFailed, Unreachable
from agent.keeper import KeeperProcess
from agent.manifest import Layer, Manifest, decode
from agent.pipes import pipe, writer
from agent.tiers import BOOT, DEPS, TIERS, WORK

# A manifest is 64 KiB at most.
LONGEST_MANIFEST = 1 << 16
# Layers up to this size are all asked for at once: on the way to a cloud, waiting costs more than they do. Bytes.
SMALL = 1 << 20
# Seconds between tries of a tier that the editor does not wait for. A home that fails so often is given up.
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)

WAITING, FETCHING, DONE, FAILED = "waiting", "fetching", "done", "failed"


@dataclass
class Progress:
    """Bytes of layers, compressed, and how far each tier is. `state` is the boot tier's: the editor waits for no other.

    `older`: tiers that a damaged layer has sent back to an older snapshot, with when that was made, in Unix seconds.
    `inconsistent`: files that were still being written when they were saved.
    """

    done: int = 0
    total: int = 0
    tiers: dict[str, str] = field(default_factory=dict)
    older: dict[str, float] = field(default_factory=dict)
    inconsistent: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        return self.tiers.get(BOOT, WAITING)


class Restore:
    """Of one head. `older` asks for the snapshots before it; `changed` is called when the member should see news."""

    def __init__(
        self,
        bucket: Bucket,
        keeper: KeeperProcess,
        checkpoints: Checkpoints,
        progress: Progress,
        older: Callable[[], Awaitable[Sequence[Head]]],
        changed: Callable[[], None],
    ) -> None:
        self._bucket = bucket
        self._keeper = keeper
        self._checkpoints = checkpoints
        self._progress = progress
        self._older = older
        self._changed = changed
        self._manifest: Manifest | None = None
        self._poured: dict[str, str] = {}
        self._ahead: dict[str, asyncio.Task[bytes]] = {}
        self._work_is_settled = asyncio.Event()

    async def bring_boot(self, head: Head) -> None:
        """Empties the home, and returns when what the editor needs is in it. Safe to repeat.

        Raises Unreachable, HomeFailed, or CorruptState when no snapshot has it whole.
        """
        self._ahead = self._ask_for(head.first)
        try:
            await self._bring_boot(head)
        finally:
            await _forget(self._ahead)

    async def _bring_boot(self, head: Head) -> None:
        manifest = self._manifest = await self._fetch_manifest(head)
        self._progress.done, self._progress.total = 0, sum(layer.bytes for layer in manifest.layers)
        self._progress.inconsistent = manifest.inconsistent
        self._progress.tiers = {tier: WAITING if manifest.of(tier) else DONE for tier in TIERS}
        self._checkpoints.begin(manifest, head.snapshot)
        await self._keeper.order("empty", complete=[tier for tier in TIERS if not manifest.of(tier)])
        await self._bring(BOOT, manifest)

    async def bring_rest(self) -> None:
        """Returns when everything else is in the home, or was given up: then what is in the bucket stays there."""
        manifest = self._manifest
        if manifest is not None:
            await asyncio.gather(self._bring_work(manifest), self._bring_patiently(DEPS, manifest))

    async def _bring_work(self, manifest: Manifest) -> None:
        try:
            await self._bring_patiently(WORK, manifest)
        finally:
            self._work_is_settled.set()

    async def _bring_patiently(self, tier: str, manifest: Manifest) -> None:
        failures = 0
        for tries in itertools.count():
            pause = PAUSES[min(tries, len(PAUSES) - 1)]
            try:
                await self._bring(tier, manifest)
                return
            except Unreachable as error:  # what is in the bucket waits as long as it takes
                reason = str(error)
            except HomeFailed as error:
                reason = str(error)
                failures += 1
                if failures > len(PAUSES):
                    await self._clear_away(tier)
                    await self._checkpoints.failed(tier)
                    break
            except CorruptState as error:
                logs.event("restore.damaged", severity="ERROR", tier=tier, reason=str(error))
                await self._checkpoints.given_up(tier)
                break
            logs.warning("restore.failed", tier=tier, reason=reason, again_in=pause)
            await self._clear_away(tier)
            await asyncio.sleep(pause)
        self._say(tier, FAILED)

    async def _clear_away(self, tier: str) -> None:
        """What is there of it takes room that the others and the member need; and the member is at work by now."""
        with suppress(HomeFailed):
            await self._keeper.order("discard", tier=tier)
            await self._keeper.settle()

    async def _bring(self, tier: str, manifest: Manifest) -> None:
        """One tier: from this manifest, or from the newest older snapshot that has it whole."""
        self._say(tier, FETCHING)
        damaged: set[str] = set()
        async for source, at in self._sources(manifest):
            layers = source.of(tier)
            if damaged & {layer.name for layer in layers} or (damaged and not layers):
                continue
            try:
                await self._unpack(tier, layers)
            except (BadLayer, CorruptState) as error:
                logs.event("restore.bad-layer", severity="ERROR", tier=tier, base=source.base, reason=str(error))
                await self._keeper.order("discard", tier=tier)
                damaged.add(self._poured[tier])
                continue
            if layers:
                if tier == DEPS:  # packages below what has become a file would keep that out of the home
                    await self._work_is_settled.wait()
                await self._checkpoints.restored(tier, as_saved=source is manifest)
            if at is not None:
                self._progress.older[tier] = at
            self._say(tier, DONE)
            return
        raise CorruptState(f"no snapshot has its {tier} tier whole")

    async def _sources(self, manifest: Manifest) -> AsyncIterator[tuple[Manifest, float | None]]:
        yield manifest, None
        for head in await self._older():
            try:
                yield await self._fetch_manifest(head), head.at
            except CorruptState as error:
                logs.warning("restore.bad-manifest", snapshot=head.snapshot, reason=str(error))

    async def _unpack(self, tier: str, layers: Sequence[Layer]) -> None:
        """Fetches the layers into the keeper's pipe. What it unpacks is nobody's until it is placed."""
        if not layers:
            return
        read, write = pipe()
        declared = [_declared(layer) for layer in layers]
        unpacking = asyncio.create_task(self._keeper.order("unpack", pipe=read, tier=tier, layers=declared))
        stream = await writer(write)
        is_verified = False
        try:
            await self._pour(tier, layers, stream)
            is_verified = True
        except ConnectionError:
            pass  # it takes no more; its answer says why
        except (CorruptState, Unreachable):
            stream.close()
            with suppress(BadLayer, HomeFailed):  # it is not at work any more when the next try begins
                await unpacking
            raise
        finally:
            stream.close()
        await unpacking
        if not is_verified:
            raise CorruptState(f"a layer of {tier} is longer than declared")

    async def _pour(self, tier: str, layers: Sequence[Layer], stream: asyncio.StreamWriter) -> None:
        small = [layer.name for layer in layers if layer.bytes <= SMALL]
        asked = {name: self._ahead.pop(name) for name in small if name in self._ahead}
        ahead = asked | self._ask_for(name for name in small if name not in asked)
        try:
            for layer in layers:
                self._poured[tier] = layer.name
                digest = hashlib.sha256()
                async for chunk in (
                    _at_once(ahead[layer.name]) if layer.name in ahead else self._bucket.read(layer.name)
                ):
                    digest.update(chunk)
                    stream.write(chunk)
                    await stream.drain()
                    self._progress.done += len(chunk)
                if digest.hexdigest() != layer.sha256:
                    raise CorruptState(f"a layer of {tier} is not the one that was saved")
        finally:
            await _forget(ahead)

    def _ask_for(self, names: Iterable[str]) -> "dict[str, asyncio.Task[bytes]]":
        return {name: asyncio.create_task(self._bucket.read_small(name, SMALL)) for name in names}

    async def _fetch_manifest(self, head: Head) -> Manifest:
        text = await self._bucket.read_small(head.manifest, LONGEST_MANIFEST)
        if hashlib.sha256(text).hexdigest() != head.sha256:
            raise CorruptState("the manifest is not the one that was committed")
        return decode(text)

    def _say(self, tier: str, state: str) -> None:
        self._progress.tiers[tier] = state
        self._changed()


async def _forget(asked: "dict[str, asyncio.Task[bytes]]") -> None:
    for fetching in asked.values():
        fetching.cancel()
    await asyncio.gather(*asked.values(), return_exceptions=True)


async def _at_once(fetching: "asyncio.Task[bytes]") -> AsyncIterator[bytes]:
    yield await fetching


def _declared(layer: Layer) -> dict[str, object]:
    """What the keeper is told of a layer: what it may be at most."""
    return {name: getattr(layer, name) for name in ("kind", "bytes", "stream", "entries", "logical_bytes", "only")}
