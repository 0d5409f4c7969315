"""Has the keeper pack layers and uploads them, one packed after the other, while those before are on their way."""

import asyncio
from collections.abc import Mapping, Sequence

from agent import logs
from agent.bucket import Bucket, Stored
from agent.keeper import KeeperAnswer, KeeperProcess
from agent.layers import How, replaced
from agent.manifest import Layer
from agent.pipes import pipe, reader
from agent.planning import NextTier, SavedTier


class LayerUploads:
    def __init__(self, bucket: Bucket, keeper: KeeperProcess) -> None:
        self._bucket = bucket
        self._keeper = keeper

    async def write_all(self, following: Sequence[NextTier], tiers: Mapping[str, SavedTier], stem: str) -> None:
        """The next layers of these tiers, on those that `tiers` have. Objects' names begin with `stem`. Raises as
        Checkpoints.make."""
        uploads: list[asyncio.Task[None]] = []
        try:
            for tier in following:
                if tier.how is not None:
                    uploads += [await self._write(tier, tiers[tier.tier], stem, "pack")]
            await asyncio.gather(*uploads)
        except BaseException:
            for upload in uploads:
                upload.cancel()
            raise

    async def write_apart(self, following: Sequence[NextTier], stem: str) -> None:
        """Of what is left out, one tier after the other."""
        for upload in [await self._write(tier, SavedTier(), stem, "pack_apart") for tier in following]:
            await upload

    async def _write(self, tier: NextTier, saved: SavedTier, stem: str, order: str) -> "asyncio.Task[None]":
        """Has the tier packed. The upload that it returns may go on while the next one is."""
        read, write = pipe()
        name = f"{stem}-{tier.tier}.tar.zst"
        source = await reader(read)
        packing = asyncio.create_task(self._keeper.order(order, pipe=write, tier=tier.tier, how=tier.how))
        uploading = asyncio.create_task(self._bucket.create(name, source))
        try:
            await asyncio.wait([uploading, packing], return_when=asyncio.FIRST_COMPLETED)
            if uploading.done() and uploading.exception() is not None:
                while not source.at_eof():  # it takes nothing more: the packer is freed by reading on
                    await source.read(1 << 20)
            packed = await packing
        except BaseException:
            uploading.cancel()
            source.close()  # the keeper would wait for ever until somebody takes the rest
            raise
        if packed["left_out"]:
            logs.warning("checkpoint.unread", tier=tier.tier, entries=packed["left_out"])
        tier.moved, tier.inconsistent = packed["moved"], tuple(packed["inconsistent"])
        return asyncio.create_task(self._finish(tier, saved, name, uploading, packed))

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
