"""Looks at every path of the home once: what each tier holds, and a fingerprint that tells whether it changed."""

# Names are bytes here, of any encoding, and pathlib knows none.
# ruff: noqa: PTH101, PTH118, PTH208
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

from agent import tiers

# Longer paths the system refuses: such an entry is reached only step by step, and tar takes no steps. Bytes.
LONGEST = 4000
# A file of holes may claim any size; larger than any home it could never come back. Bytes.
LARGEST = 64 << 30
# What a tier may claim: a checkpoint's sum must stay a number that JSON holds exactly. Bytes.
MOST = 2**51


@dataclass
class Contents:
    """One tier of the home. `paths` are relative; `logical_bytes` is the size of the files, before compression;
    `left_out` counts what is there and cannot be saved."""

    paths: list[bytes] = field(default_factory=list)
    logical_bytes: int = 0
    left_out: int = 0
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def fingerprint(self) -> str:
        return self._digest.hexdigest()

    def add(self, path: bytes, status: os.stat_result | None) -> None:
        """No status: it could not be looked at."""
        size = status.st_size if status is not None and stat.S_ISREG(status.st_mode) else 0
        if status is None or size > LARGEST or self.logical_bytes + size > MOST:
            self.left_out += 1
            return
        self.paths.append(path)
        marks: tuple[int, ...] = (status.st_mode,)
        if not stat.S_ISDIR(status.st_mode):
            # ctime too: whoever sets a file's mtime back has changed the file all the same
            marks += (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            self.logical_bytes += status.st_size
        self._digest.update(path + b"\0" + repr(marks).encode())


def walk(home: bytes) -> dict[str, Contents]:
    """The contents of every tier. What vanishes meanwhile is left out; sockets, pipes and devices always are; and
    whatever the system does not let us look at, or tar could not save, is counted and left out.

    What its owner may not read could not be saved, so it is made readable for its owner first.
    """
    contents = {tier: Contents() for tier in tiers.TIERS}
    for path, status, tier in _entries(home, b"", tiers.WORK):
        contents[tier].add(path, status)
    return contents


def _entries(home: bytes, folder: bytes, above: str) -> Iterator[tuple[bytes, os.stat_result | None, str]]:
    waiting = [(folder, above)]
    while waiting:
        folder, above = waiting.pop()
        try:
            names = sorted(os.listdir(os.path.join(home, folder)))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            yield folder, None, above
            continue
        for name in names:
            path = os.path.join(folder, name)
            try:
                status = _readable_status(os.path.join(home, path)) if len(path) <= LONGEST else None
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:
                status = None
            if status is None:
                yield path, None, above
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


def _readable_status(path: bytes) -> os.stat_result:
    status = os.lstat(path)
    needed = stat.S_IRUSR | stat.S_IXUSR if stat.S_ISDIR(status.st_mode) else stat.S_IRUSR
    if not stat.S_ISLNK(status.st_mode) and status.st_mode & needed != needed:
        os.chmod(path, stat.S_IMODE(status.st_mode) | needed)
        status = os.lstat(path)
    return status
