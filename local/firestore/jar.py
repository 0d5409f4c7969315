"""Where Google's Firestore emulator is on this machine: in a Cloud SDK, or where the set-up has fetched it."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
SDK_FOLDERS = (
    "/usr/lib/google-cloud-sdk",
    "/usr/share/google-cloud-sdk",
    "/opt/google-cloud-sdk",
    "/snap/google-cloud-cli/current",
    "/usr/local/google-cloud-sdk",
    "~/google-cloud-sdk",
)


FOLDER = "build/firestore"
"""Where the set-up has firebase-tools put the emulator when there is no Cloud SDK."""


def emulator_jar(root: Path) -> Path | None:
    """The emulator's jar: of the Cloud SDK named by CLOUD_SDK, of the `gcloud` on PATH, or of a usual folder; else the
    newest in FOLDER."""
    fetched = sorted((root / FOLDER).glob("cloud-firestore-emulator-v*.jar"), key=_version)
    return next((sdk / JAR for sdk in _sdks() if (sdk / JAR).is_file()), fetched[-1] if fetched else None)


def _version(jar: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", jar.name)]


def _sdks() -> Iterator[Path]:
    if named := os.environ.get("CLOUD_SDK"):
        yield Path(named)
        return  # who names one means that one
    if gcloud := shutil.which("gcloud"):
        yield Path(gcloud).resolve().parent.parent
    yield from (Path(folder).expanduser() for folder in SDK_FOLDERS)
