"""The name of a new project's folder in the home."""

import os
import re
from pathlib import Path
from unicodedata import normalize

_ENDING = re.compile(r"\.(git|zip|tar|tgz|txz|tbz2|tar\.[a-z0-9]{2,4})$", re.IGNORECASE)
_NOT_PLAIN = re.compile(r"[^\w.+-]+")
MOST = 80
"""Bytes of a name."""


def plain_name(given: str) -> str:
    """A folder's name after the last part of an address or path: letters of any script, digits and `._+-`. Composed as
    a keyboard writes it: macOS names files by `e` and an accent for `é`, and by several characters for each Korean
    syllable."""
    last = normalize("NFC", given).rstrip("/").rpartition("/")[2]
    name = _NOT_PLAIN.sub("-", _ENDING.sub("", last)).strip(".-")
    return name.encode(errors="replace")[:MOST].decode(errors="ignore") or "project"


def free_folder(home: Path, name: str) -> Path:
    """`home/name`, or the first with a number behind it that is not there."""
    number, folder = 1, home / name
    while os.path.lexists(folder):
        number += 1
        folder = home / f"{name}-{number}"
    return folder
