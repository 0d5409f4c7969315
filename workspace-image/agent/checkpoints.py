"""One save of the home: pack what changed, upload it, and name it in a manifest. A heartbeat makes it the head."""

import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent import logs
from agent.blobs import Blob, drain, keep
from agent.bucket import Bucket
from agent.errors import PackingFailed
from agent.manifest import Layer, Manifest
from agent.processes import start_as_member
from agent.settings import IMAGE, PRIVATE
from agent.tiers import TIERS

SPOOL = PRIVATE / "layers"


@dataclass(frozen=True)
class Checkpoint:
    """What a beat says of a save. `bytes` and `files` are the sums of the layers' logical bytes and entries."""

    seq: int
    manifest: str
    sha256: str
    bytes: int
    files: int

    def encode(self) -> dict[str, Any]:
        return asdict(self)


class Checkpoints:
    """The saves of one session. `prefix` is where this container may create objects."""

    def __init__(self, bucket: Bucket, workspace: str, epoch: int, boot: str) -> None:
        self._bucket = bucket
        self._workspace = workspace
        self._epoch = epoch
        self._boot = boot
        self._seq = 0
        self._base: str | None = None
        self._layers: dict[str, Layer] = {}
        self._fingerprints: dict[str, str] = {}
        self._making = asyncio.Lock()
        self.waiting: Checkpoint | None = None

    async def begin(self, restored: Manifest | None, base: str | None) -> None:
        """Takes the home as it is now for what `restored` says, so that unchanged tiers keep their layers."""
        self._base = base
        if restored is None:
            return
        report, _ = await _pack(known={}, spool={})
        self._layers = {layer.tier: layer for layer in restored.layers}
        self._fingerprints = {tier: report[tier]["fingerprint"] for tier in TIERS}

    async def make(self, prefix: str) -> bool:
        """Saves what changed since the last save; False when nothing did. One at a time.

        Raises PackingFailed, Unreachable or CorruptState; then the next one starts from the same point.
        """
        async with self._making:
            seq = self._seq + 1
            report, blobs = await _pack(self._fingerprints, {t: SPOOL / f"{seq}-{t}.tar.zst" for t in TIERS})
            try:
                if not any(report[tier]["changed"] for tier in TIERS):
                    return False
                # an object is never written twice, so a save that fails on its way gives its number up
                self._seq = seq
                await self._commit(seq, prefix, report, blobs)
                return True
            finally:
                for blob in blobs.values():
                    blob.path.unlink(missing_ok=True)

    async def _commit(self, seq: int, prefix: str, report: dict[str, Any], blobs: dict[str, Blob]) -> None:
        layers = {}
        for tier in TIERS:
            found = report[tier]
            if not found["changed"] and tier in self._layers:
                layers[tier] = self._layers[tier]
            elif found["entries"]:
                name, blob = f"{prefix}{seq}-{tier}.tar.zst", blobs[tier]
                await self._bucket.create(name, blob)
                layers[tier] = Layer(tier, name, blob.sha256, blob.bytes, found["logical_bytes"], found["entries"])
        manifest = Manifest(self._workspace, self._epoch, self._boot, seq, self._base, tuple(layers.values()))
        name, blob = f"{prefix}{seq}.manifest.json", keep(manifest.encode(), SPOOL / f"{seq}.manifest.json")
        blobs["manifest"] = blob
        await self._bucket.create(name, blob)
        self._layers = layers
        self._fingerprints = {tier: report[tier]["fingerprint"] for tier in TIERS}
        self.waiting = Checkpoint(
            seq,
            name,
            blob.sha256,
            bytes=sum(layer.logical_bytes for layer in layers.values()),
            files=sum(layer.entries for layer in layers.values()),
        )
        logs.event("checkpoint.uploaded", seq=seq, bytes=self.waiting.bytes, files=self.waiting.files)

    def accepted(self, checkpoint: Checkpoint) -> None:
        """The head moved to `checkpoint`."""
        self._base = f"{self._epoch}-{self._boot}-{checkpoint.seq}"
        if self.waiting == checkpoint:
            self.waiting = None

    def refused(self) -> None:
        """Forget everything that was thought to be in the bucket: the next save is whole."""
        self.waiting = None
        self._layers = {}
        self._fingerprints = {}


async def _pack(known: dict[str, str], spool: dict[str, Path]) -> tuple[dict[str, Any], dict[str, Blob]]:
    """Runs the packer as the member. Without a spool for a tier it is only looked at."""
    pipes = {tier: os.pipe() for tier in spool}
    ends = {tier: write for tier, (_, write) in pipes.items()}
    packer = await start_as_member(
        [sys.executable, "-m", "agent.pack", json.dumps({"known": known, "pipes": ends})],
        environment={"PYTHONPATH": str(IMAGE), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        pass_fds=tuple(ends.values()),
    )
    for write in ends.values():
        os.close(write)
    draining = asyncio.gather(*(asyncio.to_thread(drain, read, spool[tier]) for tier, (read, _) in pipes.items()))
    (report, complaint), blobs = await asyncio.gather(packer.communicate(), draining)
    if packer.returncode != 0:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise PackingFailed(f"the packer ended with {packer.returncode}: {last}")
    return json.loads(report), dict(zip(spool, blobs, strict=True))
