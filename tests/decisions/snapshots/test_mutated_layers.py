"""Layers that were valid until somebody changed them: each is refused, or is read as a layer that does no harm.

How far the reader comes is counted: a test whose layers are all refused at their first header proves nothing.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.snapshots.format.layout import (
    BLOCK,
    END,
    FILE,
    FOLDER,
    FURTHEST,
    LINK,
    LONGEST_NAME,
    LONGEST_PATH,
    MOST_NAMES,
    SYMLINK,
    BadLayer,
)
from shared.snapshots.format.tar_reader import Entry, Tar
from shared.snapshots.format.tar_writer import copy_header, gone
from shared.snapshots.merged_archive import home
from tests.support.records.factories import a_manifest
from tests.support.records.layers import Shelf, patiently
from tests.support.records.mutated_layers import mutated
from tests.support.records.raw_tar import packed, read

EXAMPLES = 4000
DEEP = 4
"""Entries: who reads so many has passed headers, records, contents and what fills blocks."""


@dataclass
class Reading:
    """How far a reader came."""

    entries: list[Entry] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    gone: list[bytes] = field(default_factory=list)
    refused: str = ""


def reading(tar: bytes, piece: int) -> Reading:
    found = Reading()
    pieces = (tar[at : at + piece] for at in range(0, len(tar), piece))
    bounds: dict[str, Any] = {"stream": len(tar), "entries": 500, "logical_bytes": 1 << 40}
    reader = Tar(lambda: next(pieces, b""), **bounds, gone=found.gone.append)
    try:
        for entry in reader:
            found.entries.append(entry)
            found.contents.append(b"".join(reader.contents()))
    except BadLayer as e:
        found.refused = str(e)
    return found


def check(found: Reading) -> None:
    for path in (*found.gone, *(each.path for each in found.entries)):
        check_below(path)
    for entry, content in zip(found.entries, found.contents, strict=False):
        assert entry.kind in (FILE, LINK, SYMLINK, FOLDER)
        assert not (entry.kind == FILE and entry.mode & 0o6000)
        assert 0 <= entry.mode <= 0o7777
        assert abs(entry.mtime_ns) <= FURTHEST
        assert len(content) == entry.stored + -entry.stored % BLOCK
        assert entry.kind == FILE or entry.size == entry.stored == 0
        assert entry.parts is None or all(0 <= at <= at + length <= entry.size for at, length in entry.parts)
        if entry.kind == LINK:
            check_below(entry.link)
    assert sum(entry.size for entry in found.entries) <= 1 << 40
    assert len(found.entries) + len(found.gone) <= 500


def check_below(path: bytes) -> None:
    names = path.split(b"/")
    assert not {b"", b".", b".."} & {*names}
    assert b"\0" not in path
    assert len(path) <= LONGEST_PATH
    assert len(names) <= MOST_NAMES
    assert max(map(len, names)) <= LONGEST_NAME


def test_whatever_is_changed_in_a_layer() -> None:
    depths, reasons = Counter[str](), Counter[str]()
    for seed in range(EXAMPLES):
        tar = mutated(seed)
        try:
            found = reading(tar, 1 << 16)
            check(found)
            assert found == reading(tar, 100 + seed % 1000), "in other pieces it is another layer"
            if not found.refused:
                each_with_contents = zip(found.entries, found.contents, strict=True)
                again = b"".join(copy_header(each, each.path) + content for each, content in each_with_contents)
                assert read(b"".join(gone(found.gone)) + again + END, entries=500) == (found.entries, found.gone)
        except AssertionError as e:
            e.add_note(f"seed {seed}")
            raise
        depths["any"] += bool(found.entries or found.gone)
        depths["deep"] += len(found.entries) >= DEEP
        depths["whole"] += not found.refused
        depths["refused deep"] += bool(found.refused) and len(found.entries) >= DEEP
        reasons[found.refused] += 1
    shares = {what: count / EXAMPLES for what, count in depths.items()}
    assert shares["any"] > 0.8, shares
    assert shares["deep"] > 0.5, shares
    assert shares["refused deep"] > 0.2, shares
    assert 0.05 < shares["whole"] < 0.6, shares
    assert len(reasons) >= 18, reasons


@pytest.mark.timeout(600)
def test_a_download_refuses_what_the_reader_refuses() -> None:
    for seed in range(0, EXAMPLES, 10):
        tar = mutated(seed)
        shelf = Shelf()
        of = a_manifest(shelf.layer("work", {}, packed=packed(tar), stream=len(tar), entries=500))
        expected, outcome = reading(tar, 1 << 16).refused, ""
        try:
            given = b"".join(home(of, shelf.open, patiently))
        except BadLayer as e:
            outcome = str(e).rpartition(": ")[2]
        assert outcome == expected, seed
        if not outcome:
            assert given
