"""Bytes on their way to the bucket or from it: files that only root can open, with their digests."""

import hashlib
import os
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20


@dataclass(frozen=True)
class Blob:
    """A file with the digests of what was written: `sha256` in hex for manifests, `md5` as Cloud Storage gives it."""

    path: Path
    bytes: int
    sha256: str
    md5: str


def drain(pipe: int, path: Path) -> Blob:
    """Writes everything that comes out of `pipe` to `path`, and closes the pipe. Blocks until its writers are gone."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with os.fdopen(pipe, "rb", buffering=0) as source, path.open("wb") as target:
        while chunk := source.read(CHUNK):
            sha256.update(chunk)
            md5.update(chunk)
            target.write(chunk)
            size += len(chunk)
    return Blob(path, size, sha256.hexdigest(), b64encode(md5.digest()).decode())


def keep(content: bytes, path: Path) -> Blob:
    """A small content as a blob."""
    path.write_bytes(content)
    md5 = hashlib.md5(content, usedforsecurity=False).digest()
    return Blob(path, len(content), hashlib.sha256(content).hexdigest(), b64encode(md5).decode())
