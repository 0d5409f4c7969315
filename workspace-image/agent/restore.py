"""Brings a workspace's saved state into the home: fetch, verify and unpack, as the member, one layer after another."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryFile

from agent import logs
from agent.blobs import CHUNK
from agent.bucket import Bucket
from agent.checkpoints import SPOOL
from agent.control_plane import Head
from agent.errors import CorruptState, RestoreFailed, reason_of
from agent.manifest import Layer, Manifest, decode
from agent.processes import start_as_member
from agent.places import HOME, IMAGE

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
    """Raises Unreachable, RestoreFailed, OSError, or CorruptState when a byte is not what was saved. Safe to repeat."""
    progress.state = "fetching"
    manifest = decode(await _fetch_manifest(bucket, head))
    progress.done, progress.total = 0, sum(layer.bytes for layer in manifest.layers)
    await _empty()
    if manifest.layers:
        await _unpack(bucket, manifest.layers, progress)
    progress.state = "done"
    return manifest


async def _empty() -> None:
    """The editor is alive and may write into a folder that is being deleted."""
    for last_try in (False, False, False, False, True):
        try:
            await _as_member(EMPTY)
            return
        except RestoreFailed:
            if last_try:
                raise
            await asyncio.sleep(0.1)


async def _unpack(bucket: Bucket, layers: tuple[Layer, ...], progress: Progress) -> None:
    """One program unpacks all layers; each is fetched whole and verified before any byte of it goes there."""
    tar = await _start(UNPACK, stdin=asyncio.subprocess.PIPE)
    assert tar.stdin is not None and tar.stderr is not None  # noqa: S101  for the type checker
    complaining = asyncio.create_task(tar.stderr.read())
    try:
        for layer in layers:
            with TemporaryFile(dir=SPOOL) as fetched:
                progress.state = "fetching"
                await _fetch(bucket, layer, fetched.write, progress)
                progress.state = "unpacking"
                fetched.seek(0)
                while chunk := await asyncio.to_thread(fetched.read, CHUNK):
                    tar.stdin.write(chunk)
                    await tar.stdin.drain()
        tar.stdin.close()
        _check(UNPACK[0], await tar.wait(), await complaining)
    except ConnectionError:
        _check(UNPACK[0], await tar.wait(), await complaining)
        raise
    finally:
        if tar.returncode is None:
            tar.kill()
            # its helpers read on until this ends, and hold its other pipe as long
            tar.stdin.close()
            await tar.wait()


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


async def _as_member(command: list[str]) -> None:
    process = await _start(command)
    _, complaint = await process.communicate()
    _check(command[0], process.returncode, complaint)


async def _start(command: list[str], stdin: int = asyncio.subprocess.DEVNULL) -> asyncio.subprocess.Process:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    return await start_as_member(command, environment=environment, stdin=stdin, stderr=asyncio.subprocess.PIPE)


def _check(program: str, code: int | None, complaint: bytes) -> None:
    if code != 0:
        reason = reason_of(complaint.decode(errors="replace").partition("\n")[0])
        logs.warning("restore.program-failed", program=program, code=code, reason=reason)
        raise RestoreFailed(f"{program} could not bring the home into place: {reason}")
