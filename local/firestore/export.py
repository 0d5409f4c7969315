"""Exports of the Firestore emulator: one at a time, whole or not at all."""

import itertools
import json
import shutil
import urllib.request
from http.client import HTTPException
from pathlib import Path

NAME = "firestore"
# Seconds that one export may take. It takes some 50 ms; two of them fit into the grace that the stack gives this part.
WITHIN = 7.0


class NotExported(Exception):
    """The emulator did not answer, or not with an export. What was kept before is still kept."""


class Exports:
    """The folder with the newest export, `current`, and with the export before it while `current` is being replaced."""

    def __init__(self, folder: Path, port: int, project: str) -> None:
        self._folder = folder.resolve()
        self._port = port
        self._project = project
        self._numbers = itertools.count()

    def newest(self) -> Path | None:
        """The metadata file to start from, or None when nothing was ever kept."""
        for name in ("current", "before"):
            if _metadata(self._folder / name).is_file():
                return _metadata(self._folder / name)
        return None

    def make(self) -> None:
        """Exports every document. Raises NotExported.

        Each export has a folder of its own: an emulator that was silent answers all earlier requests at once, and must
        not write into the export that is kept.
        """
        current, before = self._folder / "current", self._folder / "before"
        for unfinished in self._folder.glob("following-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        following = self._folder / f"following-{next(self._numbers)}"
        following.mkdir(parents=True)
        try:
            self._ask(following)
        except (OSError, HTTPException) as error:
            raise NotExported(str(error) or type(error).__name__) from error
        if not _metadata(following).is_file():
            raise NotExported("the emulator answered without an export")
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
        with urllib.request.urlopen(request, timeout=WITHIN) as answer:  # noqa: S310  # our own http address
            answer.read()


def _metadata(export: Path) -> Path:
    return export / NAME / f"{NAME}.overall_export_metadata"
