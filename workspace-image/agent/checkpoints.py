"""One save of the home: pack what changed, upload it, and name it in a manifest. A heartbeat makes it the head."""

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agent import logs
from agent.blobs import Blob, drain, keep
from agent.bucket import Bucket
from agent.errors import CheckpointRefused, PackingFailed
from agent.manifest import Layer, Manifest
from agent.processes import start_as_member
from agent.places import HOME, IMAGE, PRIVATE
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
        self._looking: asyncio.subprocess.Process | None = None
        self.waiting: Checkpoint | None = None

    async def prepare(self) -> None:
        """Starts the packer that `begin` asks, so that it is there by then. It waits for its orders."""
        if self._looking is None or self._looking.returncode is not None:
            self._looking = await _start_packer(pass_fds=())

    async def begin(self, restored: Manifest, base: str) -> None:
        """Takes the home as it is now for what `restored` says, so that unchanged tiers keep their layers."""
        self._base = base
        packer, self._looking = self._looking or await _start_packer(pass_fds=()), None
        output, _ = await packer.communicate(_orders(known={}, pipes={}))
        report = _report(output, packer.returncode)
        self._layers = {layer.tier: layer for layer in restored.layers}
        self._fingerprints = {tier: report[tier]["fingerprint"] for tier in self._layers}

    async def make(self, prefix: str) -> bool:
        """Saves what changed since the last save; False when nothing did. One at a time.

        Raises PackingFailed, Unreachable, CorruptState, CheckpointRefused or OSError; then the next one starts from
        the same point.
        """
        async with self._making:
            # whatever happens, nothing stays behind in a place that has little room
            with TemporaryDirectory(dir=SPOOL) as spool:
                return await self._make(prefix, Path(spool))

    async def _make(self, prefix: str, spool: Path) -> bool:
        known = self._layers
        report, blobs = await _pack(self._fingerprints, {tier: spool / tier for tier in TIERS})
        if not any(report[tier]["changed"] for tier in TIERS):
            return False
        if left_out := sum(report[tier]["left_out"] for tier in TIERS):
            logs.warning("checkpoint.left-out", entries=left_out)
        # an object is never written twice, so a save that fails on its way gives its number up
        self._seq += 1
        await self._commit(self._seq, prefix, known, report, blobs, spool)
        return True

    async def _commit(
        self,
        seq: int,
        prefix: str,
        known: dict[str, Layer],
        report: dict[str, Any],
        blobs: dict[str, Blob],
        spool: Path,
    ) -> None:
        layers: dict[str, Layer] = {}
        for tier in TIERS:
            found = report[tier]
            if not found["entries"]:
                continue
            if not found["changed"]:
                layers[tier] = known[tier]
            else:
                name, blob = f"{prefix}{seq}-{tier}.tar.zst", blobs[tier]
                await self._bucket.create(name, blob)
                layers[tier] = Layer(tier, name, blob.sha256, blob.bytes, found["logical_bytes"], found["entries"])
        manifest = Manifest(self._workspace, self._epoch, self._boot, seq, self._base, tuple(layers.values()))
        name, blob = f"{prefix}{seq}.manifest.json", keep(manifest.encode(), spool / "manifest")
        await self._bucket.create(name, blob)
        if self._layers is not known:
            raise CheckpointRefused("the one before, on which this one builds, was refused meanwhile")
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
    """Runs the packer as the member, with a spool for every tier."""
    pipes = {tier: os.pipe() for tier in spool}
    ends = {tier: write for tier, (_, write) in pipes.items()}
    try:
        packer = await _start_packer(pass_fds=ends.values())
    except OSError:
        for read, _ in pipes.values():
            os.close(read)
        raise
    finally:
        for write in ends.values():
            os.close(write)
    # each to its end, whatever becomes of the others: none may go on writing afterwards
    draining = asyncio.gather(
        *(asyncio.to_thread(drain, read, spool[tier]) for tier, (read, _) in pipes.items()), return_exceptions=True
    )
    (output, _), drained = await asyncio.gather(packer.communicate(_orders(known, ends)), draining)
    blobs = {tier: _sound(blob) for tier, blob in zip(spool, drained, strict=True)}
    return _report(output, packer.returncode), blobs


async def _start_packer(pass_fds: Iterable[int]) -> asyncio.subprocess.Process:
    return await start_as_member(
        [sys.executable, "-m", "agent.pack"],
        environment={"PYTHONPATH": str(IMAGE), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # a traceback may quote a file's name
        stderr=asyncio.subprocess.DEVNULL,
        pass_fds=pass_fds,
    )


def _orders(known: dict[str, str], pipes: dict[str, int]) -> bytes:
    """A tier without a pipe is only looked at."""
    return json.dumps({"home": str(HOME), "known": known, "pipes": pipes}).encode()


def _sound(blob: Blob | BaseException) -> Blob:
    if isinstance(blob, BaseException):
        raise blob
    return blob


def _report(output: bytes, code: int | None) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(output)
    except ValueError:
        report = {}
    if code != 0 or not report:
        raise PackingFailed(f"the packer ended with {code}: {report.get('failed', 'it did not say why')}")
    return report
