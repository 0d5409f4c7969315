"""Saves the home: the keeper packs the changes as layers, which are uploaded, and a manifest names them. A heartbeat
makes the checkpoint the head."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from agent import logs
from agent.clock import elapsed
from agent.errors import CheckpointRefused
from agent.home.changes import summed
from agent.home.storage_quota import Quota
from agent.home.tiers import TIERS
from agent.state.apart import FAILURES, Apart
from agent.state.bucket import Bucket
from agent.state.keeper_process import KeeperAnswer, KeeperProcess
from agent.state.layer_uploads import LayerUploads
from agent.state.layers import How
from agent.state.manifest import Manifest
from agent.state.planning import NOTHING, SavedTier, after, is_behind, plan, to_come, with_scanned_sums
from agent.state.standstill import Standstill, StillScan

NOTHING_LEFT_OUT: KeeperAnswer = {"count": 0, "bytes": 0, "lost_bytes": 0, "entries": []}
SMALL = 8 << 20
"""Bytes of changes, in one folder or in all packages, above which these changes wait until everything smaller is saved.
Packing so much takes a second, and many times that where programs want all of the CPU."""
LATER_SECONDS = 240.0
"""Seconds that two kinds of changes may wait for another reason to save: changes in an extension's storage, and writes
through a mapping. With the time between two scans and the time of a save, that is five minutes. If each of these writes
were a reason to save, each would be a snapshot."""
MOST_NAMED = 20
"""Files that a manifest names as inconsistent."""
LEAST_SECONDS = 1.0
"""Seconds for the small manifest of what is kept apart, however late it is."""
MOST_ROUNDS = 3
"""Rounds of one checkpoint: files that change while one round packs them are packed again in the next round."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as a heartbeat names it. `bytes` and `files` are the sums over the tiers. `largest`: the largest
    folders. `changes`: the member's changes since the last accepted checkpoint; None if they are not known."""

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
        """The fields of a checkpoint of what is kept apart: without `largest` and `changes`."""
        return {name: value for name, value in self.encode().items() if name not in ("largest", "changes")}


class Checkpoints:
    """The saves of one session."""

    def __init__(
        self, bucket: Bucket, keeper: KeeperProcess, workspace: str, epoch: int, boot: str, programs: Standstill
    ) -> None:
        self._still_scan = StillScan(keeper, programs)
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
        self._tiers_by_seq: dict[int, dict[str, SavedTier]] = {}
        self._generation = 0
        self._is_forgotten = False
        self._made_folders: list[str] = []
        self._making = asyncio.Lock()
        self._is_unsaved_logged = False
        self._later_since: float | None = None
        self.left_out: KeeperAnswer = NOTHING_LEFT_OUT
        """What the newest scan has left out of the checkpoints."""
        self._left_out_at_end: KeeperAnswer | None = None
        self._apart: dict[str, KeeperAnswer] = {}
        self.apart: Checkpoint | None = None
        """The checkpoint of what was left out and is kept apart."""
        self._unaccepted_changes: dict[int, KeeperAnswer | None] = {}
        """The member's changes in each save that the control plane has not accepted yet, by the save's `seq`; None if
        they are not known."""
        self.waiting: Checkpoint | None = None
        self.more = False
        """Whether large changes wait for another save, which is to follow at once."""

    def begin(self, manifest: Manifest, base: str) -> None:
        """Begins a restore: the home is to be emptied, and to become what `manifest` says. Until a tier is restored,
        the next manifests name its layers unchanged."""
        self._base = base
        self._is_forgotten = False
        self._made_folders = []
        self._tiers = {tier: to_come(manifest.of(tier), manifest.tiers.get(tier, NOTHING)) for tier in TIERS}
        self._accepted = self._tiers

    async def restored(self, tier: str, *, as_saved: bool) -> None:
        """Moves an unpacked tier into the home. Unless the tier comes from this manifest's own layers (`as_saved`), its
        next save is whole. Raises HomeFailed."""
        async with self._making:  # a tier must not change between the scan of a save and its packing
            await self._remind_keeper()
            placed = await self._keeper.order("place", tier=tier)
            self._made_folders = placed["made"]
            known = self._tiers[tier].known and as_saved
            self._change(tier, complete=True, known=known, base=1)

    async def given_up(self, tier: str) -> None:
        """Nobody can read the tier's layers. Manifests name these layers until the member has files in the tier again.
        Then the tier is saved whole: a delta to unreadable layers would be unreadable too."""
        async with self._making:
            self._change(tier, complete=True, known=False, damaged=True)
            self._drop_to_come(tier)
            self._is_forgotten = True

    async def failed(self, tier: str) -> None:
        """The home can't take the tier, in this session. Manifests go on naming its layers, with deltas for new files,
        so that a later session can restore them. The layers no longer count against the member's quota."""
        async with self._making:
            self._change(tier, failed=True)
            self._drop_to_come(tier)

    def _change(self, tier: str, **fields: Any) -> None:
        """Changes fields of the tier in every record: the current, the accepted and the named ones. What is in the home
        is the same for all of them."""
        for tiers in (self._tiers, self._accepted, *self._tiers_by_seq.values()):
            tiers[tier] = replace(tiers[tier], **fields)

    def _drop_to_come(self, tier: str) -> None:
        for tiers in (self._tiers, self._accepted, *self._tiers_by_seq.values()):
            tiers[tier] = tiers[tier].without_to_come()

    async def _drop_too_large(self, most: int | None) -> None:
        """Drops the layers that could not be restored and that are too large to be named: with these layers no new
        checkpoint would be accepted. Earlier snapshots still have them."""
        for tier in TIERS:
            if self._tiers[tier].is_too_much(most):
                await self._keeper.order("forget", tier=tier, complete=True)
                logs.event("checkpoint-let-go", severity="ERROR", tier=tier)
                for tiers in (self._tiers, self._accepted, *self._tiers_by_seq.values()):
                    tiers[tier] = SavedTier()

    def forget(self) -> None:
        """The keeper died, and with it the record of what the layers hold."""
        self._generation += 1
        self._is_forgotten = True
        for tier in TIERS:
            self._change(tier, known=False)

    async def make(self, prefix: str, quota: Quota, *, last: bool = False, urgent: bool = False) -> bool:
        """Saves the changes since the last save, as far as the quota has room. False if there is nothing to save and
        nothing else is left out. Saves run one at a time.

        `prefix` is where this container may create objects. Changes that only the editor made for itself are no reason
        to save, except for the `last` save. Where much has changed, small changes are saved first, and `more` says that
        another save is to follow at once. An `urgent` save runs at the priority of the member's programs.

        Raises HomeFailed, Unreachable, CorruptState, CheckpointRefused or OSError; then the next save starts from the
        same point.
        """
        async with self._making:
            generation, started = self._generation, elapsed()
            await self._remind_keeper()
            await self._drop_too_large(quota.most)
            coming = sum(saved.to_come.bytes for saved in self._tiers.values() if not saved.complete)
            scan_fields: dict[str, Any] = {**vars(quota), "taken": coming, "urgent": urgent, "last": last}
            scan_fields["small"] = None if last or self.more else SMALL
            self.more = False
            scanned = await self._keeper.order("scan", **scan_fields)
            self._log_unsaved(scanned)
            is_news = _news(self.left_out) != _news(scanned["over_quota"])
            self.left_out, self._apart = scanned["over_quota"], scanned["apart"]
            following = plan(scanned["tiers"], self._tiers)
            is_large = any(tier_answer["waiting"] for tier_answer in scanned["tiers"].values())
            if not (following or is_large) or (coming and self._is_too_much(scanned["tiers"], coming, quota)):
                return is_news
            is_due = scanned["members"] or self._is_later_due(scanned, started)
            if not (last or is_news or is_due or is_behind(self._tiers, following)):
                return False
            if is_large and any(tier.how for tier in following):
                self.more = await self._save(scan_fields, prefix, generation, started)
                if self.more:
                    return True
            scan_fields["small"] = None
            return await self._save(scan_fields, prefix, generation, started) or is_news

    def _is_later_due(self, scanned: KeeperAnswer, now: float) -> bool:
        if not scanned["later"]:
            self._later_since = None
        elif self._later_since is None:
            self._later_since = now
        return self._later_since is not None and now - self._later_since >= LATER_SECONDS

    async def _save(self, scan_fields: dict[str, Any], prefix: str, generation: int, started: float) -> bool:
        """Packs in rounds: a round packs only what changed while the round before was packing. Mostly one round is
        enough, because files that are being changed were copied."""
        tiers, written, still_ms = self._tiers, dict[str, How | None](), list[float]()
        for _ in range(MOST_ROUNDS):
            scanned, following, is_still = await self._still_scan.scan(scan_fields, tiers, written.keys(), still_ms)
            if not following:
                break
            # no object is written twice, so a save that fails uses up its number
            self._seq += 1
            await self._uploads.write_all(following, tiers, f"{prefix}{self._seq}")
            tiers = with_scanned_sums(tiers, scanned["tiers"]) | {
                tier.tier: after(tiers[tier.tier], tier) for tier in following
            }
            written |= {tier.tier: tier.how for tier in following if written.get(tier.tier) is None}
            if not is_still or not any(tier.moved for tier in following):
                break
        if not written:
            return False
        self._later_since = None
        seq = self._seq
        is_known = all(self._tiers[tier].known for tier in written)
        self._unaccepted_changes[seq] = scanned["changes"] if is_known else None
        await self._write_manifest(
            tiers, [tier for tier, how in written.items() if how], prefix, scanned["largest"], generation
        )
        for tier in written:
            if not tiers[tier].layers:
                await self._keeper.order("forget", tier=tier, complete=True)
        took = round((elapsed() - started) * 1000, 1)
        logs.event("checkpoint-uploaded", seq=seq, tiers=written, ms=took, still_ms=still_ms)
        return True

    async def keep_apart(self, prefix: str, seconds: float) -> None:
        """Packs what the newest scan has left out, as far as there is room to keep it apart, and as far as `seconds`
        are enough: own work first, and of each kind the smallest things. The last heartbeat names it. It is tried once,
        because the control plane waits no longer. `left_out` says afterwards what is kept."""
        async with self._making:
            if self._left_out_at_end is None:
                self._left_out_at_end = await self._pack_apart(prefix, seconds)
            self.left_out = self._left_out_at_end

    async def _pack_apart(self, prefix: str, seconds: float) -> KeeperAnswer:
        """What is left out, after what could be packed is kept apart."""
        started = elapsed()
        apart = Apart(self._uploads, self.left_out, lambda: f"{prefix}{self._next_seq()}")
        await apart.pack([tier for tier in self._apart if self._apart[tier]["files"]], seconds)
        if not apart.kept:
            return apart.left_out
        held = {tier.tier: tier.held for tier in apart.kept}
        layers = tuple(layer for tier in apart.kept for layer in tier.layers)
        manifest = Manifest(self._workspace, self._epoch, self._boot, self._next_seq(), None, held, layers)
        try:
            async with asyncio.timeout(max(LEAST_SECONDS, seconds - elapsed() + started)):
                self.apart = await self._store(manifest, prefix)
        except FAILURES as error:
            logs.warning("left-out-failed", reason=str(error) or type(error).__name__)
            for tier in held:
                apart.lose(tier)
        else:
            ms = round((elapsed() - started) * 1000, 1)
            logs.event("left-out-uploaded", seq=manifest.seq, bytes=self.apart.bytes, ms=ms)
        return apart.left_out

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    async def _store(self, manifest: Manifest, prefix: str, largest: Sequence[Any] = ()) -> Checkpoint:
        name = f"{prefix}{manifest.seq}.manifest.json"
        stored = await self._bucket.create_small(name, manifest.encode())
        return Checkpoint(
            manifest.seq,
            name,
            stored.sha256,
            bytes=sum(tier.bytes for tier in manifest.tiers.values()),
            files=sum(tier.files for tier in manifest.tiers.values()),
            largest=tuple(
                {"path": path, "bytes": size, "dependencies": made_again} for path, size, made_again in largest
            ),
        )

    async def _remind_keeper(self) -> None:
        """Tells a new keeper which tiers are still to be restored and which folders were made as parents only."""
        if self._is_forgotten:
            self._is_forgotten = False
            for tier, saved in self._tiers.items():
                if not saved.known:  # of a known tier, the keeper must go on knowing which paths are missing
                    await self._keeper.order("forget", tier=tier, complete=saved.complete)
            if self._made_folders:
                await self._keeper.order("remember", made=self._made_folders)

    def _is_too_much(self, scanned: dict[str, KeeperAnswer], coming: int, quota: Quota) -> bool:
        """Whether the home and the tiers that are still to come exceed the quota. That happens after a change to a
        smaller plan; a tier can't be left out before it is restored."""
        total = coming + sum(tier_answer["bytes"] for tier_answer in scanned.values())
        return quota.most is not None and total > quota.most

    async def _write_manifest(
        self,
        tiers: dict[str, SavedTier],
        written: list[str],
        prefix: str,
        largest: list[Any],
        generation: int,
    ) -> None:
        seq = self._seq
        inconsistent = [path for tier in TIERS for path in tiers[tier].inconsistent]
        manifest = Manifest(
            self._workspace,
            self._epoch,
            self._boot,
            seq,
            self._base,
            {tier: saved.held for tier, saved in tiers.items() if saved.layers},
            tuple(layer for tier in TIERS for layer in tiers[tier].layers),
            inconsistent=tuple(inconsistent[:MOST_NAMED]),
            inconsistent_unnamed=len(inconsistent[MOST_NAMED:]) + sum(tiers[tier].unnamed for tier in TIERS),
        )
        checkpoint = await self._store(manifest, prefix, largest)
        if generation == self._generation:
            await self._keeper.order("adopt", tiers=written)
        if generation != self._generation:
            raise CheckpointRefused("what this one builds on was refused or forgotten meanwhile")
        self._tiers = self._tiers_by_seq[seq] = tiers
        member_changes = summed(
            [changes for number, changes in sorted(self._unaccepted_changes.items()) if number <= seq]
        )
        self.waiting = replace(checkpoint, changes=member_changes)

    def accepted(self, checkpoint: Checkpoint) -> None:
        """The control plane made `checkpoint` the head."""
        self._base = f"{self._epoch}-{self._boot}-{checkpoint.seq}"
        self._accepted = self._tiers_by_seq.pop(checkpoint.seq)
        self._unaccepted_changes = {
            seq: changes for seq, changes in self._unaccepted_changes.items() if seq > checkpoint.seq
        }
        self._tiers_by_seq = {seq: tiers for seq, tiers in self._tiers_by_seq.items() if seq > checkpoint.seq}
        if self.waiting == checkpoint:
            self.waiting = None

    def refused(self) -> None:
        """The control plane refused the newest checkpoint. The next save does not build on layers that were written
        since the accepted one: it is whole, or, for a tier that is still to be restored, a delta of everything in the
        home."""
        self.waiting = None
        self._unaccepted_changes.clear()
        self._tiers_by_seq.clear()
        self._tiers = self._accepted
        self.forget()

    def _log_unsaved(self, scanned: KeeperAnswer) -> None:
        if not self._is_unsaved_logged and (scanned["left_out"] or scanned["special"]):
            self._is_unsaved_logged = True
            logs.warning("checkpoint-left-out", entries=scanned["left_out"], special=scanned["special"])


def _news(left_out: KeeperAnswer) -> tuple[int, set[tuple[str, bool]]]:
    """The part of `left_out` whose change is news. A changed size is no news: the next heartbeat tells the size."""
    return left_out["count"], {(entry["path"], entry["kept"]) for entry in left_out["entries"]}
