"""A home, its keeper, and a shelf of layers: what checkpoints and restores do, without a container or a bucket."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from agent.errors import BadLayer
from agent.home.keeper import Keeper, read_result, unpack_apart
from agent.home.steps import FOLDER
from agent.home.unpack import Unpacked
from agent.layers import How, how_to_save, replaced
from agent.manifest import Layer
from agent.tiers import TIERS


@dataclass
class Shelf:
    """Layers by tier, and their content by name."""

    layers: dict[str, tuple[Layer, ...]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)


class Saver:
    """A keeper at work in this process. `folder` is the home."""

    def __init__(self, folder: Path, shelf: Shelf) -> None:
        self.folder = folder
        self.shelf = shelf
        self.keeper = Keeper(str(folder))
        self.known = True

    def save(self, force: How | None = None) -> dict[str, How]:
        """One checkpoint of everything that changed; which tiers were written, and how."""
        looked = self.keeper.look()["tiers"]
        made = {}
        for tier in TIERS:
            told, layers = looked[tier], self.shelf.layers.get(tier, ())
            if not told["files"]:
                self.shelf.layers.pop(tier, None)
                self.keeper.forget(tier)
                continue
            if not (told["changed"] or told["missing"]):
                continue
            how = how_to_save(
                layers,
                known=self.known,
                complete=told["complete"],
                bytes=told["bytes"],
                changed_bytes=told["changed_bytes"],
            )
            if force and layers:
                how = force
            if how is None:
                continue
            made[tier] = how
            self.shelf.layers[tier] = replaced(layers, how, self._pack(tier, how))
        self.keeper.adopt()
        return made

    def _pack(self, tier: str, how: How) -> Layer:
        read, write = os.pipe()
        content = bytearray()

        def drain() -> None:
            with os.fdopen(read, "rb") as pipe:
                while piece := pipe.read(1 << 16):
                    content.extend(piece)

        draining = Thread(target=drain)
        draining.start()
        told = self.keeper.pack(tier, how, write)
        draining.join()
        name = f"{tier}-{len(self.shelf.contents)}"
        self.shelf.contents[name] = bytes(content)
        kind = "whole" if how == How.WHOLE else "delta"
        return Layer(tier, kind, name, "", len(content), told["stream"], told["entries"], told["logical_bytes"])

    def restore(self, tiers: tuple[str, ...] = TIERS) -> None:
        """Everything from the shelf into the home, tier by tier. Raises BadLayer."""
        self.keeper.empty([tier for tier in TIERS if tier not in self.shelf.layers])
        for tier in tiers:
            if tier in self.shelf.layers:
                self.bring(tier)

    def bring(self, tier: str) -> None:
        self.keeper.place(tier, self.unpack(tier))

    def unpack(self, tier: str) -> Unpacked:
        """In a process of its own, as the agent has it done."""
        layers = self.shelf.layers[tier]
        into = self.keeper.beside(tier)
        source = pipe_of(b"".join(self.shelf.contents[layer.name] for layer in layers))
        told, telling = os.pipe()
        pid = os.fork()
        if pid == 0:
            unpack_apart([declared(layer) for layer in layers], source, into, telling)
        for descriptor in (source, into, telling):
            os.close(descriptor)
        with os.fdopen(told, "rb") as pipe:
            result = read_result(pipe.read())
        os.waitpid(pid, 0)
        if not isinstance(result, Unpacked):
            raise BadLayer(result.get("bad") or result["failed"])
        return result


def declared(layer: Layer) -> dict[str, Any]:
    return {name: getattr(layer, name) for name in ("kind", "bytes", "stream", "entries", "logical_bytes", "only")}


def pipe_of(content: bytes) -> int:
    """A descriptor that these bytes are read from."""
    descriptor = os.memfd_create("layers")
    os.write(descriptor, content) if len(content) < 1 << 20 else _write_all(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def opened(folder: Path) -> int:
    return os.open(folder, FOLDER)
