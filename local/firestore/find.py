"""Where Google's Firestore emulator is on this machine."""

import os
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


def emulator_jar() -> Path | None:
    """The emulator's jar: of the Cloud SDK named by CLOUD_SDK, of the `gcloud` on PATH, or of a usual folder."""
    return next((sdk / JAR for sdk in _sdks() if (sdk / JAR).is_file()), None)


def _sdks() -> Iterator[Path]:
    if named := os.environ.get("CLOUD_SDK"):
        yield Path(named)
        return  # who names one means that one
    if gcloud := shutil.which("gcloud"):
        yield Path(gcloud).resolve().parent.parent
    yield from (Path(folder).expanduser() for folder in SDK_FOLDERS)
