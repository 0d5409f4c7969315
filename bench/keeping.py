"""The keeper at work, without an agent: its orders in a socket, layers through pipes, hashes on their way as the agent
takes them. Layers are kept as files beside those of the others, so that no storage is measured."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.home.tiers import TIERS
from agent.state.layers import how_to_save, replaced
from agent.state.manifest import Layer, Manifest, Tier

from tests.support.checkout import ROOT

PIECE = 1 << 20
PROGRAM = """
import socket, sys
from pathlib import Path
from agent.home.__main__ import Program
from agent.home.keeper import Keeper
Program(Keeper(sys.argv[2]), socket.socket(fileno=int(sys.argv[1]))).run()
"""
"""agent.home with another home, and the rights of whoever runs it."""


@dataclass
class Shelf:
    """Layers by tier, and the folder of what would be objects."""

    folder: Path
    layers: dict[str, tuple[Layer, ...]] = field(default_factory=dict)
    tiers: dict[str, Tier] = field(default_factory=dict)

    def count(self) -> tuple[int, int]:
        """Objects and bytes."""
        objects = list(self.folder.iterdir())
        return len(objects), sum(path.stat().st_size for path in objects)

    def write_manifest(self) -> None:
        seq = self.count()[0]
        layers = tuple(layer for tier in TIERS for layer in self.layers.get(tier, ()))
        manifest = Manifest("w-" + "0" * 20, 1, "0" * 16, seq, None, self.tiers, layers)
        (self.folder / f"{seq}.manifest.json").write_bytes(manifest.encode())

    def since(self, before: tuple[int, int]) -> tuple[int, int]:
        objects, size = self.count()
        return objects - before[0], size - before[1]


class Kept:
    def __init__(self, line: socket.socket, process: "subprocess.Popen[bytes]") -> None:
        self._line = line
        self._process = process
        self._peak = 0

    def order(self, what: str, pipe: int | None = None, **fields: object) -> dict[str, Any]:
        self.send(what, pipe, **fields)
        return self.hear()

    def send(self, what: str, pipe: int | None = None, **fields: object) -> None:
        """`pipe` is closed here."""
        packet = json.dumps({"id": 1, "do": what, **fields}).encode()
        socket.send_fds(self._line, [packet], [] if pipe is None else [pipe])
        if pipe is not None:
            os.close(pipe)

    def hear(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._line.recv(1 << 17))
        self._note_memory()
        if "failed" in answer or "bad" in answer:
            raise RuntimeError(str(answer))
        return answer

    def save(self, shelf: Shelf) -> None:
        """One checkpoint of what changed."""
        scanned = self.order("scan")["tiers"]
        written = []
        for tier in TIERS:
            tier_scan, layers = scanned[tier], shelf.layers.get(tier, ())
            if not (tier_scan["changed"] or tier_scan["missing"]):
                continue
            how = how_to_save(
                layers,
                known=True,
                complete=tier_scan["complete"],
                base=1,
                bytes=tier_scan["bytes"],
                changed_bytes=tier_scan["changed_bytes"],
            )
            if how is None:
                continue
            read, write = os.pipe()
            self.send("pack", write, tier=tier, how=how)
            name = f"{shelf.count()[0]}-{tier}.tar.zst"
            size, digest = 0, hashlib.sha256()
            with os.fdopen(read, "rb", buffering=0) as pipe, (shelf.folder / name).open("wb", buffering=0) as target:
                while piece := pipe.read(PIECE):
                    size += target.write(piece)
                    digest.update(piece)
            answer = self.hear()
            kind = "whole" if how == "whole" else "delta"
            new = Layer(
                tier,
                kind,
                name,
                digest.hexdigest(),
                size,
                answer["stream"],
                answer["entries"],
                answer["logical_bytes"],
            )
            shelf.layers[tier] = replaced(layers, how, new, base=1)
            shelf.tiers[tier] = Tier(tier_scan["bytes"], tier_scan["files"])
            written.append(tier)
        self.order("adopt", tiers=written)
        if written:
            shelf.write_manifest()

    def restore(self, shelf: Shelf, tiers: tuple[str, ...]) -> None:
        """Tier by tier, hashes taken on the way."""
        self.order("empty", complete=[])
        for tier in tiers:
            layers = shelf.layers[tier]
            read, write = os.pipe()
            fields = ("kind", "bytes", "stream", "entries", "logical_bytes", "only")
            self.send("unpack", read, tier=tier, layers=[{it: getattr(layer, it) for it in fields} for layer in layers])
            feeding = threading.Thread(target=self._feed, args=(shelf, layers, write))
            feeding.start()
            self.hear()
            feeding.join()
            self.order("place", tier=tier)

    def peak_megabytes(self) -> float:
        """Of the keeper and what it started, together, as far as was seen."""
        return self._peak / 1e6

    def _note_memory(self) -> None:
        self._peak = max(self._peak, sum(map(high_water, [self._process.pid, *_children(self._process.pid)])))

    def _feed(self, shelf: Shelf, layers: tuple[Layer, ...], write: int) -> None:
        with os.fdopen(write, "wb", buffering=0) as pipe:
            for layer in layers:
                digest = hashlib.sha256()
                with (shelf.folder / layer.name).open("rb", buffering=0) as content:
                    while piece := content.read(PIECE):
                        digest.update(piece)
                        view = memoryview(piece)
                        while view:
                            view = view[pipe.write(view) :]
                        self._note_memory()
                if digest.hexdigest() != layer.sha256:
                    raise RuntimeError("a layer is not what was saved")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def high_water(pid: int) -> int:
    """Bytes that it ever had in memory; none of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


@contextmanager
def keeper(home: Path) -> Iterator[Kept]:
    """Running, and ended afterwards."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(theirs.fileno()), str(home)],
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'workspace-image'}", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    try:
        kept = Kept(ours, process)
        kept.order("discard", tier="boot")  # nothing: only to know that it is ready, as an agent's is long before
        yield kept
    finally:
        ours.close()
        process.wait(timeout=30)
