"""One save of the home: the keeper packs what changed, it is uploaded and named. A heartbeat makes it the head."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from agent import logs
from agent.bucket import Bucket, Stored
from agent.clock import elapsed
from agent.errors import CheckpointRefused
from agent.keeper import Answer, Keeper
from agent.layers import How, how_to_save, replaced
from agent.manifest import Layer, Manifest, Tier
from agent.pipes import pipe, reader
from agent.storage_quota import Quota
from agent.tiers import TIERS

NOTHING = Tier(0, 0)
NOTHING_LEFT_OUT: Answer = {"count": 0, "bytes": 0, "lost_bytes": 0, "entries": []}


@dataclass(frozen=True)
class Checkpoint:
    """What a beat says of a save. `bytes` and `files` are the sums over the tiers; `largest` the largest folders."""

    seq: int
    manifest: str
    sha256: str
    bytes: int
    files: int
    largest: tuple[dict[str, object], ...] = ()

    def encode(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class _Saved:
    """A tier in the bucket. `known`: the keeper knows what the layers hold. `complete`: all of it is in the home; until
    it is, `to_come` is what its first `base` layers bring. `damaged`: nobody can read them."""

    layers: tuple[Layer, ...] = ()
    held: Tier = NOTHING
    known: bool = True
    complete: bool = True
    base: int = 1
    to_come: Tier = NOTHING
    damaged: bool = False


@dataclass
class _Next:
    """A tier as it will be: `how` is None when it has nothing any more."""

    tier: str
    how: How | None
    held: Tier
    layers: tuple[Layer, ...] = field(default=())


class Checkpoints:
    """The saves of one session."""

    def __init__(self, bucket: Bucket, keeper: Keeper, workspace: str, epoch: int, boot: str) -> None:
        self._bucket = bucket
        self._keeper = keeper
        self._workspace = workspace
        self._epoch = epoch
        self._boot = boot
        self._seq = 0
        self._base: str | None = None
        self._tiers = {tier: _Saved() for tier in TIERS}
        self._accepted = self._tiers
        self._named: dict[int, dict[str, _Saved]] = {}
        self._generation = 0
        self._is_forgotten = False
        self._made: list[str] = []
        self._making = asyncio.Lock()
        self._unsaved_told = False
        self.left_out: Answer = NOTHING_LEFT_OUT
        """What the newest look has left out of the checkpoints."""
        self.waiting: Checkpoint | None = None

    def begin(self, manifest: Manifest, base: str) -> None:
        """The home is to be emptied, and to become what `manifest` says. Until a tier is restored, its layers are kept
        as they are."""
        self._base = base
        self._is_forgotten = False
        self._made = []
        self._tiers = {tier: _to_come(manifest.of(tier), manifest.tiers.get(tier, NOTHING)) for tier in TIERS}
        self._accepted = self._tiers

    async def restored(self, tier: str, *, as_saved: bool) -> None:
        """Has an unpacked tier placed in the home. Unless it came by the layers of the manifest, the next save of it is
        whole. Raises HomeFailed."""
        async with self._making:  # what a save has looked at must not change its meaning before it is packed
            await self._remind()
            placed = await self._keeper.order("place", tier=tier)
            self._made = placed["made"]
            known = self._tiers[tier].known and as_saved
            self._change(tier, complete=True, known=known, base=1)

    async def given_up(self, tier: str) -> None:
        """Nobody can read the tier's layers. They are named until the member has something in the tier again, which is
        saved whole: a delta to them would be as unreadable as they are."""
        async with self._making:
            self._change(tier, complete=True, known=False, damaged=True)
            self._is_forgotten = True

    def _change(self, tier: str, **fields: Any) -> None:
        """Of the tier as it is and as it was accepted: what is in the home does not depend on that."""
        for tiers in (self._tiers, self._accepted, *self._named.values()):
            tiers[tier] = replace(tiers[tier], **fields)

    def forget(self) -> None:
        """The keeper died, and what it knew of layers with it."""
        self._generation += 1
        self._is_forgotten = True
        for tier in TIERS:
            self._change(tier, known=False)

    async def make(self, prefix: str, quota: Quota) -> bool:
        """Saves what changed since the last save, as far as the quota has room for it; False when nothing did, and
        nothing else is left out. One at a time. `prefix` is where this container may create objects.

        Raises HomeFailed, Unreachable, CorruptState, CheckpointRefused or OSError; then the next one starts from the
        same point.
        """
        async with self._making:
            generation, started = self._generation, elapsed()
            await self._remind()
            to_come = sum(saved.to_come.bytes for saved in self._tiers.values() if not saved.complete)
            looked = await self._keeper.order("look", **vars(quota), taken=to_come)
            self._tell_unsaved(looked)
            is_news: bool = self.left_out != looked["over_quota"]
            self.left_out = looked["over_quota"]
            following = self._plan(looked["tiers"])
            if not following or (to_come and self._is_too_much(looked["tiers"], to_come, quota)):
                return is_news
            # an object is never written twice, so a save that fails on its way gives its number up
            self._seq += 1
            await self._save(following, prefix, self._seq, looked["largest"], generation)
            how = {tier.tier: tier.how for tier in following}
            logs.event("checkpoint.uploaded", seq=self._seq, tiers=how, ms=round((elapsed() - started) * 1000, 1))
            return True

    async def _remind(self) -> None:
        """A keeper that knows nothing of a tier must know at least whether something of it is still to come, and which
        folders are there on the way only."""
        if self._is_forgotten:
            self._is_forgotten = False
            for tier, saved in self._tiers.items():
                if not saved.known:  # of another it must still know what is missing
                    await self._keeper.order("forget", tier=tier, complete=saved.complete)
            if self._made:
                await self._keeper.order("remember", made=self._made)

    def _is_too_much(self, looked: dict[str, Answer], to_come: int, quota: Quota) -> bool:
        """A smaller plan was taken, and what is still to come can't be left out before it is there."""
        total = to_come + sum(told["bytes"] for told in looked.values())
        return quota.most is not None and total > quota.most

    def _plan(self, looked: dict[str, Answer]) -> list[_Next]:
        following = []
        for tier, told in looked.items():
            saved = self._tiers[tier]
            is_same = not (told["changed"] or told["missing"])
            if is_same and (saved.known or not saved.complete):
                continue
            if saved.damaged and not told["bytes"]:  # but for folders that the editor makes
                continue
            if not told["files"] and saved.complete:
                if saved.layers:
                    following.append(_Next(tier, None, Tier(0, 0)))
                continue
            how = how_to_save(
                saved.layers,
                known=saved.known,
                complete=saved.complete,
                base=saved.base,
                bytes=told["bytes"],
                changed_bytes=told["changed_bytes"],
                gone_bytes=told["gone_bytes"],
            )
            if how is None or not told["files"]:
                continue
            to_come = NOTHING if saved.complete else saved.to_come
            held = Tier(to_come.bytes + told["bytes"], to_come.files + told["files"])
            following.append(_Next(tier, how, held))
        return following

    async def _save(
        self, following: Sequence[_Next], prefix: str, seq: int, largest: list[Any], generation: int
    ) -> None:
        uploads: list[asyncio.Task[None]] = []
        try:
            for tier in following:
                if tier.how is not None:
                    uploads += [await self._write(tier, prefix, seq)]
            await asyncio.gather(*uploads)
        except BaseException:
            for upload in uploads:
                upload.cancel()
            raise
        tiers = self._tiers | {tier.tier: _after(self._tiers[tier.tier], tier) for tier in following}
        written = [tier.tier for tier in following if tier.how is not None]
        await self._name(tiers, written, prefix, seq, largest, generation)
        for tier in following:
            if tier.how is None:
                await self._keeper.order("forget", tier=tier.tier, complete=True)

    async def _write(self, tier: _Next, prefix: str, seq: int) -> "asyncio.Task[None]":
        """Has the tier packed. The upload that it returns may go on while the next one is."""
        read, write = pipe()
        name = f"{prefix}{seq}-{tier.tier}.tar.zst"
        source = await reader(read)
        packing = asyncio.create_task(self._keeper.order("pack", pipe=write, tier=tier.tier, how=tier.how))
        uploading = asyncio.create_task(self._bucket.create(name, source))
        try:
            await asyncio.wait([uploading, packing], return_when=asyncio.FIRST_COMPLETED)
            if uploading.done() and uploading.exception() is not None:
                while not source.at_eof():  # it takes nothing more: the packer is freed by reading on
                    await source.read(1 << 20)
            packed = await packing
        except BaseException:
            uploading.cancel()
            raise
        if packed["left_out"]:
            logs.warning("checkpoint.unread", tier=tier.tier, entries=packed["left_out"])
        return asyncio.create_task(self._finish(tier, name, uploading, packed))

    async def _finish(self, tier: _Next, name: str, uploading: "asyncio.Task[Stored]", packed: Answer) -> None:
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
        saved = self._tiers[tier.tier]
        tier.layers = replaced(saved.layers, tier.how, layer, base=saved.base)

    async def _name(
        self,
        tiers: dict[str, _Saved],
        written: list[str],
        prefix: str,
        seq: int,
        largest: list[Any],
        generation: int,
    ) -> None:
        manifest = Manifest(
            self._workspace,
            self._epoch,
            self._boot,
            seq,
            self._base,
            {tier: saved.held for tier, saved in tiers.items() if saved.layers},
            tuple(layer for tier in TIERS for layer in tiers[tier].layers),
        )
        name = f"{prefix}{seq}.manifest.json"
        stored = await self._bucket.create_small(name, manifest.encode())
        if generation == self._generation:
            await self._keeper.order("adopt", tiers=written)
        if generation != self._generation:
            raise CheckpointRefused("what this one builds on was refused or forgotten meanwhile")
        self._tiers = self._named[seq] = tiers
        self.waiting = Checkpoint(
            seq,
            name,
            stored.sha256,
            bytes=sum(tier.bytes for tier in manifest.tiers.values()),
            files=sum(tier.files for tier in manifest.tiers.values()),
            largest=tuple({"path": path, "bytes": size} for path, size in largest),
        )

    def accepted(self, checkpoint: Checkpoint) -> None:
        """The head moved to `checkpoint`, or it was kept beside it."""
        self._base = f"{self._epoch}-{self._boot}-{checkpoint.seq}"
        self._accepted = self._named.pop(checkpoint.seq)
        self._named = {seq: tiers for seq, tiers in self._named.items() if seq > checkpoint.seq}
        if self.waiting == checkpoint:
            self.waiting = None

    def refused(self) -> None:
        """What was written since the last checkpoint that was taken is not built on: the next save is whole, or of a
        tier that is not restored, a delta of all that is there."""
        self.waiting = None
        self._named.clear()
        self._tiers = self._accepted
        self.forget()

    def _tell_unsaved(self, looked: Answer) -> None:
        if not self._unsaved_told and (looked["left_out"] or looked["special"]):
            self._unsaved_told = True
            logs.warning("checkpoint.left-out", entries=looked["left_out"], special=looked["special"])


def _to_come(layers: tuple[Layer, ...], held: Tier) -> _Saved:
    return _Saved(layers, held, complete=not layers, base=len(layers), to_come=held) if layers else _Saved()


def _after(before: _Saved, now: _Next) -> _Saved:
    is_whole = now.how in (How.WHOLE, None)
    return replace(
        before,
        layers=now.layers,
        held=now.held,
        known=before.known or is_whole,
        base=1 if before.complete else before.base,
        damaged=before.damaged and not is_whole,
    )
