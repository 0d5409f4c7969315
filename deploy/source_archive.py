"""A source as it is uploaded to be built: an archive that is the same whenever its files are the same."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path


def archive(files: Mapping[str, Path]) -> bytes:
    """A .tar.gz of `files`, which are by their paths in the archive. Owners and times of the files are left out."""
    return gzip.compress(_tar(files), mtime=0)


def fingerprint(files: Mapping[str, Path], how: str) -> str:
    """20 hexadecimal digits that differ when a file's content, path or executable bit does, or `how` does, which says
    how the source is built. Compression is left out, for its result depends on the machine's zlib."""
    return hashlib.sha256(how.encode() + b"\0" + _tar(files)).hexdigest()[:20]


def _tar(files: Mapping[str, Path]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, path in sorted(files.items()):
            content = path.read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return written.getvalue()
