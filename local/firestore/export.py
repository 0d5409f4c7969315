"""Exports of the Firestore emulator: one at a time, whole or not at all."""

import json
import shutil
import urllib.request
from pathlib import Path

NAME = "firestore"


class Exports:
    """The folder that keeps the newest export, `current`, and while it is being replaced the one before it."""

    def __init__(self, folder: Path, port: int, project: str) -> None:
        self._folder = folder.resolve()
        self._port = port
        self._project = project

    def newest(self) -> Path | None:
        """The metadata file to start from, or None when nothing was ever kept."""
        for name in ("current", "before"):
            metadata = self._folder / name / NAME / f"{NAME}.overall_export_metadata"
            if metadata.is_file():
                return metadata
        return None

    def make(self) -> None:
        """Exports every document. Takes some 50 ms. Raises OSError when the emulator does not answer."""
        following, current, before = (self._folder / name for name in ("following", "current", "before"))
        shutil.rmtree(following, ignore_errors=True)
        following.mkdir(parents=True)
        self._ask(following)
        shutil.rmtree(before, ignore_errors=True)
        if current.exists():
            current.rename(before)
        following.rename(current)

    def _ask(self, folder: Path) -> None:
        body = {
            "database": f"projects/{self._project}/databases/(default)",
            "export_directory": str(folder),
            "export_name": NAME,
        }
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/emulator/v1/projects/{self._project}:export",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # our own http address
            answer.read()
