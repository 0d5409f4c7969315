"""A home, its keeper, and layers in memory: checkpoints and restores without a container or a bucket."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from agent.home.keeper import Keeper
from agent.home.storage_quota import Quota
from agent.home.tiers import TIERS
from agent.home.unpack import Unpacked
from agent.home.unpack_apart import read_result
from agent.state.layers import How, how_to_save, replaced
from agent.state.manifest import Layer

from shared.snapshots.format.layout import BadLayer
from tests.home import forking


class Failed(Exception):
    """The system refused an operation, or the program that unpacks ended."""


@dataclass
class Shelf:
    """Layers by tier, and their content by name."""

    layers: dict[str, tuple[Layer, ...]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def copy(self) -> "Shelf":
        """A copy that later saves do not change."""
        return Shelf(dict(self.layers), self.contents)


class Saver:
    """A keeper at work in this process. `folder` is the home. Without `known`, another keeper made the saved layers."""

    def __init__(self, folder: Path, shelf: Shelf) -> None:
        self.folder = folder
        self.shelf = shelf
        self.keeper = Keeper(str(folder))
        self.known = True
        self.quota = Quota(None, None, None)
        self.left_out: dict[str, Any] = {}
        self._to_come: dict[str, int] = {}

    def close(self) -> None:
        os.close(self.keeper.home)

    def save(self, force: How | None = None, *, last: bool = False) -> dict[str, How]:
        """Makes one checkpoint of all changes. Returns which tiers were written, and how. `force`: how a tier is
        written where several ways are possible."""
        answer = self.keeper.scan(**vars(self.quota), last=last)
        scanned, self.left_out = answer["tiers"], answer["over_quota"]
        self.apart_answer: dict[str, Any] = answer["apart"]
        made: dict[str, How] = {}
        new = dict(self.shelf.layers)
        for tier in TIERS:
            scanned_tier, layers = scanned[tier], new.get(tier, ())
            if not scanned_tier["files"] and scanned_tier["complete"]:
                new.pop(tier, None)
                self.keeper.forget(tier, complete=True)
                continue
            if self.known and not (scanned_tier["changed"] or scanned_tier["missing"]):
                continue
            how = how_to_save(
                layers,
                known=self.known,
                complete=scanned_tier["complete"],
                base=self._base(tier),
                bytes=scanned_tier["bytes"],
                changed_bytes=scanned_tier["changed_bytes"],
                gone_bytes=scanned_tier["gone_bytes"],
            )
            several = sum(layer.kind == How.WHOLE for layer in layers) > 1
            if force and layers and self.known and scanned_tier["complete"] and not several:
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
        """Packs a layer of the last scan into the shelf; no list of layers names it yet."""
        return self._packed(tier, how, lambda pipe: self.keeper.pack(tier, how, pipe))

    def keep_apart(self) -> Shelf:
        """Packs what the last scan has left out, onto a shelf of its own."""
        layers = {tier: (self._apart(tier),) for tier in ("work", "deps") if self.apart_answer[tier]["files"]}
        return Shelf(dict(layers), self.shelf.contents)

    def _apart(self, tier: str) -> Layer:
        return self._packed(tier, How.WHOLE, lambda pipe: self.keeper.pack_apart(tier, pipe, 60))

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
            answer = pack(write)
        finally:
            os.close(write)
            draining.join()
        name = f"{tier}-{len(self.shelf.contents)}"
        self.shelf.contents[name] = bytes(content)
        kind = "whole" if how == How.WHOLE else "delta"
        return Layer(tier, kind, name, "", len(content), answer["stream"], answer["entries"], answer["logical_bytes"])

    def restore(self, tiers: tuple[str, ...] = TIERS) -> None:
        """Restores everything on the shelf into the home, tier by tier. Raises BadLayer."""
        self.begin()
        for tier in tiers:
            if tier in self.shelf.layers:
                self.bring(tier)

    def begin(self) -> None:
        """Marks every tier on the shelf as still to be restored."""
        self._to_come = {tier: len(layers) for tier, layers in self.shelf.layers.items()}
        self.keeper.empty([tier for tier in TIERS if tier not in self.shelf.layers])

    def bring(self, tier: str) -> None:
        self.keeper.place(tier, self.unpack(tier))
        del self._to_come[tier]

    def unpack(self, tier: str) -> Unpacked:
        """Unpacks in a process of its own, as in the agent."""
        layers = self.shelf.layers[tier]
        content = b"".join(self.shelf.contents[layer.name] for layer in layers)
        return unpacked([declared(layer) for layer in layers], content, self.keeper.make_staging(tier))


def unpacked(layers: list[dict[str, Any]], content: bytes, into: int, become: int | None = None) -> Unpacked:
    """Unpacks in a child process, as the user `become` if one is given. Closes `into`. Raises BadLayer or Failed."""
    source = pipe_of(content)
    result_read, result_write = os.pipe()
    forking.unpack(layers, source, into, result_write, become)
    for descriptor in (source, into, result_write):
        os.close(descriptor)
    with os.fdopen(result_read, "rb") as pipe:
        answer = pipe.read()
    result = read_result(answer)
    if isinstance(result, Unpacked):
        return result
    if "bad" in result:
        raise BadLayer(result["bad"])
    raise Failed(result["failed"])


def declared(layer: Layer) -> dict[str, Any]:
    """The limits of a layer that the agent gives the keeper."""
    return {name: getattr(layer, name) for name in ("kind", "bytes", "stream", "entries", "logical_bytes", "only")}


def pipe_of(content: bytes) -> int:
    """A descriptor from which these bytes are read."""
    descriptor = os.memfd_create("layers")
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
