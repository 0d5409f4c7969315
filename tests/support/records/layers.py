"""Layers and manifests as a container writes them, made from plain descriptions; and what a tar holds."""

import io
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from pathlib import Path
from typing import Any

import zstandard

from shared.snapshots.checkpoint import Layer, Manifest
from tests.support.records.factories import a_layer, a_manifest

File = bytes | tuple[str, str] | None
"""Contents; a link as (`hard` or `soft`, target); None is a folder."""


def tar(files: Mapping[str, File], gone: Iterable[str] = (), *, mtime: float = 1_790_000_000.5) -> bytes:
    """A layer's tar. Paths come in the order given."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        out.write(_gone(gone))
        archive.offset = out.tell()
        for path, what in files.items():
            entry = tarfile.TarInfo(path)
            entry.mtime, entry.uid, entry.gid, entry.mode = mtime, 1000, 1000, 0o644
            if what is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(what, tuple):
                entry.type = tarfile.LNKTYPE if what[0] == "hard" else tarfile.SYMTYPE
                entry.linkname = what[1]
            else:
                entry.size = len(what)
            archive.addfile(entry, io.BytesIO(what) if isinstance(what, bytes) else None)
    return out.getvalue()


def _gone(paths: Iterable[str]) -> bytes:
    records = b"".join(_record(path) for path in paths)
    if not records:
        return b""
    header = tarfile.TarInfo("gone")
    header.type, header.size = tarfile.XGLTYPE, len(records)
    return header.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512)


def _record(path: str) -> bytes:
    rest = f" ONDOL.gone={path}\n".encode()
    length = len(rest)
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


class Shelf:
    """Objects by name, as the bucket has them, and layers that declare them honestly."""

    def __init__(self, prefix: str = "workspaces/w-1/7-boot00000000000a/") -> None:
        self.objects: dict[str, bytes] = {}
        self._prefix = prefix

    def layer(
        self, tier: str, files: Mapping[str, File], gone: Iterable[str] = (), *, kind: str = "whole", **lies: Any
    ) -> Layer:
        """`content` is another tar than that of `files`, whose files may have any size.
        `packed` is what it is compressed to, if it is not simply compressed."""
        is_plain = "content" not in lies and "packed" not in lies
        content = lies.pop("content", None) or tar(files, gone)
        packed = lies.pop("packed", None) or zstandard.ZstdCompressor().compress(content)
        name = f"{self._prefix}{len(self.objects) + 1}-{tier}.tar.zst"
        self.objects[name] = packed
        honest = {
            "name": name,
            "kind": kind,
            "sha256": sha256(packed).hexdigest(),
            "bytes": len(packed),
            "stream": len(content),
            "entries": len(files) + len([*gone]),
            "logical_bytes": sum(len(what) for what in files.values() if isinstance(what, bytes))
            if is_plain
            else 1 << 40,
        }
        return a_layer(tier, **{**honest, **lies})

    def delta(self, tier: str, files: Mapping[str, File], gone: Iterable[str] = (), **lies: Any) -> Layer:
        return self.layer(tier, files, gone, kind="delta", **lies)

    def open(self, layer: Layer) -> AbstractContextManager[io.BytesIO]:
        return nullcontext(io.BytesIO(self.objects[layer.name]))


def patiently() -> None:
    """Whoever reads has all the time in the world."""


def manifest(*layers: Layer, **fields: Any) -> Manifest:
    return a_manifest(*layers, **fields)


def unpacked(packed: bytes, folder: Path) -> dict[str, File]:
    """What `tar` makes of a tar.zst: every path with its contents, its target, or None for a folder."""
    folder.mkdir()
    subprocess.run(["tar", "--zstd", "-xf", "-", "-C", folder], input=packed, check=True)
    return {str(path.relative_to(folder)): found_at(path) for path in sorted(folder.rglob("*"))}


def found_at(path: Path) -> File:
    """Its contents, its target, or None for a folder."""
    if path.is_symlink():
        return ("soft", str(path.readlink()))
    return None if path.is_dir() else path.read_bytes()
