"""One save of the home: the keeper packs what changed, it is uploaded and named. A heartbeat makes it the head."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from agent import logs
from agent.bucket import Bucket
from agent.clock import elapsed
from agent.errors import CheckpointRefused
from agent.home.changes import summed
from agent.keeper import KeeperAnswer, KeeperProcess
from agent.layer_uploads import LayerUploads
from agent.layers import How
from agent.manifest import Manifest, Tier
from agent.planning import NOTHING, NextTier, SavedTier, after, as_there, is_behind, plan, to_come
from agent.still_look import Standstill, StillLook
from agent.storage_quota import Quota
from agent.tiers import TIERS

NOTHING_LEFT_OUT: KeeperAnswer = {"count": 0, "bytes": 0, "lost_bytes": 0, "entries": []}
SMALL = 8 << 20
"""Bytes of changes, in one folder or in all packages, that wait until everything smaller is saved: packing them takes
a second, and many times that where programs want all of the CPU."""
LATER_SECONDS = 240.0
"""Seconds that what only an extension of the editor has changed, or a program through a mapping, may wait for another
reason to save: with the time between two looks and a save's own, five minutes. Each of these writes for itself would be
a snapshot."""
MOST_NAMED = 20
"""Files that a manifest names as not consistent."""
MOST_ROUNDS = 3
"""Rounds of one checkpoint: what changed while it was packed is packed once more in the next round."""


@dataclass(frozen=True)
class Checkpoint:
    """What a beat says of a save. `bytes` and `files` are the sums over the tiers; `largest` the largest folders;
    `changes` what of the member's changed since the one that was taken before, None if that is not known."""

    seq: int
    manifest: str
    sha256: str
    bytes: int
    files: int
    largest: tuple[dict[str, object], ...] = ()
    changes: dict[str, Any] | None = None

    def encode(self) -> dict[str, Any]:
        return asdict(self)

    def encode_apart(self) -> dict[str, Any]:
        """Of what is kept apart, which is named by what the beat says of it."""
        return {name: value for name, value in self.encode().items() if name not in ("largest", "changes")}


class Checkpoints:
    """The saves of one session."""

    def __init__(
        self, bucket: Bucket, keeper: KeeperProcess, workspace: str, epoch: int, boot: str, programs: Standstill
    ) -> None:
        self._still_look = StillLook(keeper, programs)
        self._bucket = bucket
        self._uploads = LayerUploads(bucket, keeper)
        self._keeper = keeper
        self._workspace = workspace
        self._epoch = epoch
        self._boot = boot
        self._seq = 0
        self._base: str | None = None
        self._tiers = {tier: SavedTier() for tier in TIERS}
        self._accepted = self._tiers
        self._named: dict[int, dict[str, SavedTier]] = {}
        self._generation = 0
        self._is_forgotten = False
        self._made: list[str] = []
        self._making = asyncio.Lock()
        self._unsaved_told = False
        self._later_since: float | None = None
        self.left_out: KeeperAnswer = NOTHING_LEFT_OUT
        """What the newest look has left out of the checkpoints."""
        self._apart: dict[str, KeeperAnswer] = {}
        self.apart: Checkpoint | None = None
        """What was left out, packed once more to be kept apart."""
        self._untold: dict[int, KeeperAnswer | None] = {}
        """The changes of the saves that the control plane has not taken yet, by the saves' `seq`."""
        self.waiting: Checkpoint | None = None
        self.more = False
        """Whether large changes wait for another save, which is due."""

    def begin(self, manifest: Manifest, base: str) -> None:
        """The home is to be emptied, and to become what `manifest` says. Until a tier is restored, its layers are kept
        as they are."""
        self._base = base
        self._is_forgotten = False
        self._made = []
        self._tiers = {tier: to_come(manifest.of(tier), manifest.tiers.get(tier, NOTHING)) for tier in TIERS}
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
            self._count_no_more(tier)
            self._is_forgotten = True

    async def failed(self, tier: str) -> None:
        """The home can't take the tier, in this session. Its layers stay named for another one, with deltas of what is
        new; but new work is not to have less room for them."""
        async with self._making:
            self._change(tier, failed=True)
            self._count_no_more(tier)

    def _change(self, tier: str, **fields: Any) -> None:
        """Of the tier as it is and as it was accepted: what is in the home does not depend on that."""
        for tiers in (self._tiers, self._accepted, *self._named.values()):
            tiers[tier] = replace(tiers[tier], **fields)

    def _count_no_more(self, tier: str) -> None:
        for tiers in (self._tiers, self._accepted, *self._named.values()):
            tiers[tier] = tiers[tier].without_to_come()

    async def _let_go(self, most: int | None) -> None:
        """Of what could not be brought and is too much to be named: with it nothing new would ever be saved. The
        snapshots before have it still."""
        for tier in TIERS:
            if self._tiers[tier].is_too_much(most):
                await self._keeper.order("forget", tier=tier, complete=True)
                logs.event("checkpoint.let-go", severity="ERROR", tier=tier)
                for tiers in (self._tiers, self._accepted, *self._named.values()):
                    tiers[tier] = SavedTier()

    def forget(self) -> None:
        """The keeper died, and what it knew of layers with it."""
        self._generation += 1
        self._is_forgotten = True
        for tier in TIERS:
            self._change(tier, known=False)

    async def make(self, prefix: str, quota: Quota, *, last: bool = False, urgent: bool = False) -> bool:
        """Saves what changed since the last save, as far as the quota has room for it; False when nothing did, and
        nothing else is left out. One at a time. `prefix` is where this container may create objects. What only the
        editor wrote for itself is no reason, but for the `last` one. Where much has changed, what is small goes first,
        and there is `more` to be saved at once. An `urgent` one comes before the member's programs.

        Raises HomeFailed, Unreachable, CorruptState, CheckpointRefused or OSError; then the next one starts from the
        same point.
        """
        async with self._making:
            generation, started = self._generation, elapsed()
            await self._remind()
            await self._let_go(quota.most)
            coming = sum(saved.to_come.bytes for saved in self._tiers.values() if not saved.complete)
            wanted: dict[str, Any] = {**vars(quota), "taken": coming, "urgent": urgent, "last": last}
            wanted["small"] = None if last or self.more else SMALL
            self.more = False
            looked = await self._keeper.order("look", **wanted)
            self._tell_unsaved(looked)
            is_news = _named(self.left_out) != _named(looked["over_quota"])
            self.left_out, self._apart = looked["over_quota"], looked["apart"]
            following = plan(looked["tiers"], self._tiers)
            is_large = any(told["waiting"] for told in looked["tiers"].values())
            if not (following or is_large) or (coming and self._is_too_much(looked["tiers"], coming, quota)):
                return is_news
            is_due = looked["members"] or self._is_later_due(looked, started)
            if not (last or is_news or is_due or is_behind(self._tiers, following)):
                return False
            if is_large and any(tier.how for tier in following):
                self.more = await self._save(wanted, prefix, generation, started)
                if self.more:
                    return True
            wanted["small"] = None
            return await self._save(wanted, prefix, generation, started) or is_news

    def _is_later_due(self, looked: KeeperAnswer, now: float) -> bool:
        if not looked["later"]:
            self._later_since = None
        elif self._later_since is None:
            self._later_since = now
        return self._later_since is not None and now - self._later_since >= LATER_SECONDS

    async def _save(self, wanted: dict[str, Any], prefix: str, generation: int, started: float) -> bool:
        """Pack in rounds: what changed while it was packed, and only that, is packed once more on top of it. Most often
        one is enough, for what is being changed was copied."""
        tiers, written, still = self._tiers, dict[str, How | None](), list[float]()
        for _ in range(MOST_ROUNDS):
            looked, following, is_still = await self._still_look.look(wanted, tiers, written.keys(), still)
            if not following:
                break
            # an object is never written twice, so a save that fails on its way gives its number up
            self._seq += 1
            await self._uploads.write_all(following, tiers, f"{prefix}{self._seq}")
            tiers = as_there(tiers, looked["tiers"]) | {tier.tier: after(tiers[tier.tier], tier) for tier in following}
            written |= {tier.tier: tier.how for tier in following if written.get(tier.tier) is None}
            if not is_still or not any(tier.moved for tier in following):
                break
        if not written:
            return False
        self._later_since = None
        seq = self._seq
        is_known = all(self._tiers[tier].known for tier in written)
        self._untold[seq] = looked["changes"] if is_known else None
        await self._name(tiers, [tier for tier, how in written.items() if how], prefix, looked["largest"], generation)
        for tier in written:
            if not tiers[tier].layers:
                await self._keeper.order("forget", tier=tier, complete=True)
        took = round((elapsed() - started) * 1000, 1)
        logs.event("checkpoint.uploaded", seq=seq, tiers=written, ms=took, still_ms=still)
        return True

    async def keep_apart(self, prefix: str) -> None:
        """Packs what the newest look has left out, as far as there is room for it, for the last beat to name. Raises as
        `make`."""
        async with self._making:
            following = [
                NextTier(tier, How.WHOLE, Tier(told["bytes"], told["files"]))
                for tier, told in self._apart.items()
                if told["files"]
            ]
            if not following or self.apart is not None:
                return
            self._seq += 1
            seq, started = self._seq, elapsed()
            await self._uploads.write_apart(following, f"{prefix}{seq}")
            held = {tier.tier: tier.held for tier in following}
            layers = tuple(layer for tier in following for layer in tier.layers)
            manifest = Manifest(self._workspace, self._epoch, self._boot, seq, None, held, layers)
            self.apart = await self._store(manifest, prefix)
            logs.event("left-out.uploaded", seq=seq, bytes=self.apart.bytes, ms=round((elapsed() - started) * 1000, 1))

    async def _store(self, manifest: Manifest, prefix: str, largest: Sequence[Any] = ()) -> Checkpoint:
        name = f"{prefix}{manifest.seq}.manifest.json"
        stored = await self._bucket.create_small(name, manifest.encode())
        return Checkpoint(
            manifest.seq,
            name,
            stored.sha256,
            bytes=sum(tier.bytes for tier in manifest.tiers.values()),
            files=sum(tier.files for tier in manifest.tiers.values()),
            largest=tuple({"path": path, "bytes": size} for path, size in largest),
        )

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

    def _is_too_much(self, looked: dict[str, KeeperAnswer], coming: int, quota: Quota) -> bool:
        """A smaller plan was taken, and what is still to come can't be left out before it is there."""
        total = coming + sum(told["bytes"] for told in looked.values())
        return quota.most is not None and total > quota.most

    async def _name(
        self,
        tiers: dict[str, SavedTier],
        written: list[str],
        prefix: str,
        largest: list[Any],
        generation: int,
    ) -> None:
        seq = self._seq
        manifest = Manifest(
            self._workspace,
            self._epoch,
            self._boot,
            seq,
            self._base,
            {tier: saved.held for tier, saved in tiers.items() if saved.layers},
            tuple(layer for tier in TIERS for layer in tiers[tier].layers),
            inconsistent=tuple(path for tier in TIERS for path in tiers[tier].inconsistent)[:MOST_NAMED],
        )
        checkpoint = await self._store(manifest, prefix, largest)
        if generation == self._generation:
            await self._keeper.order("adopt", tiers=written)
        if generation != self._generation:
            raise CheckpointRefused("what this one builds on was refused or forgotten meanwhile")
        self._tiers = self._named[seq] = tiers
        known = summed([changes for number, changes in sorted(self._untold.items()) if number <= seq])
        self.waiting = replace(checkpoint, changes=known)

    def accepted(self, checkpoint: Checkpoint) -> None:
        """The head moved to `checkpoint`."""
        self._base = f"{self._epoch}-{self._boot}-{checkpoint.seq}"
        self._accepted = self._named.pop(checkpoint.seq)
        self._untold = {seq: changes for seq, changes in self._untold.items() if seq > checkpoint.seq}
        self._named = {seq: tiers for seq, tiers in self._named.items() if seq > checkpoint.seq}
        if self.waiting == checkpoint:
            self.waiting = None

    def refused(self) -> None:
        """What was written since the last checkpoint that was taken is not built on: the next save is whole, or of a
        tier that is not restored, a delta of all that is there."""
        self.waiting = None
        self._untold.clear()
        self._named.clear()
        self._tiers = self._accepted
        self.forget()

    def _tell_unsaved(self, looked: KeeperAnswer) -> None:
        if not self._unsaved_told and (looked["left_out"] or looked["special"]):
            self._unsaved_told = True
            logs.warning("checkpoint.left-out", entries=looked["left_out"], special=looked["special"])


def _named(left_out: KeeperAnswer) -> tuple[int, set[tuple[str, bool]]]:
    """What is news of it. That something in it grows is not: its size is told with the next heartbeat."""
    return left_out["count"], {(entry["path"], entry["kept"]) for entry in left_out["entries"]}
