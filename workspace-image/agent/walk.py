"""Looks at every path of the home once: what each tier holds, and a fingerprint that tells whether it changed."""

# Names are bytes here, of any encoding, and pathlib knows none.
# ruff: noqa: PTH101, PTH118, PTH208
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

from agent import tiers


@dataclass
class Contents:
    """One tier of the home. `paths` are relative; `logical_bytes` is the size of the files, before compression."""

    paths: list[bytes] = field(default_factory=list)
    logical_bytes: int = 0
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def fingerprint(self) -> str:
        return self._digest.hexdigest()

    def add(self, path: bytes, status: os.stat_result) -> None:
        self.paths.append(path)
        marks: tuple[int, ...] = (status.st_mode,)
        if not stat.S_ISDIR(status.st_mode):
            # ctime too: whoever sets a file's mtime back has changed the file all the same
            marks += (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            self.logical_bytes += status.st_size
        self._digest.update(path + b"\0" + repr(marks).encode())


def walk(home: bytes) -> dict[str, Contents]:
    """The contents of every tier. What vanishes meanwhile is left out; sockets, pipes and devices always are.

    What its owner may not read could not be saved, so it is made readable for its owner first.
    """
    contents = {tier: Contents() for tier in tiers.TIERS}
    for path, status, tier in _entries(home, b"", tiers.WORK):
        contents[tier].add(path, status)
    return contents


def _entries(home: bytes, folder: bytes, above: str) -> Iterator[tuple[bytes, os.stat_result, str]]:
    waiting = [(folder, above)]
    while waiting:
        folder, above = waiting.pop()
        for name in _names(os.path.join(home, folder)):
            path = os.path.join(folder, name)
            status = _readable_status(os.path.join(home, path))
            if status is None:
                continue
            if stat.S_ISDIR(status.st_mode):
                is_venv = os.path.lexists(os.path.join(home, path, tiers.VENV_MARK.encode()))
                tier = tiers.of_folder(os.fsdecode(path), above, is_venv=is_venv)
                if tier != tiers.NEVER:
                    waiting.append((path, tier))
            elif stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                tier = tiers.of_file(os.fsdecode(path), above, status.st_size)
            else:
                continue
            if tier != tiers.NEVER:
                yield path, status, tier


def _names(folder: bytes) -> list[bytes]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _readable_status(path: bytes) -> os.stat_result | None:
    try:
        status = os.lstat(path)
        needed = stat.S_IRUSR | stat.S_IXUSR if stat.S_ISDIR(status.st_mode) else stat.S_IRUSR
        if not stat.S_ISLNK(status.st_mode) and status.st_mode & needed != needed:
            os.chmod(path, stat.S_IMODE(status.st_mode) | needed)
            status = os.lstat(path)
    except FileNotFoundError:
        return None
    return status
