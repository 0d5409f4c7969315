"""A home, its keeper, and a shelf of layers: what checkpoints and restores do, without a container or a bucket."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from agent.errors import BadLayer
from agent.home.keeper import Keeper, read_result
from agent.home.unpack import Unpacked
from agent.layers import How, how_to_save, replaced
from agent.manifest import Layer
from agent.storage_quota import Quota
from agent.tiers import TIERS

from tests.home import forks


class Failed(Exception):
    """The system refused something, or the program that unpacks ended."""


@dataclass
class Shelf:
    """Layers by tier, and their content by name."""

    layers: dict[str, tuple[Layer, ...]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def copy(self) -> "Shelf":
        """What is here now, whatever is put here later."""
        return Shelf(dict(self.layers), self.contents)


class Saver:
    """A keeper at work in this process. `folder` is the home. Not `known`: another keeper saved what is there."""

    def __init__(self, folder: Path, shelf: Shelf) -> None:
        self.folder = folder
        self.shelf = shelf
        self.keeper = Keeper(str(folder))
        self.known = True
        self.quota = Quota(None, None, None)
        self.left_out: dict[str, Any] = {}
        self._to_come: dict[str, int] = {}

    def close(self) -> None:
        os.close(self.keeper._home)

    def save(self, force: How | None = None, *, last: bool = False) -> dict[str, How]:
        """One checkpoint of everything that changed; which tiers were written, and how. `force`: in what way,
        wherever a tier can be written in several."""
        answer = self.keeper.look(**vars(self.quota), last=last)
        looked, self.left_out = answer["tiers"], answer["over_quota"]
        self.told_apart: dict[str, Any] = answer["apart"]
        made: dict[str, How] = {}
        new = dict(self.shelf.layers)
        for tier in TIERS:
            told, layers = looked[tier], new.get(tier, ())
            if not told["files"] and told["complete"]:
                new.pop(tier, None)
                self.keeper.forget(tier, complete=True)
                continue
            if self.known and not (told["changed"] or told["missing"]):
                continue
            how = how_to_save(
                layers,
                known=self.known,
                complete=told["complete"],
                base=self._base(tier),
                bytes=told["bytes"],
                changed_bytes=told["changed_bytes"],
                gone_bytes=told["gone_bytes"],
            )
            several = sum(layer.kind == How.WHOLE for layer in layers) > 1
            if force and layers and self.known and told["complete"] and not several:
                how = force
            if how is None:
                continue
            made[tier] = how
            new[tier] = replaced(layers, how, self.pack(tier, how), base=self._base(tier))
        self.keeper.adopt(list(made))
        self.shelf.layers = new
        self.known = True
        return made

    def _base(self, tier: str) -> int:
        return self._to_come.get(tier, 1)

    def pack(self, tier: str, how: How) -> Layer:
        """A layer of what the last look saw, on the shelf's floor: nothing refers to it yet."""
        return self._packed(tier, how, lambda pipe: self.keeper.pack(tier, how, pipe))

    def keep_apart(self) -> Shelf:
        """What the last look has left out, on a shelf of its own."""
        layers = {tier: (self._apart(tier),) for tier in ("work", "deps") if self.told_apart[tier]["files"]}
        return Shelf(dict(layers), self.shelf.contents)

    def _apart(self, tier: str) -> Layer:
        return self._packed(tier, How.WHOLE, lambda pipe: self.keeper.pack_apart(tier, pipe))

    def _packed(self, tier: str, how: How, pack: Callable[[int], dict[str, Any]]) -> Layer:
        read, write = os.pipe()
        content = bytearray()

        def drain() -> None:
            with os.fdopen(read, "rb") as pipe:
                while piece := pipe.read(1 << 16):
                    content.extend(piece)

        draining = Thread(target=drain)
        draining.start()
        try:
            told = pack(write)
        finally:
            os.close(write)
            draining.join()
        name = f"{tier}-{len(self.shelf.contents)}"
        self.shelf.contents[name] = bytes(content)
        kind = "whole" if how == How.WHOLE else "delta"
        return Layer(tier, kind, name, "", len(content), told["stream"], told["entries"], told["logical_bytes"])

    def restore(self, tiers: tuple[str, ...] = TIERS) -> None:
        """Everything from the shelf into the home, tier by tier. Raises BadLayer."""
        self.begin()
        for tier in tiers:
            if tier in self.shelf.layers:
                self.bring(tier)

    def begin(self) -> None:
        """Nothing of what is on the shelf is in the home yet."""
        self._to_come = {tier: len(layers) for tier, layers in self.shelf.layers.items()}
        self.keeper.empty([tier for tier in TIERS if tier not in self.shelf.layers])

    def bring(self, tier: str) -> None:
        self.keeper.place(tier, self.unpack(tier))
        del self._to_come[tier]

    def unpack(self, tier: str) -> Unpacked:
        """In a process of its own, as the agent has it done."""
        layers = self.shelf.layers[tier]
        content = b"".join(self.shelf.contents[layer.name] for layer in layers)
        return unpacked([declared(layer) for layer in layers], content, self.keeper.beside(tier))


def unpacked(layers: list[dict[str, Any]], content: bytes, into: int, become: int | None = None) -> Unpacked:
    """By a child, which is the user `become` if one is given. Closes `into`. Raises BadLayer or Failed."""
    source = pipe_of(content)
    told, telling = os.pipe()
    forks.unpack(layers, source, into, telling, become)
    for descriptor in (source, into, telling):
        os.close(descriptor)
    with os.fdopen(told, "rb") as pipe:
        answer = pipe.read()
    result = read_result(answer)
    if isinstance(result, Unpacked):
        return result
    if "bad" in result:
        raise BadLayer(result["bad"])
    raise Failed(result["failed"])


def declared(layer: Layer) -> dict[str, Any]:
    """What the agent tells the keeper of a layer."""
    return {name: getattr(layer, name) for name in ("kind", "bytes", "stream", "entries", "logical_bytes", "only")}


def pipe_of(content: bytes) -> int:
    """A descriptor that these bytes are read from."""
    descriptor = os.memfd_create("layers")
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
