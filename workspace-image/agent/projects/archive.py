"""Receives an archive in parts, and unpacks it into a new folder of the home.

GNU tar and Info-ZIP unpack: neither leaves the folder that it unpacks into, whatever an archive names.
"""

import shutil
import subprocess
from pathlib import Path
from typing import BinaryIO

from agent.projects.coming import NO_ROOM, Coming, Failed, Ready, Step, failed_with
from agent.projects.folder_names import free_folder, plain_name

ARRIVING = ".cache/ondol-arriving"
"""Where archives are received and unpacked, below the home: what lies below .cache is in no save."""
ZIP = b"PK"
WARNED = 1
"""unzip's status when it has unpacked everything and had something to remark."""


def append(home: Path, upload: str, offset: int, part: BinaryIO) -> int:
    """Writes a part of an upload if the upload has `offset` bytes now, and returns the bytes that it has then. An
    `offset` of 0 begins it anew. Raises OSError."""
    path = _archive(home, upload)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb" if offset == 0 else "ab") as archive:
        if archive.tell() == offset:
            shutil.copyfileobj(part, archive, 1 << 20)
        return archive.tell()


def unpack(home: Path, upload: str, name: str) -> Coming:
    """Unpacks a received archive, and removes it. An archive of one folder becomes that folder; any other becomes a
    folder after `name`."""
    archive, staging = _archive(home, upload), home / ARRIVING / f"{upload}.unpacked"
    yield Step("unpacking")
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        program = subprocess.run(
            _command(archive, staging), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
        )
        if program.returncode not in (0, WARNED) or not any(staging.iterdir()):
            yield _failure(program.stderr)
        else:
            yield Ready(str(_move(staging, home, plain_name(name))))
    except OSError as error:
        yield failed_with(error, "archive-not-unpacked")
    finally:
        archive.unlink(missing_ok=True)
        shutil.rmtree(staging, ignore_errors=True)


def _archive(home: Path, upload: str) -> Path:
    return home / ARRIVING / f"{upload}.archive"


def _command(archive: Path, into: Path) -> list[str]:
    with archive.open("rb") as file:
        is_zip = file.read(len(ZIP)) == ZIP
    if is_zip:
        return ["unzip", "-q", "-o", str(archive), "-d", str(into)]
    return ["tar", "--extract", "--file", str(archive), "--directory", str(into), "--no-same-owner"]


def _move(unpacked: Path, home: Path, name: str) -> Path:
    [first, *others] = unpacked.iterdir()
    if not others and first.is_dir() and not first.is_symlink():
        unpacked, name = first, plain_name(first.name)
    folder = free_folder(home, name)
    unpacked.chmod(unpacked.stat().st_mode | 0o700)
    return unpacked.rename(folder)


def _failure(complaint: str) -> Failed:
    is_full = any(reason in complaint for reason in ("No space left", "Disk quota exceeded", "disk full"))
    return Failed(NO_ROOM if is_full else "archive-not-unpacked", complaint.strip()[-500:])
