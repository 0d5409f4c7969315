"""What is copied while programs stand still, what is scanned again, and what waits."""

import os
import time
from itertools import count
from types import SimpleNamespace

import agent.home.copies
import agent.home.keeper
import agent.home.pack
import pytest
from agent.home.copies import folders_to_keep, folders_to_postpone, to_copy, unit_folder
from agent.home.index import TierScan
from agent.home.scan import scan_home
from agent.home.tiers import BOOT, DEPS, TIERS, WORK
from agent.state.layers import How, is_urgent

from tests.home.saving import Saver
from tests.home.test_scan import make


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        (b"a", b""),
        (b"data/app.db-wal", b"data"),
        (b"p/.git/objects/ab/cd", b"p/.git"),
        (b"p/.git/modules/sub/HEAD", b"p/.git"),
        (b"mirror.git/refs/heads/main", b"mirror.git"),
        (b"p/.github/workflows/a.yml", b"p/.github/workflows"),
    ],
)
def test_what_must_be_of_one_moment(path: bytes, folder: bytes) -> None:
    assert unit_folder(path) == folder


def test_what_is_little_is_all_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = TierScan(sizes={b"a": 5, b"b": 5})
    assert to_copy([b"a", b"b"], seen, room=10) == [b"a", b"b"]
    assert to_copy([b"a", b"b"], seen, room=9) == []
    monkeypatch.setattr(agent.home.copies, "FEW", 1)
    assert to_copy([b"a", b"b"], seen, room=10) == []


def test_of_much_what_is_written_is_copied_with_what_lies_beside_it() -> None:
    paths = [b"d", b"q", b"d/db", b"d/db-wal", b"d/huge", b"q/quiet"]
    sizes = {b"d/db": 40, b"d/db-wal": 1, b"d/huge": 1000, b"q/quiet": 500}
    seen = TierScan(sizes=sizes, folders={b"d", b"q"}, recent={b"d/db-wal"})
    assert to_copy(paths, seen, room=100) == [b"d", b"d/db-wal", b"d/db"]


def test_what_takes_long_to_copy_comes_last() -> None:
    """With folders before what is in them. A database comes with its journal, before what is larger than both."""
    paths = [b"a.db", b"a.db-wal", b"hot", b"d", b"d/b.db", b"d/b.db-wal", b"e", b"e/link", b"text"]
    sizes = {b"a.db": 7, b"a.db-wal": 2, b"hot": 60, b"d/b.db": 9, b"d/b.db-wal": 3, b"text": 1}
    seen = TierScan(sizes=sizes, folders={b"d", b"e"}, recent=set(paths))
    top = [b"text", b"a.db-wal", b"a.db", b"hot"]
    first, beside = [b"d", b"e", b"e/link"], [b"d/b.db-wal", b"d/b.db"]
    assert to_copy(paths, seen, room=100) == [*first, *beside, *top]
    sizes[b"hot"] = 600
    assert to_copy(paths, seen, room=100) == [*first, *top[:-1], *beside]


@pytest.mark.parametrize("where", ["", "data/"])
def test_a_large_file_takes_no_standstill_from_what_lies_beside_it(
    saver: Saver, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The time for copying ends in the middle of the large file, wherever the scan has met it. The rest is saved as it
    was when the programs stood still, whatever they do afterwards."""
    beside = [f"{where}{name}" for name in ("a.db", "a.db-wal", "text", "z.db", "z.db-wal")]
    (saver.folder / f"{where}hot").parent.mkdir(exist_ok=True)
    (saver.folder / f"{where}hot").write_bytes(b"x" * (40 << 20))
    make(saver.folder, *beside, content="still")
    saver.keeper.scan()
    # a second for each file and for each piece of a large one
    clock = SimpleNamespace(monotonic=count().__next__, time_ns=time.time_ns)
    for module in (agent.home.keeper, agent.home.pack):
        monkeypatch.setattr(module, "time", clock)
    saver.keeper.copy({WORK: How.WHOLE}, seconds=20)
    make(saver.folder, *beside, content="later")
    saver.shelf.layers[WORK] = (saver.pack(WORK, How.WHOLE),)
    saver.restore((WORK,))
    assert {name: (saver.folder / name).read_text() for name in beside} == dict.fromkeys(beside, "still")


def test_what_is_large_waits_with_what_lies_beside_it() -> None:
    sizes = {b"d/db": 90, b"d/db-wal": 20, b"text": 5, b"other": 400}
    assert folders_to_postpone([b"d/db", b"d/db-wal", b"text"], sizes, 100) == {b"d"}


@pytest.mark.parametrize(("ago", "urgent"), [(None, True), (41, True), (40, False), (1, False)])
def test_a_save_is_urgent_when_the_newest_is_two_intervals_old(ago: float | None, urgent: bool) -> None:
    assert is_urgent(ago, 20) is urgent


@pytest.fixture
def large(saver: Saver, monkeypatch: pytest.MonkeyPatch) -> Saver:
    """A home that is too large to be scanned again as a whole."""
    monkeypatch.setattr(agent.home.copies, "MOST_AGAIN", 8)
    make(saver.folder, *(f"p/node_modules/m{at}/a" for at in range(9)), "p/src/a", "quiet/a", "quiet/b/c", ".config/a")
    make(saver.folder, "p/.git/refs/main", "p/.git/objects/a/b", "p/.git/objects/c/d")
    os.link(saver.folder / "quiet/a", saver.folder / "p/linked")
    while saver.save():
        pass
    return saver


def test_a_large_home_is_looked_at_again_only_where_something_changed(large: Saver) -> None:
    make(large.folder, "p/src/a", "p/.git/refs/main", content="changed")
    large.keeper.scan()
    kept = large.keeper.kept.folders
    assert {b"p/node_modules", b"quiet"} <= kept.keys()
    assert not [folder for folder in kept if folder.startswith((b"p/.git", b"p/src"))]


def test_what_a_second_look_finds_is_what_there_is(large: Saver) -> None:
    make(large.folder, "p/src/a", "p/.git/objects/a/b", content="changed")
    large.keeper.scan()
    make(large.folder, "p/src/new", "p/.git/objects/e/f", content="new")
    (large.folder / "p/.git/refs/main").unlink()
    large.keeper.scan(again=True)
    _check_as_there(large)


def _check_as_there(large: Saver) -> None:
    """The last scan found everything."""
    again = large.keeper.last_scan
    whole = scan_home(large.keeper.home)
    assert again is not None
    for tier in TIERS:
        scanned, present = again.tiers[tier], whole.tiers[tier]
        assert scanned.marks == present.marks
        assert scanned.folders == present.folders
        assert scanned.total == present.total
        assert sum(scanned.sizes.values()) == sum(present.sizes.values())
        assert {number: set(names) for number, names in scanned.linked.items()} == {
            number: set(names) for number, names in present.linked.items()
        }


MOVES = {
    "a file": ("p/src/a", "quiet/b/moved"),
    "in place of another": ("p/src/a", "quiet/b/c"),
    "to another tier": ("p/src/a", "p/node_modules/m1/moved"),
    "a folder": ("p/src", "quiet/src"),
    "settings": (".config/a", "quiet/b/moved"),
}


@pytest.mark.parametrize(("before", "after"), MOVES.values(), ids=MOVES)
def test_what_moves_to_where_nothing_changed_is_in_the_save(large: Saver, before: str, after: str) -> None:
    """Between the two scans of one save. The file stays saved in the next round."""
    make(large.folder, "p/src/b", ".config/a", content="changed")
    large.keeper.scan()
    (large.folder / before).rename(large.folder / after)
    for _ in range(2):
        large.keeper.scan(again=True)
        _check_as_there(large)


def test_what_moves_there_in_a_later_round_is_in_the_save(large: Saver) -> None:
    make(large.folder, "p/src/a", content="changed")
    large.keeper.scan()
    make(large.folder, "p/src/new")
    large.keeper.scan(again=True)
    (large.folder / "p/src/new").rename(large.folder / "quiet/new")
    large.keeper.scan(again=True)
    _check_as_there(large)


def test_what_is_deleted_is_looked_for_and_the_rest_is_taken_as_it_was(large: Saver) -> None:
    """A database's journal appears and disappears all the time."""
    make(large.folder, "p/src/a", "p/src/journal", content="changed")
    large.keeper.scan()
    kept = set(large.keeper.kept.folders)
    make(large.folder, "quiet/new")
    (large.folder / "p/src/journal").unlink()
    large.keeper.scan(again=True)
    assert large.keeper.kept.folders.keys() == kept
    assert b"quiet/new" not in large.keeper.seen_of(WORK).marks


def test_a_small_home_is_looked_at_again_in_whole() -> None:
    seen = {tier: TierScan(marks={b"a": 1}) for tier in (BOOT, WORK, DEPS)}
    assert folders_to_keep(seen, set(), {}).folders == {}
