"""Brings a workspace's saved state into the home: fetch and verify every layer, then unpack them as the member."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from agent import logs
from agent.bucket import Bucket
from agent.checkpoints import SPOOL
from agent.control_plane import Head
from agent.errors import CorruptState
from agent.manifest import Layer, Manifest, decode
from agent.processes import start_as_member
from agent.settings import HOME, IMAGE

# Layers stand one behind the other in the stream. Modes of folders are set at the very end: a later layer may have to
# write into a folder that an earlier one makes read-only.
UNPACK = [
    "tar",
    "--extract",
    "--file=-",
    "--use-compress-program=zstd",
    "--ignore-zeros",
    "--delay-directory-restore",
    "--preserve-permissions",
    "--no-same-owner",
    "--numeric-owner",
]

# What the editor made while the slot was warm must not mix with what the member saved.
EMPTY = ["find", ".", "-mindepth", "1", "-delete"]


@dataclass
class Progress:
    """Bytes of layers, compressed."""

    done: int = 0
    total: int = 0
    state: str = "waiting"


async def restore(bucket: Bucket, head: Head, progress: Progress) -> Manifest:
    """Raises Unreachable, or CorruptState when a byte is not what was saved. Safe to repeat."""
    progress.state = "fetching"
    manifest = decode(await _fetch_manifest(bucket, head))
    progress.done, progress.total = 0, sum(layer.bytes for layer in manifest.layers)
    stream = SPOOL / "restore.tar.zst"
    try:
        with stream.open("wb") as target:
            for layer in manifest.layers:
                await _fetch(bucket, layer, target.write, progress)
        progress.state = "unpacking"
        await _as_member(EMPTY)
        if manifest.layers:
            with stream.open("rb") as source:
                await _as_member(UNPACK, stdin=source.fileno())
    finally:
        stream.unlink(missing_ok=True)
    progress.state = "done"
    return manifest


async def furnish() -> None:
    """The home of a workspace that was never saved."""
    await _as_member(["cp", "--recursive", "--no-target-directory", f"{IMAGE}/skel", str(HOME)])


async def _fetch_manifest(bucket: Bucket, head: Head) -> bytes:
    parts: list[bytes] = []
    await bucket.read(head.manifest, parts.append)
    text = b"".join(parts)
    if hashlib.sha256(text).hexdigest() != head.sha256:
        raise CorruptState("the manifest is not the one that was committed")
    return text


async def _fetch(bucket: Bucket, layer: Layer, write: Callable[[bytes], object], progress: Progress) -> None:
    digest = hashlib.sha256()

    def take(chunk: bytes) -> None:
        digest.update(chunk)
        write(chunk)
        progress.done += len(chunk)

    await bucket.read(layer.name, take)
    if digest.hexdigest() != layer.sha256:
        raise CorruptState(f"the {layer.tier} layer is not the one that was saved")


async def _as_member(command: list[str], stdin: int = asyncio.subprocess.DEVNULL) -> None:
    process = await start_as_member(
        command,
        environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        stdin=stdin,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    if process.returncode != 0:
        # the last part of a line is the reason; what stands before it are the member's file names
        reason = complaint.decode(errors="replace").partition("\n")[0].rpartition(": ")[2]
        logs.warning("restore.program-failed", program=command[0], code=process.returncode, reason=reason)
        raise CorruptState(f"{command[0]} could not bring the home into place: {reason}")
