"""`make restore-drill`: restores every workspace of a stack into a scratch folder and verifies what came out.

Of the stack that deploy/target.py finds. Nothing is changed in it.
Every hash is checked, the manifest's and each layer's, and the slot's own code unpacks them, in a process that has
nobody's rights where root runs this.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from agent.home.keeper import read_result
from agent.home.unpack import Unpacked

from deploy import target
from shared.gcp import buckets
from shared.gcp.store.snapshots import all_heads
from shared.snapshots.checkpoint import TIERS, CheckpointRefused, Head, Layer, Manifest
from shared.snapshots.format.tar_reader import BrokenArchive

CHUNK = 1 << 20


class Damaged(Exception):
    """A workspace does not come back as its manifest says. The text says what is wrong."""


def main() -> None:
    """Ends with 1 if a workspace does not come back."""
    parser = argparse.ArgumentParser(prog="make restore-drill", description=__doc__.splitlines()[0])
    target.add_argument(parser)
    parser.add_argument("--scratch", type=Path, help="where there is room for the largest workspace")
    arguments = parser.parse_args()
    target.choose(arguments.state)
    sys.exit(0 if drill(arguments.scratch) else 1)


def drill(scratch: Path | None = None) -> bool:
    """Whether every workspace came back; a line about each on the way."""
    well = damaged = 0
    for wid, head in all_heads():
        with tempfile.TemporaryDirectory(prefix="ondol-drill-", dir=scratch) as folder:
            try:
                files, size = restore(head, Path(folder))
            except (Damaged, CheckpointRefused, BrokenArchive) as error:
                damaged += 1
                print(f"{wid}  {head.snapshot}  DAMAGED: {error}")
            else:
                well += 1
                print(f"{wid}  {head.snapshot}  {files} files, {size} bytes")
    print(f"{well} workspaces came back whole, {damaged} did not.")
    return not damaged


def restore(head: Head, folder: Path) -> tuple[int, int]:
    """Files and bytes that came out in `folder`. Raises Damaged, Broken or CheckpointRefused."""
    manifest = buckets.head_manifest(head)
    counts = [_restore_tier(tier, manifest, folder / tier) for tier in TIERS if tier in manifest.tiers]
    return sum(files for files, _ in counts), sum(size for _, size in counts)


def _restore_tier(tier: str, manifest: Manifest, folder: Path) -> tuple[int, int]:
    layers = [layer for layer in manifest.layers if layer.tier == tier]
    folder.mkdir()
    unpacked = _unpack(layers, folder)
    found = len(unpacked.marks), sum(_sizes(folder))
    shutil.rmtree(folder, onerror=_make_removable)
    return found


def _unpack(layers: Sequence[Layer], folder: Path) -> Unpacked:
    declared = json.dumps([_declared(layer) for layer in layers])
    command = [sys.executable, "-m", "deploy.unpacker", str(folder), declared]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin is not None and program.stdout is not None  # noqa: S101  for the type checker
        try:
            _pour(layers, program.stdin)
        finally:
            program.stdin.close()
        result = read_result(program.stdout.read())
    if not isinstance(result, Unpacked):
        raise Damaged(f"{layers[0].tier} does not unpack: {result.get('bad') or result['failed']}")
    return result


def _pour(layers: Sequence[Layer], into: IO[bytes]) -> None:
    for layer in layers:
        digest = hashlib.sha256()
        with buckets.open_layer(layer) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                # a program that takes no more says why; the hash is wrong or right all the same
                with suppress(BrokenPipeError):
                    into.write(chunk)
        if digest.hexdigest() != layer.sha256:
            raise Damaged(f"layer {layer.name} is not the one that was saved")


def _declared(layer: Layer) -> dict[str, object]:
    return {name: getattr(layer, name) for name in ("kind", "bytes", "stream", "entries", "logical_bytes", "only")}


def _sizes(folder: Path) -> Iterator[int]:
    """Of every file, whatever it may be called; one with several names once."""
    seen: set[int] = set()
    waiting = [os.fsencode(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file(follow_symlinks=False) and status.st_ino not in seen:
                    seen.add(status.st_ino)
                    yield status.st_size


def _make_removable(function: object, path: str, _failure: object) -> None:
    for each in (Path(path).parent, Path(path)):
        if each.is_dir() and not each.is_symlink():
            each.chmod(0o700)
    shutil.rmtree(path, ignore_errors=True) if Path(path).is_dir() else Path(path).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
