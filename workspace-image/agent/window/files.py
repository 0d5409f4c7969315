"""Reads and writes the window's files: a program of its own, run as the member, so it can touch no more than they.

`files.py FOLDER read MAJOR.MINOR MOST` prints the name of the newest file that no newer editor wrote, then its text
of at most MOST bytes; nothing if there is none. `files.py FOLDER write NAME` takes the text from its input, and
`files.py FOLDER aside NAME` puts a file aside that can't be read. The member can change all of it, this program too
while it runs.

The editor's page waits for it: it imports little and stands alone.
"""

import gzip
import os
import re
import stat
import sys
import zlib
from pathlib import Path

# packed, so that it stays in the tier that the editor opens with: larger files come after it
NAME = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.jsonl\.gz")
# bytes of a file, packed
MOST_PACKED = 16_000_000


def main() -> None:
    folder, order, name, *more = sys.argv[1:]
    os.umask(0o077)
    here = Path(folder)
    if order == "read":
        return _read(here, _version(f"{name}.jsonl.gz"), int(more[0]))
    here.mkdir(parents=True, exist_ok=True)
    if order == "write":
        return _write(here / name)
    (here / name).replace(here / f"{name}.unreadable")
    return None


def _read(folder: Path, newest: tuple[int, int], most: int) -> None:
    try:
        names = [entry.name for entry in folder.iterdir() if NAME.fullmatch(entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        return
    name = max((name for name in names if _version(name) <= newest), key=_version, default=None)
    if name is not None:
        sys.stdout.buffer.write(name.encode() + b"\n" + _text(folder / name, most))


def _text(path: Path, most: int) -> bytes:
    """Nothing if it can't be read, is damaged or more than `most` bytes: no window has no text."""
    try:
        # a pipe of the member's would never open, and a device never end
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_PACKED:
                return b""
            text = gzip.GzipFile(fileobj=file).read(most + 1)
    except (OSError, EOFError, zlib.error):
        return b""
    return text if len(text) <= most else b""


def _write(path: Path) -> None:
    """Whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with beside.open("xb") as file, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=4, mtime=0) as packed:
        while chunk := sys.stdin.buffer.read(1 << 16):
            packed.write(chunk)
    beside.replace(path)


def _version(name: str) -> tuple[int, int]:
    major, minor = name.split(".")[:2]
    return int(major), int(minor)


if __name__ == "__main__":
    main()
