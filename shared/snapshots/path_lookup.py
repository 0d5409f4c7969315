"""What a snapshot has at one path, and in the way of it, as its layers say. Small tiers are read first."""

from contextlib import suppress
from functools import partial
from hashlib import blake2b
from unicodedata import normalize

from msgspec import Struct

from shared.snapshots.checkpoint import TIERS, Manifest
from shared.snapshots.format.layout import FOLDER, LINK
from shared.snapshots.format.tar_reader import Entry, Tar
from shared.snapshots.opened_layer import Check, Open, opened
from shared.snapshots.visible_entries import Room, layers_of, visible, within

MOST_AT = 200_000
"""Paths to count below a restored path: about 40 MB."""


def has_path(manifest: Manifest, path: str, open_layer: Open, check: Check) -> bool:
    """Whether the snapshot has an entry at or below `path`. Small tiers are read first.

    Raises BadLayer and TooMuch.
    """
    top, open_tar = path.encode(), partial(opened, open_layer, check)
    return any(next(visible(layers_of(manifest, tier), open_tar, top), None) for tier in TIERS)


class At(Struct, frozen=True):
    """An entry at one path of a tar: a hash of what a restore would bring, and the bytes without holes."""

    content: int
    size: int
    is_folder: bool


def at(manifest: Manifest, path: str, tier: str, open_layer: Open, check: Check) -> dict[int, At]:
    """The entries of one tier at or below `path`, by the hash of each path. Their contents are read: two
    files of one size and time may differ. Raises BadLayer and TooMuch."""
    entries: dict[int, At] = {}
    room = Room(MOST_AT, f"there are more than {MOST_AT} paths at it")
    top = path.encode()
    for layer, tar, entry, is_orphan in visible(layers_of(manifest, tier), partial(opened, open_layer, check), top):
        room.take(1)
        # what such a link leads to is not among the entries, so that only the same layer surely brings the same
        leads_away = entry.kind == LINK and (is_orphan or not within(entry.link, top))
        content = hash((_content_hash(entry, tar), layer.name if leads_away else None))
        entries[hash(entry.path)] = At(content, entry.stored, entry.kind == FOLDER)
    return entries


def _content_hash(entry: Entry, tar: Tar) -> int:
    """Of a folder its mode alone: its time changes also when a file in it comes and goes between two saves."""
    if entry.kind == FOLDER:
        return hash((FOLDER, entry.mode))
    stored = blake2b(digest_size=16)

    def add(piece: memoryview) -> int:
        stored.update(piece)
        return len(piece)

    tar.write_contents(add)
    parts = None if entry.parts is None else tuple(entry.parts)
    return hash((entry.kind, entry.mode, entry.mtime_ns, entry.size, entry.link, parts, stored.digest()))


def equivalent_paths(manifest: Manifest, path: str, open_layer: Open, check: Check) -> list[str]:
    """Paths of the snapshot that are canonically equivalent to `path` in Unicode. macOS writes `é`, and each Korean
    syllable, as several characters. Only useful if `path` itself is absent, because all layers are read.

    Raises BadLayer and TooMuch.
    """
    wanted, depth = normalize("NFC", path), path.count("/") + 1
    paths, before = set[str](), b""
    for tier in TIERS:
        for _, _, entry, _ in visible(layers_of(manifest, tier), partial(opened, open_layer, check)):
            top = b"/".join(entry.path.split(b"/", depth)[:depth])
            if top != before:
                before = top
                with suppress(UnicodeDecodeError):
                    name = top.decode()
                    if not name.isascii() and normalize("NFC", name) == wanted:
                        paths.add(name)
    return sorted(paths)


def has_entry_at(manifest: Manifest, path: str, open_layer: Open, check: Check) -> bool:
    """Whether the snapshot has an entry at exactly this path, and not only below it. Raises BadLayer and TooMuch."""
    top, open_tar = path.encode(), partial(opened, open_layer, check)
    firsts = (next(visible(layers_of(manifest, tier), open_tar, top), None) for tier in TIERS)
    return any(first is not None and first[2].path == top for first in firsts)


def in_the_way(manifest: Manifest, path: str, open_layer: Open, check: Check) -> str | None:
    """The path of a file or link that stands where `path` needs a folder; None if there is none. Raises BadLayer and
    TooMuch."""
    open_tar = partial(opened, open_layer, check)
    above = path.encode()
    while b"/" in above:
        above = above.rpartition(b"/")[0]
        firsts = [next(visible(layers_of(manifest, tier), open_tar, above), None) for tier in TIERS]
        found = [first[2] for first in firsts if first is not None]
        if any(entry.path == above and entry.kind != FOLDER for entry in found):
            return above.decode()
        if found:  # it is a folder, and so is what is above it
            return None
    return None
