"""Where buildah keeps images, and buildah's command line."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANY_SIGNATURE = {"default": [{"type": "insecureAcceptAnything"}]}
"""Images here are built here, or pulled by a name that the Dockerfile has; nobody signs them."""


@dataclass(frozen=True)
class Store:
    """Images in `folder`. Neither a daemon nor a kernel's file system for layers is needed: every layer is a whole
    copy (vfs), and a step of a build runs in chroot."""

    folder: Path

    def run(self, *words: str | Path, timeout: float = 3600) -> None:
        """Shows what buildah prints. Raises CalledProcessError."""
        subprocess.run(self.argv(words), env=self._environment(), check=True, timeout=timeout)

    def read(self, *words: str | Path, timeout: float = 600) -> str:
        """What buildah prints. Raises CalledProcessError."""
        answer = subprocess.run(
            self.argv(words), env=self._environment(), check=True, timeout=timeout, stdout=subprocess.PIPE, text=True
        )
        return answer.stdout.strip()

    def has(self, image: str) -> bool:
        listed = self.read("images", "--json")
        return any(image in (each["names"] or []) for each in json.loads(listed) or [])

    def inspect(self, image: str) -> Any:
        return json.loads(self.read("inspect", "--type", "image", image))

    def argv(self, words: Sequence[str | Path]) -> list[str]:
        places = ["--root", self.folder / "storage", "--runroot", self.folder / "run", "--storage-driver", "vfs"]
        return [str(word) for word in ("buildah", *places, *words)]

    def signature_policy(self) -> Path:
        """The file that some commands of buildah ask for, and that not every installation has."""
        file = self.folder / "policy.json"
        self.folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(ANY_SIGNATURE))
        return file

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "BUILDAH_ISOLATION": "chroot"}
