"""Reads and writes the window's files. This program runs as the member, so it can touch only the member's files.

`files.py FOLDER read MAJOR.MINOR MOST` prints the name of the newest file that no newer editor wrote, then the file's
text of at most MOST bytes; nothing if there is none. `files.py FOLDER write NAME` reads the text from standard input.
`files.py FOLDER aside NAME` puts an unreadable file aside.

The member can change all of these files, and can also interfere with this program while it runs. The editor's page
waits for this program, so the program imports little and imports nothing of the agent.
"""

import gzip
import os
import re
import stat
import sys
import zlib
from pathlib import Path

# packed, so that the file is small enough for the boot tier: larger files are restored after the editor opens
NAME = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.jsonl\.gz")
# bytes of a packed file
MOST_PACKED = 16_000_000


def main() -> None:
    folder, order, name, *more = sys.argv[1:]
    os.umask(0o077)
    window_folder = Path(folder)
    if order == "read":
        return _read(window_folder, _version(f"{name}.jsonl.gz"), int(more[0]))
    window_folder.mkdir(parents=True, exist_ok=True)
    if order == "write":
        return _write(window_folder / name)
    (window_folder / name).replace(window_folder / f"{name}.unreadable")
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
    """The file's text; empty if the file can't be read, is damaged, or has more than `most` bytes. An empty text means
    no window."""
    try:
        # opening a pipe of the member's would block, and reading a device might never end
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_PACKED:
                return b""
            text = gzip.GzipFile(fileobj=file).read(most + 1)
    except (OSError, EOFError, zlib.error):
        return b""
    return text if len(text) <= most else b""


def _write(path: Path) -> None:
    """Writes the whole file or nothing."""
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
