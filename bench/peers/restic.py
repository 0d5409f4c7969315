"""restic, a program for backups: a repository in a folder, with its cache beside it."""

import os
import subprocess
from pathlib import Path


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run("init")

    def backup(self, home: Path) -> None:
        self._run("backup", str(home))

    def restore(self, into: Path) -> None:
        """The newest snapshot."""
        self._run("restore", "latest", "--target", str(into))

    def count(self) -> tuple[int, int]:
        """The number of objects in the repository, and their bytes."""
        sizes = [path.stat().st_size for path in self.folder.rglob("*") if path.is_file()]
        return len(sizes), sum(sizes)

    def since(self, before: tuple[int, int]) -> tuple[int, int]:
        objects, size = self.count()
        return objects - before[0], size - before[1]

    def _run(self, *words: str) -> None:
        cache = self.folder.with_name(f"{self.folder.name}-cache")
        subprocess.run(
            ["restic", "--quiet", "--repo", str(self.folder), "--cache-dir", str(cache), *words],
            env={**os.environ, "RESTIC_PASSWORD": "bench"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
