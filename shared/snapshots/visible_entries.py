"""Which entries of a snapshot's layers a restore would bring: those that no newer layer hides.

The newest layer is read first, so that its changes and removals are known before older layers are read. Nothing is
unpacked, and memory is bounded whatever a layer holds.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from shared.snapshots.checkpoint import TIERS, Layer, Manifest, chains
from shared.snapshots.format.layout import FOLDER, LINK
from shared.snapshots.format.tar_reader import Entry, Tar
from shared.snapshots.opened_layer import Check, Open, OpenTar, opened

MOST_HIDDEN = 2_000_000
"""Paths of newer layers to remember while older layers are read: about 150 MB."""


class TooMuch(Exception):
    """The snapshot holds more than fits into memory, or more than its size in the storage allows."""


class Room:
    """A limit on a quantity. Raises TooMuch, with the reason, once more is taken."""

    def __init__(self, left: int, reason: str) -> None:
        self._left = left
        self._why = reason

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise TooMuch(self._why)

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, counted against the limit."""
        for piece in pieces:
            self.take(len(piece))
            yield piece


def entries(manifest: Manifest, open_layer: Open, check: Check) -> Iterator[Entry]:
    """What the snapshot has, tier by tier. Raises BadLayer and TooMuch."""
    for tier in TIERS:
        for _, _, entry, _ in visible(layers_of(manifest, tier), partial(opened, open_layer, check)):
            yield entry


def layers_of(manifest: Manifest, tier: str) -> list[Layer]:
    return [layer for layer in manifest.layers if layer.tier == tier]


def visible(
    layers: list[Layer], open_tar: OpenTar, top: bytes | None = None
) -> Iterator[tuple[Layer, Tar, Entry, bool]]:
    """The visible entries of a tier's layers at or below `top`, and whether each is a hard link with a hidden target.

    The caller must read an entry's contents before it asks for the next entry.
    """
    covered: dict[bytes, bool] = {}  # paths of later chains, and whether the chains have an entry there
    for chain in reversed(chains(layers)):
        only = None if chain[0].only is None else chain[0].only.encode()
        brought = False
        shade = _Shade(covered, only)
        for number, layer in reversed([*enumerate(chain)]):
            if shade.cuts(top) or (top and only and not (within(top, only) or within(only, top))):
                continue
            with open_tar(layer, shade.take_away) as tar:
                for entry in tar:
                    if not _counts(entry.path, only):
                        continue
                    if number:
                        shade.note(entry)
                    if shade.hides(entry) or not _counts(entry.path, top):
                        continue
                    brought = True
                    hidden = entry.kind == LINK and (shade.hides_path(entry.link) or not _counts(entry.link, only))
                    yield layer, tar, entry, hidden
                shade.lower()
        if only is not None:
            covered[only] = covered.get(only, False) or brought


def _counts(path: bytes, top: bytes | None) -> bool:
    return top is None or within(path, top)


def within(path: bytes, top: bytes) -> bool:
    """Whether `path` is `top` or lies below it."""
    return path == top or path.startswith(top + b"/")


class _Shade:
    """What newer layers of a chain hide from older ones. Paths are remembered by a hash of 64 bits."""

    def __init__(self, covered: dict[bytes, bool], only: bytes | None) -> None:
        self._covered = covered
        self._only = only
        self._seen: set[int] = set()
        self._cut: set[int] = set()
        self._next_seen: list[int] = []
        self._next_cut: list[int] = []

    def note(self, entry: Entry) -> None:
        """Hides the entry's path in older layers, and everything below it unless the entry is a folder."""
        self._remember(self._next_seen if entry.kind == FOLDER else self._next_cut, entry.path)

    def take_away(self, path: bytes) -> None:
        """Hides everything at and below the path in older layers."""
        if self._only is None or within(path, self._only) or within(self._only, path):
            self._remember(self._next_cut, path)

    def _remember(self, paths: list[int], path: bytes) -> None:
        paths.append(hash(path))
        if len(self._seen) + len(self._cut) + len(self._next_seen) + len(self._next_cut) > MOST_HIDDEN:
            raise TooMuch(f"more than {MOST_HIDDEN} paths changed")

    def lower(self) -> None:
        """Ends a layer: what the layer noted and took away is hidden from the next, older layer."""
        self._seen.update(self._next_seen)
        self._cut.update(self._next_cut)
        self._next_seen, self._next_cut = [], []

    def hides(self, entry: Entry) -> bool:
        """Whether the entry is hidden. An entry that is no folder also gives way to entries of a later chain below
        it."""
        if entry.kind != FOLDER and any(had and within(top, entry.path) for top, had in self._covered.items()):
            return True
        return self.hides_path(entry.path)

    def hides_path(self, path: bytes) -> bool:
        return hash(path) in self._seen or self.cuts(path)

    def cuts(self, path: bytes | None) -> bool:
        """Whether everything at and below `path` is hidden."""
        if path is None:
            return False
        if any(within(path, top) for top in self._covered):
            return True
        at = len(path)
        while self._cut and at != -1:
            if hash(path[:at]) in self._cut:
                return True
            at = path.rfind(b"/", 0, at)
        return False
