"""`make restore-drill`: restores every workspace of a stack into a scratch folder and verifies what came out.

Of the stack that deploy/target.py finds. Nothing is changed in it.
Every hash is checked, the manifest's and each layer's, and the slot's own code unpacks them, in a process that has
nobody's rights where root runs this.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from agent.home.unpack import Unpacked
from agent.home.unpack_apart import read_result

from deploy import target
from deploy.scratch import clear, scratch_folder, total_bytes
from shared.gcp import buckets
from shared.gcp.store.snapshots import all_heads
from shared.snapshots.checkpoint import TIERS, CheckpointRefused, Head, Layer, Manifest
from shared.snapshots.format.layout import BadLayer

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
    """Whether every workspace came back. Prints a line about each: what is wrong with one says nothing of the next."""
    well = damaged = 0
    for wid, head in all_heads():
        try:
            with scratch_folder(scratch) as folder:
                files, size = restore(head, folder)
        except (Damaged, CheckpointRefused, BadLayer) as error:
            damaged += 1
            print(f"{wid}  {head.snapshot}  DAMAGED: {error}")
        except OSError as error:  # of this machine, as a full disk: the next workspace may be smaller
            damaged += 1
            print(f"{wid}  {head.snapshot}  NOT RESTORED: {error}")
        else:
            well += 1
            print(f"{wid}  {head.snapshot}  {files} files, {size} bytes")
    print(f"{well} workspaces came back whole, {damaged} did not.")
    return not damaged


def restore(head: Head, folder: Path) -> tuple[int, int]:
    """Files and bytes that came out in `folder`. Raises Damaged, BadLayer or CheckpointRefused."""
    manifest = buckets.head_manifest(head)
    counts = [_restore_tier(tier, manifest, folder / tier) for tier in TIERS if tier in manifest.tiers]
    return sum(files for files, _ in counts), sum(size for _, size in counts)


def _restore_tier(tier: str, manifest: Manifest, folder: Path) -> tuple[int, int]:
    layers = [layer for layer in manifest.layers if layer.tier == tier]
    folder.mkdir()
    unpacked = _unpack(layers, folder)
    found = len(unpacked.marks), total_bytes(folder)
    clear(folder)
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
                # an unpacker that reads no more says why; the hash is checked all the same
                with suppress(BrokenPipeError):
                    into.write(chunk)
        if digest.hexdigest() != layer.sha256:
            raise Damaged(f"layer {layer.name} is not the one that was saved")


def _declared(layer: Layer) -> dict[str, object]:
    return {name: getattr(layer, name) for name in ("kind", "bytes", "stream", "entries", "logical_bytes", "only")}


if __name__ == "__main__":
    main()
