"""Has the keeper pack layers, and uploads them. One layer is packed while the layers before it may still be
uploading."""

import asyncio
from collections.abc import Mapping, Sequence

from agent import logs
from agent.state.bucket import Bucket, Stored
from agent.state.keeper_process import KeeperAnswer, KeeperProcess
from agent.state.layers import How, replaced
from agent.state.manifest import Layer
from agent.state.pipes import pipe, reader
from agent.state.planning import NextTier, SavedTier


class LayerUploads:
    def __init__(self, bucket: Bucket, keeper: KeeperProcess) -> None:
        self._bucket = bucket
        self._keeper = keeper

    async def write_all(self, following: Sequence[NextTier], tiers: Mapping[str, SavedTier], stem: str) -> None:
        """Writes the next layers of the tiers in `following`, on top of the layers in `tiers`. Objects' names begin
        with `stem`. Raises as Checkpoints.make."""
        uploads: list[asyncio.Task[None]] = []
        try:
            for tier in following:
                if tier.how is not None:
                    upload, _ = await self._write(tier, tiers[tier.tier], stem, "pack", how=tier.how)
                    uploads.append(upload)
            await asyncio.gather(*uploads)
        except BaseException:
            for upload in uploads:
                upload.cancel()
            raise

    async def write_apart(self, tier: NextTier, stem: str, seconds: float) -> KeeperAnswer:
        """Writes the layer of what is left out of a tier, as far as `seconds` are enough. Returns the keeper's
        answer."""
        upload, packed = await self._write(tier, SavedTier(), stem, "pack_apart", seconds=seconds)
        await upload
        return packed

    async def _write(
        self, tier: NextTier, saved: SavedTier, stem: str, order: str, **fields: float | How
    ) -> "tuple[asyncio.Task[None], KeeperAnswer]":
        """Has the tier packed. Returns the upload, which may go on while the next tier is packed, and the keeper's
        answer."""
        read, write = pipe()
        name = f"{stem}-{tier.tier}.tar.zst"
        source = await reader(read)
        packing = asyncio.create_task(self._keeper.order(order, pipe=write, tier=tier.tier, **fields))
        uploading = asyncio.create_task(self._bucket.create(name, source))
        try:
            await asyncio.wait([uploading, packing], return_when=asyncio.FIRST_COMPLETED)
            if uploading.done() and uploading.exception() is not None:
                while not source.at_eof():  # the upload reads nothing more: reading on lets the packer end
                    await source.read(1 << 20)
            packed = await packing
        except BaseException:
            uploading.cancel()
            source.close()  # otherwise the keeper would wait for ever for a reader
            raise
        if packed["left_out"]:
            logs.warning("checkpoint-unread", tier=tier.tier, entries=packed["left_out"])
        tier.moved, tier.inconsistent = packed["moved"], tuple(packed["inconsistent"])
        tier.unnamed = packed["unnamed"]
        return asyncio.create_task(self._finish(tier, saved, name, uploading, packed)), packed

    async def _finish(
        self, tier: NextTier, saved: SavedTier, name: str, uploading: "asyncio.Task[Stored]", packed: KeeperAnswer
    ) -> None:
        stored = await uploading
        kind = "whole" if tier.how == How.WHOLE else "delta"
        layer = Layer(
            tier=tier.tier,
            kind=kind,
            name=name,
            sha256=stored.sha256,
            bytes=stored.bytes,
            stream=packed["stream"],
            entries=packed["entries"],
            logical_bytes=packed["logical_bytes"],
        )
        assert tier.how is not None  # noqa: S101  for the type checker
        tier.layers = replaced(saved.layers, tier.how, layer, base=saved.base)
