"""What a member sees who looks into a snapshot."""

import tracemalloc
from collections.abc import Iterator
from unicodedata import normalize

import pytest

from shared.snapshots import path_index
from shared.snapshots.checkpoint import Manifest
from shared.snapshots.format.layout import FILE
from shared.snapshots.format.tar_reader import Entry
from shared.snapshots.path_index import PathIndex, children, folders_named, index_of
from shared.snapshots.visible_entries import entries
from shared.time_budget import TooSlow
from tests.support.records.layers import Shelf, manifest, patiently


def an_index(shelf: Shelf, of: Manifest) -> PathIndex:
    return index_of(entries(of, shelf.open, patiently))


def a_file(path: bytes, size: int = 1) -> Entry:
    return Entry(path, FILE, 0o644, 0, size, size, b"", None)


def shown(index: PathIndex, folder: str = "") -> list[tuple[str, str, int, int]]:
    found, has_more = children(index, folder, None, 100)
    assert not has_more
    return [(each.path, each.kind, each.bytes, each.files) for each in found]


def test_a_folder_has_what_all_tiers_and_layers_have_in_it() -> None:
    shelf = Shelf()
    boot = shelf.layer("boot", {"a": b"1", "proj": None, "proj/link": ("soft", "../a")})
    work = shelf.layer("work", {"proj": None, "proj/b": b"2" * 3000, "proj/old": b"2", "empty": None})
    newer = shelf.delta("work", {"proj/b": b"2" * 2000}, ["proj/old"])
    deps = shelf.layer("deps", {"proj/node_modules/m/index.js": b"333"})
    index = an_index(shelf, manifest(boot, work, newer, deps))
    assert not index.partial
    assert shown(index) == [("a", "file", 1, 1), ("empty", "folder", 0, 0), ("proj", "folder", 2003, 3)]
    assert shown(index, "proj") == [
        ("proj/b", "file", 2000, 1),
        ("proj/link", "symlink", 0, 1),
        ("proj/node_modules", "folder", 3, 1),
    ]
    assert folders_named(index, "proj/node_modules/m") == ["proj/node_modules/m"]
    assert folders_named(index, "") == [""]
    assert folders_named(index, "proj/b") == []
    assert folders_named(index, "pro") == []


def test_a_folder_from_a_mac_is_found_by_what_a_keyboard_types() -> None:
    mac, keyboard = (normalize(form, "자료/한글") for form in ("NFD", "NFC"))
    mixed = f"{keyboard.split('/')[0]}/{mac.split('/')[1]}"
    one = index_of([a_file(f"{mac}/a".encode()), a_file(b"ascii/b")])
    assert folders_named(one, keyboard) == folders_named(one, mac) == [mac]
    assert folders_named(one, keyboard.split("/")[0]) == [mac.split("/")[0]]
    assert folders_named(one, f"{keyboard}/a") == [], "a file is no folder"
    several = index_of(a_file(f"{each}/a".encode()) for each in (mac, keyboard, mixed))
    assert folders_named(several, keyboard) == [keyboard, *sorted([mac, mixed])], "the exact one comes first"
    assert folders_named(several, mixed)[0] == mixed


def test_a_folder_comes_in_pages() -> None:
    index = index_of(a_file(b"d/%d" % number) for number in range(5))
    first, has_more = children(index, "d", None, 3)
    assert [each.path for each in first] == ["d/0", "d/1", "d/2"]
    assert has_more
    rest, has_more = children(index, "d", "2", 3)
    assert [each.path for each in rest] == ["d/3", "d/4"]
    assert not has_more


def test_a_name_that_is_no_text_is_shown_and_can_not_be_asked_for() -> None:
    index = index_of([a_file(b"d/\xff"), a_file("d/한글".encode())])
    found, _ = children(index, "d", None, 9)
    assert [(each.path, each.exact) for each in found] == [("d/한글", True), ("d/\ufffd", False)]


def test_what_is_not_read_in_time_is_said_to_be_missing() -> None:
    def slow() -> Iterator[Entry]:
        yield a_file(b"d/a")
        raise TooSlow

    index = index_of(slow())
    assert index.partial
    assert shown(index) == [("d", "folder", 1, 1)]


def test_more_paths_than_an_index_has_are_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_index, "MOST_INDEXED", 3)
    index = index_of(a_file(b"%d" % number) for number in range(5))
    assert (len(index.entries), index.partial) == (3, True)


def test_deep_paths_take_no_more_memory_than_others() -> None:
    """Each of the folders above a path is a path too."""
    deep = b"/".join([b"d" * 159] * 399)
    tracemalloc.start()
    try:
        index = index_of(a_file(b"%d/%s" % (number, deep)) for number in range(1000))
        assert index.partial
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()
