"""Restores a workspace's saved state into the home: the boot tier first, then the other tiers at the same time. Deps
are moved into the home after work."""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from agent import logs
from agent.control_plane.exchange import Head
from agent.errors import CorruptState, HomeFailed, Unreachable
from agent.home.tiers import BOOT, DEPS, TIERS, WORK
from agent.state.bucket import Bucket
from agent.state.checkpoints import Checkpoints
from agent.state.keeper_process import KeeperProcess
from agent.state.manifest import Layer, Manifest, decode
from agent.state.pipes import pipe, writer
from shared.snapshots.format.layout import BadLayer

# Bytes of a manifest, at most.
LONGEST_MANIFEST = 1 << 16
# Bytes. Layers up to this size are all requested at once: over a network, waiting for each in turn takes longer.
SMALL = 1 << 20
# Seconds between tries of a tier that the editor does not wait for. After more failures of the home than these, the
# tier is given up.
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)

WAITING, FETCHING, DONE, FAILED = "waiting", "fetching", "done", "failed"


@dataclass
class Progress:
    """`done` and `total`: compressed bytes of layers. `tiers`: the state of each tier; the editor waits for the boot
    tier's `state` alone.

    `older`: tiers that were restored from an older snapshot because a layer is damaged, with the snapshot's time in
    Unix seconds. `inconsistent`: files that were being written when they were saved; `unnamed`: how many more there may
    be.
    """

    done: int = 0
    total: int = 0
    tiers: dict[str, str] = field(default_factory=dict)
    older: dict[str, float] = field(default_factory=dict)
    inconsistent: tuple[str, ...] = ()
    unnamed: int = 0

    @property
    def state(self) -> str:
        return self.tiers.get(BOOT, WAITING)


class Restore:
    """Restores one head. `older` requests the snapshots before it; `changed` is called when there is news for the
    member."""

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
        self._layer_in_transfer: dict[str, str] = {}
        self._prefetched: dict[str, asyncio.Task[bytes]] = {}
        self._work_is_settled = asyncio.Event()

    async def bring_boot(self, head: Head) -> None:
        """Empties the home, and returns when the boot tier is restored. Safe to repeat.

        Raises Unreachable, HomeFailed, or CorruptState when no snapshot has the boot tier whole.
        """
        self._prefetched = self._prefetch(head.first)
        try:
            await self._bring_boot(head)
        finally:
            await _cancel(self._prefetched)

    async def _bring_boot(self, head: Head) -> None:
        manifest = self._manifest = await self._fetch_manifest(head)
        self._progress.done, self._progress.total = 0, sum(layer.bytes for layer in manifest.layers)
        self._progress.inconsistent, self._progress.unnamed = manifest.inconsistent, manifest.inconsistent_unnamed
        self._progress.tiers = {tier: WAITING if manifest.of(tier) else DONE for tier in TIERS}
        self._checkpoints.begin(manifest, head.snapshot)
        await self._keeper.order("empty", complete=[tier for tier in TIERS if not manifest.of(tier)])
        await self._bring(BOOT, manifest)

    async def bring_rest(self) -> None:
        """Returns when the other tiers are restored or given up. The layers of a tier that was given up stay in the
        bucket."""
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
            except Unreachable as error:  # the layers stay in the bucket, so there is no limit of time
                reason = str(error)
            except HomeFailed as error:
                reason = str(error)
                failures += 1
                if failures > len(PAUSES):
                    await self._clear_away(tier)
                    await self._checkpoints.failed(tier)
                    break
            except CorruptState as error:
                logs.event("restore-damaged", severity="ERROR", tier=tier, reason=str(error))
                await self._checkpoints.given_up(tier)
                break
            logs.warning("restore-failed", tier=tier, reason=reason, again_in=pause)
            await self._clear_away(tier)
            await asyncio.sleep(pause)
        self._set_state(tier, FAILED)

    async def _clear_away(self, tier: str) -> None:
        """Removes what is unpacked of the tier: it takes room that the other tiers and the member need. Also lowers the
        keeper's priority, because the member is at work by now."""
        with suppress(HomeFailed):
            await self._keeper.order("discard", tier=tier)
            await self._keeper.settle()

    async def _bring(self, tier: str, manifest: Manifest) -> None:
        """Restores one tier, from this manifest or from the newest older snapshot that has the tier whole."""
        self._set_state(tier, FETCHING)
        damaged: set[str] = set()
        async for source, at in self._sources(manifest):
            layers = source.of(tier)
            if damaged & {layer.name for layer in layers} or (damaged and not layers):
                continue
            try:
                await self._unpack(tier, layers)
            except (BadLayer, CorruptState) as error:
                logs.event("restore-bad-layer", severity="ERROR", tier=tier, base=source.base, reason=str(error))
                await self._keeper.order("discard", tier=tier)
                damaged.add(self._layer_in_transfer[tier])
                continue
            if layers:
                # if a folder of work became a file, packages below that folder would keep the file out of the home
                if tier == DEPS:
                    await self._work_is_settled.wait()
                await self._checkpoints.restored(tier, as_saved=source is manifest)
            if at is not None:
                self._progress.older[tier] = at
            self._set_state(tier, DONE)
            return
        raise CorruptState(f"no snapshot has its {tier} tier whole")

    async def _sources(self, manifest: Manifest) -> AsyncIterator[tuple[Manifest, float | None]]:
        yield manifest, None
        for head in await self._older():
            try:
                yield await self._fetch_manifest(head), head.at
            except CorruptState as error:
                logs.warning("restore-bad-manifest", snapshot=head.snapshot, reason=str(error))

    async def _unpack(self, tier: str, layers: Sequence[Layer]) -> None:
        """Fetches the layers into the keeper's pipe. The unpacked tier is not in the home before it is placed."""
        if not layers:
            return
        read, write = pipe()
        declared = [_declared(layer) for layer in layers]
        unpacking = asyncio.create_task(self._keeper.order("unpack", pipe=read, tier=tier, layers=declared))
        stream = await writer(write)
        is_verified = False
        try:
            await self._send_layers(tier, layers, stream)
            is_verified = True
        except ConnectionError:
            pass  # the keeper reads no more; its answer has the reason
        except (CorruptState, Unreachable):
            stream.close()
            with suppress(BadLayer, HomeFailed):  # the keeper has ended this order when the next try begins
                await unpacking
            raise
        finally:
            stream.close()
        await unpacking
        if not is_verified:
            raise CorruptState(f"a layer of {tier} is longer than declared")

    async def _send_layers(self, tier: str, layers: Sequence[Layer], stream: asyncio.StreamWriter) -> None:
        small = [layer.name for layer in layers if layer.bytes <= SMALL]
        prefetched = {name: self._prefetched.pop(name) for name in small if name in self._prefetched}
        small_layers = prefetched | self._prefetch(name for name in small if name not in prefetched)
        try:
            for layer in layers:
                self._layer_in_transfer[tier] = layer.name
                digest = hashlib.sha256()
                async for chunk in (
                    _one_chunk(small_layers[layer.name])
                    if layer.name in small_layers
                    else self._bucket.read(layer.name)
                ):
                    digest.update(chunk)
                    stream.write(chunk)
                    await stream.drain()
                    self._progress.done += len(chunk)
                if digest.hexdigest() != layer.sha256:
                    raise CorruptState(f"a layer of {tier} is not the one that was saved")
        finally:
            await _cancel(small_layers)

    def _prefetch(self, names: Iterable[str]) -> "dict[str, asyncio.Task[bytes]]":
        return {name: asyncio.create_task(self._bucket.read_small(name, SMALL)) for name in names}

    async def _fetch_manifest(self, head: Head) -> Manifest:
        text = await self._bucket.read_small(head.manifest, LONGEST_MANIFEST)
        if hashlib.sha256(text).hexdigest() != head.sha256:
            raise CorruptState("the manifest is not the one that was committed")
        return decode(text)

    def _set_state(self, tier: str, state: str) -> None:
        self._progress.tiers[tier] = state
        self._changed()


async def _cancel(fetches: "dict[str, asyncio.Task[bytes]]") -> None:
    for fetching in fetches.values():
        fetching.cancel()
    await asyncio.gather(*fetches.values(), return_exceptions=True)


async def _one_chunk(fetching: "asyncio.Task[bytes]") -> AsyncIterator[bytes]:
    yield await fetching


def _declared(layer: Layer) -> dict[str, object]:
    """The limits of a layer that the keeper is given."""
    return {name: getattr(layer, name) for name in ("kind", "bytes", "stream", "entries", "logical_bytes", "only")}
