"""`make image`: builds the slot's image or takes one that `docker save` wrote, unpacks it into build/image-root, says
how large and how quick it is."""

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from local.image import base, sizes
from local.image.build import IMAGE, build, load
from local.image.health import seconds_to_healthy
from local.image.root import unpack
from local.image.store import Store
from local.problem import Problem
from local.progress import Progress
from local.run.container import Unfit
from local.setup.packages import install
from local.setup.shell import Shell

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bubblewrap", "buildah", "debootstrap")
STARTS = 5
LEAST = 20_000_000
"""Bytes of a folder or package that is worth a line."""


def main() -> None:
    """Ends with 1 and a line that says what is missing or failed."""
    parser = argparse.ArgumentParser(prog="python -m local.image", description=__doc__)
    parser.add_argument("--base", choices=["any", "pull", "debootstrap"], default="any", help="where Debian is from")
    parser.add_argument("--archive", type=Path, help="an image that was built elsewhere, as `docker save` writes it")
    given = parser.parse_args()
    try:
        _image(given.base, given.archive)
    except Problem as problem:
        sys.exit(problem.line())
    except (Unfit, TimeoutError, subprocess.SubprocessError) as error:
        sys.exit(f"The image was not built: {error}")


def _image(how: str, archive: Path | None) -> None:
    if os.geteuid() != 0:
        raise Problem("an image's files have several owners, which only root can give", "sudo make image")
    _install()
    store = Store(ROOT / "build/containers")
    began = time.monotonic()
    if archive:
        load(store, archive)
    else:
        build(store, ROOT, base.prepare(store, how))
    built = time.monotonic()
    root = unpack(store, IMAGE, ROOT / "build/image-root")
    print(f"\n{archive or IMAGE} was there after {built - began:.0f} s; its files are in build/image-root.")
    _report(store, root)


def _install() -> None:
    progress = Progress()
    with contextlib.closing(progress), (ROOT / "build/lock").open("a") as lock:
        shell = Shell(ROOT, "packages", ROOT / "build/log/image-packages.log", progress.detail, lock.fileno())
        asyncio.run(install(shell, PACKAGES))


def _report(store: Store, root: Path) -> None:
    layers = sizes.layers(store, IMAGE)
    _table("layer", layers)
    total, packed = sum(each.size for each in layers), sum(each.packed for each in layers)
    print(f"{_mb(total)} MB {_mb(packed)} MB  the whole image")
    _table("Debian package", (each for each in sizes.packages(root) if each.size >= LEAST))
    _table("folder, without those that are listed", sizes.folders(root, LEAST))
    took = [seconds_to_healthy(root, ROOT / "workspace-image/runtime.toml") for _ in range(STARTS)]
    print(f"\nHealthy after {statistics.median(took):.2f} s (median of {STARTS}; the slowest {max(took):.2f} s).")


def _table(title: str, rows: Iterable[sizes.Size]) -> None:
    print(f"\n   files    packed  {title}")
    for row in rows:
        print(f"{_mb(row.size)} MB {_mb(row.packed) + ' MB' if row.packed else '        -'}  {row.name}")


def _mb(size: int) -> str:
    return f"{size / 1e6:6.1f}"


if __name__ == "__main__":
    main()
