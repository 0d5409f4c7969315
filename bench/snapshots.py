"""Saving and restoring a home with a large `node_modules`, by the keeper alone, beside tar, restic and cp."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.home.tiers import TIERS

from bench.keeping import Shelf, keeper
from bench.peers.restic import Repository
from bench.peers.setup import TREE, prepare_restic, prepare_tree
from bench.report import Beside, Figure
from bench.rig import Rig

TIMES = 5
PLACES = {"tmpfs": Path("/dev/shm"), "disk": Path("/var/tmp")}  # noqa: S108  both in folders of their own
CHANGED = ("README.md", "package.json", "lib/index.js")
"""Files of firebase-tools itself that are edited between checkpoints."""


@dataclass
class Times:
    """Seconds by what was done, and megabytes of memory."""

    samples: dict[str, list[float]] = field(default_factory=dict)

    def add(self, what: str, value: float) -> None:
        self.samples.setdefault(what, []).append(value)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        _settle()
        started = time.perf_counter()
        yield
        self.add(what, time.perf_counter() - started)


def measure(rig: Rig) -> list[Figure]:
    """All by turns, the files in the page cache for everybody. Load average in the JSON."""
    prepare_restic()
    prepare_tree()
    figures: list[Figure] = []
    for place, folder in PLACES.items():
        with TemporaryDirectory(prefix="ondol-bench-", dir=folder) as scratch:
            figures += _Measuring(Path(scratch), place, rig.times(TIMES)).run()
    return figures


class _Measuring:
    def __init__(self, folder: Path, place: str, times: int) -> None:
        self._folder = folder
        self._place = place
        self._count = times
        self._times = Times()
        self._counts: dict[str, tuple[int, int]] = {}

    def run(self) -> list[Figure]:
        home = self._folder / "home"
        (home / "project").mkdir(parents=True)
        (home / ".bashrc").write_text("# settings\n")
        (home / "project/main.js").write_text("console.log(1)\n")
        shutil.copytree(TREE / "node_modules", home / "project/node_modules", symlinks=True)
        self._saving(home)
        self._restoring(home)
        return self._figures()

    def _saving(self, home: Path) -> None:
        for turn in range(self._count):
            restic = Repository(self._folder / f"restic-{turn}")
            shelf = Shelf(self._folder / f"layers-{turn}")
            shelf.folder.mkdir()
            with self._times.timed("tar: first"):
                _run(f"tar -C {home} -cf - . | zstd -q -3 > {self._folder}/whole.tar.zst")
            with self._times.timed("restic: first"):
                restic.backup(home)
            with keeper(home) as kept:
                with self._times.timed("ondol: first"):
                    kept.save(shelf)
                self._touch(home, turn)
                time.sleep(0.1)  # at rest
                before, packs = shelf.count(), restic.count()
                with self._times.timed("ondol: three"):
                    kept.save(shelf)
                with self._times.timed("restic: three"):
                    restic.backup(home)
                self._counts["ondol"] = shelf.since(before)
                self._counts["restic"] = restic.since(packs)
                with self._times.timed("ondol: none"):
                    kept.save(shelf)
                with self._times.timed("restic: none"):
                    restic.backup(home)
                self._times.add("ondol: memory, saving", kept.peak_megabytes())
            self._shelf, self._restic = shelf, restic
            if turn < self._count - 1:
                shutil.rmtree(restic.folder)
                shutil.rmtree(shelf.folder)

    def _touch(self, home: Path, turn: int) -> None:
        for name in CHANGED:
            path = home / "project/node_modules/firebase-tools" / name
            with path.open("a") as file:
                file.write(f"// {turn}\n")

    def _restoring(self, home: Path) -> None:
        into = self._folder / "into"

        def timed(what: str, do: Callable[[], None]) -> Callable[[], None]:
            def run() -> None:
                with self._times.timed(f"{what}: restore"):
                    do()

            return run

        tries = [
            timed("tar", lambda: _run(f"zstd -dcq {self._folder}/whole.tar.zst | tar -C {into} -xf -")),
            lambda: self._restore(into),
            timed("restic", lambda: self._restic.restore(into)),
            timed("cp", lambda: _run(f"cp -a {home}/. {into}")),
        ]
        for _ in range(self._count):
            for do in tries:
                into.mkdir()
                do()
                _run(f"chmod -R u+w {into} && rm -rf {into}")

    def _restore(self, into: Path) -> None:
        with keeper(into) as kept:
            with self._times.timed("ondol: restore"):
                kept.restore(self._shelf, TIERS)
            self._times.add("ondol: memory, restoring", kept.peak_megabytes())

    def _figures(self) -> list[Figure]:
        place, samples = self._place, self._times.samples

        def figure(what: str, name: str, peer: str, beside: str, aim: str, *, faster: bool = True) -> Figure:
            return Figure(
                f"Snapshots, {place}: {what}", "s", samples[name], Beside(beside, samples[peer], faster=faster), aim
            )

        zstd, copied = "zstd -d | tar x", "cp -a"
        return [
            figure("full restore", "ondol: restore", "tar: restore", zstd, "1.1 times", faster=False),
            figure("full restore", "ondol: restore", "restic: restore", "restic", "2.5 times faster"),
            figure("full restore", "ondol: restore", "cp: restore", copied, "", faster=False),
            figure("first checkpoint", "ondol: first", "tar: first", "tar | zstd -3", "1.2 times", faster=False),
            figure("first checkpoint", "ondol: first", "restic: first", "restic", "2.5 times faster"),
            figure("checkpoint of 3 changed files", "ondol: three", "restic: three", "restic", "6 times faster"),
            figure("checkpoint of no change", "ondol: none", "restic: none", "restic", "8 times faster"),
            Figure(f"Snapshots, {place}: peak memory, saving", "MB", samples["ondol: memory, saving"], aim="150 MB"),
            Figure(
                f"Snapshots, {place}: peak memory, restoring", "MB", samples["ondol: memory, restoring"], aim="150 MB"
            ),
            self._counted("objects of a checkpoint of 3 files", "", 0),
            self._counted("bytes of a checkpoint of 3 files", "bytes", 1),
        ]

    def _counted(self, what: str, unit: str, which: int) -> Figure:
        beside = Beside("restic", [self._counts["restic"][which]])
        return Figure(f"Snapshots, {self._place}: {what}", unit, [self._counts["ondol"][which]], beside, "fewer")


def _settle() -> None:
    """What was written before is on the disk, so that nobody waits for another's bytes."""
    os.sync()


def _run(command: str) -> None:
    subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True)
