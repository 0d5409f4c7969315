"""A restored home equals the saved one, whatever a member puts there and however it is saved.

Hypothesis draws the trees, the edits, and the order of saves and restores. They run as an ordinary user on a real file
system.
"""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import agent.home.pack
import pytest
from agent.home.move_into_place import CACHE
from agent.home.open_below import empty, split
from agent.home.tiers import BOOT, DEPS, TIERS, WORK
from agent.state.layers import How
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.home.edits import Edit, edits, until_tick
from tests.home.examples import examples
from tests.home.saving import Saver, Shelf
from tests.home.tree_contents import FOLDER, Thing, TreeContents, as_member, contents_of, given_to_member, paths

EXAMPLES = examples(25, soak=2000)
pytestmark = pytest.mark.soak

ways = st.sampled_from([None, None, How.WHOLE, How.DELTA, How.DELTA, How.MERGED])
rounds = st.lists(st.tuples(st.lists(edits, min_size=1, max_size=12), ways, st.booleans()), min_size=1, max_size=7)
IGNORE = b".ondolignore"
SLACK = 1 << 16
"""Bytes of holes in one file that need not be restored."""


@pytest.fixture(autouse=True, scope="module")
def at_rest() -> Iterator[None]:
    """A file that was written just now is saved again the next time, which would hide misses of deltas. So
    `SessionSequence.save` waits for the clock's next tick instead."""
    before, agent.home.pack.RACY_NS = agent.home.pack.RACY_NS, 0
    yield
    agent.home.pack.RACY_NS = before


@dataclass
class Saved:
    """The acknowledged content of each tier."""

    tiers: dict[str, dict[bytes, Thing]]
    linked: dict[str, set[frozenset[bytes]]]
    blocks: int
    shelf: Shelf

    def things(self) -> dict[bytes, Thing]:
        return {path: thing for tier in self.tiers.values() for path, thing in tier.items()}


@dataclass
class SessionSequence:
    """A workspace's homes, in one container after another, below `folder`."""

    folder: Path
    shelf: Shelf = field(default_factory=Shelf)
    homes: int = 0
    savers: list[Saver] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.move()

    @property
    def saver(self) -> Saver:
        return self.savers[-1]

    def move(self) -> None:
        """Moves to a container with an empty home."""
        self.savers.append(self.another(self.shelf))

    def another(self, shelf: Shelf) -> Saver:
        self.homes += 1
        home = self.folder / str(self.homes)
        home.mkdir(mode=0o755)
        return Saver(home, shelf)

    def edit(self, wanted: list[Edit]) -> None:
        home = self.saver.keeper.home
        for edit in wanted:
            present = paths(self.saver.folder)
            edit(home, [path for path in present if path != CACHE])

    def save(self, way: How | None = None) -> Saved:
        self.saver.save(way)
        until_tick(self.folder)
        present = contents_of(self.saver.folder)
        scan = self.saver.keeper.last_scan
        assert scan is not None
        tiers = {tier: {path: present.things[path] for path in scan.tiers[tier].marks} for tier in TIERS}
        linked = {tier: present.linked(tiers[tier]) for tier in TIERS}
        return Saved(tiers, linked, present.blocks, self.shelf.copy())

    def close(self) -> None:
        for saver in self.savers:
            saver.close()


@contextmanager
def session_sequence() -> Iterator[SessionSequence]:
    with tempfile.TemporaryDirectory(prefix="ondol-home-") as folder, _emptied(Path(folder)):
        given_to_member(Path(folder))
        with as_member():
            lived = SessionSequence(Path(folder))
            try:
                yield lived
            finally:
                lived.close()


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """Removes a tree; Python's own function takes no paths as long as ours."""
    try:
        yield
    finally:
        descriptor = os.open(folder, FOLDER)
        empty(descriptor)
        os.close(descriptor)


def check(saved: Saved, home: Path) -> None:
    """Checks that the home has the acknowledged content."""
    present = contents_of(home)
    wanted = saved.things()
    check_same(present.things, wanted)
    for path in present.things.keys() - wanted.keys():
        assert any(other.startswith(path + b"/") for other in wanted), f"nobody saved {path!r}"
    for tier in TIERS:
        assert present.linked(saved.tiers[tier].keys()) == saved.linked[tier]
    sparse = sum(stat.S_ISREG(thing.kind) for thing in wanted.values())
    assert present.blocks <= saved.blocks + SLACK * sparse


def check_all_is_saved(saved: Saved, present: TreeContents) -> None:
    """The paths that must be restored: without caches, and without entries that are no file, link or folder. Valid only
    without rules of the member's."""
    kinds = (stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR)
    wanted = {
        path for path, thing in present.things.items() if thing.kind in kinds and path.partition(b"/")[0] != b".cache"
    }
    unlike = saved.things().keys() ^ wanted
    assert not unlike, f"{unlike!r}"


def check_same(present: dict[bytes, Thing], wanted: dict[bytes, Thing]) -> None:
    different = {path: (present.get(path), thing) for path, thing in wanted.items() if present.get(path) != thing}
    assert not different, f"{different!r}"


@EXAMPLES
@given(rounds)
def test_what_was_saved_comes_back(rounds: list[tuple[list[Edit], How | None, bool]]) -> None:
    with session_sequence() as lived:
        for wanted, way, moves in rounds:
            lived.edit(wanted)
            saved = lived.save(way)
            present = contents_of(lived.saver.folder)
            if IGNORE not in present.things:
                check_all_is_saved(saved, present)
            if moves:
                lived.move()
                lived.saver.restore()
                check(saved, lived.saver.folder)
                assert _unsaved(lived.saver) == [], "what was restored did not change"
        lived.move()
        lived.saver.restore()
        check(saved, lived.saver.folder)


@EXAMPLES
@given(rounds, st.lists(edits, max_size=6), st.lists(edits, max_size=6), st.booleans())
def test_what_is_not_restored_yet_is_never_recorded_as_deleted(
    rounds: list[tuple[list[Edit], How | None, bool]], first: list[Edit], second: list[Edit], deps_first: bool
) -> None:
    with session_sequence() as lived:
        for wanted, way, _ in rounds:
            lived.edit(wanted)
            saved = lived.save(way)
        lived.move()
        lived.saver.begin()
        if BOOT in lived.shelf.layers:
            lived.saver.bring(BOOT)
        at_first = contents_of(lived.saver.folder)
        others = [tier for tier in ((DEPS, WORK) if deps_first else (WORK, DEPS)) if tier in lived.shelf.layers]
        unpacked = {tier: lived.saver.unpack(tier) for tier in others}  # of the head's content
        for more, tier in zip((first, second), others, strict=False):
            lived.edit(more)
            lived.save()
            meanwhile = _changed(at_first, contents_of(lived.saver.folder))
            _check_nothing_is_lost(lived, [saved.tiers[missing] for missing in unpacked], meanwhile)
            made = {path: it for path, it in contents_of(lived.saver.folder).things.items() if path in meanwhile}
            made = {path: it for path, it in made.items() if path.partition(b"/")[0] != b".cache"}
            lived.saver.keeper.place(tier, unpacked.pop(tier))
            after = contents_of(lived.saver.folder).things
            _check_members_wins(made, after)
        for tier, it in unpacked.items():
            lived.saver.keeper.place(tier, it)
        until_tick(lived.folder)
        check_last = lived.save()
        lived.move()
        lived.saver.restore()
        check(check_last, lived.saver.folder)


def _unsaved(saver: Saver) -> list[bytes]:
    saver.keeper.scan()
    scan = saver.keeper.last_scan
    assert scan is not None
    held = saver.keeper.held
    return [
        path
        for tier in TIERS
        for path in (*held[tier].changes(scan.tiers[tier]), *held[tier].missing(scan.tiers[tier]))
    ]


def _changed(before: TreeContents, after: TreeContents) -> set[bytes]:
    return {path for path, thing in after.things.items() if before.things.get(path) != thing} | (
        before.things.keys() - after.things.keys()
    )


def _check_nothing_is_lost(lived: SessionSequence, missing: list[dict[bytes, Thing]], touched: set[bytes]) -> None:
    """Whoever restores the layers so far has the missing tiers whole, except where the member made something."""
    other = lived.another(lived.shelf.copy())
    lived.savers.insert(0, other)
    other.restore()
    present = contents_of(other.folder).things
    for things in missing:
        for path, thing in things.items():
            if path in touched or any(path.startswith(one + b"/") or one.startswith(path + b"/") for one in touched):
                continue
            assert present.get(path) == thing, f"{path!r} is lost"


def _check_members_wins(made: dict[bytes, Thing], after: dict[bytes, Thing]) -> None:
    for path, thing in made.items():
        if stat.S_ISDIR(thing.kind):
            assert stat.S_ISDIR(after[path].kind)
        else:
            assert after[path] == thing


@EXAMPLES
@given(rounds, rounds, st.integers(0, 60))
def test_a_path_is_brought_back_as_it_was(
    rounds: list[tuple[list[Edit], How | None, bool]], more: list[tuple[list[Edit], How | None, bool]], which: int
) -> None:
    with session_sequence() as lived:
        for wanted, way, _ in rounds:
            lived.edit(wanted)
            older = lived.save(way)
        for wanted, way, _ in more:
            lived.edit(wanted)
            newer = lived.save(way)
        there_then = sorted(older.things())
        assume(there_then)
        path = there_then[which % len(there_then)]
        wanted_tiers = {}
        for tier in newer.shelf.layers:
            wanted_tiers[tier] = newer.tiers[tier]
            if tier in older.shelf.layers:
                chain = tuple(replace(layer, only=os.fsdecode(path)) for layer in older.shelf.layers[tier])
                lived.shelf.layers[tier] += chain
                kept = {one: it for one, it in newer.tiers[tier].items() if not _at_or_below(one, path)}
                wanted_tiers[tier] = kept | {
                    one: it for one, it in older.tiers[tier].items() if _at_or_below(one, path)
                }
        assume(_fit(wanted_tiers))
        lived.move()
        lived.saver.restore()
        present = contents_of(lived.saver.folder).things
        for things in wanted_tiers.values():
            check_same(_untimed(present), _untimed(things))
        two_chains = [tier for tier in older.shelf.layers if newer.shelf.layers.get(tier)]
        touched = [tier for tier in two_chains if _touch_one_of(wanted_tiers[tier], lived.saver.folder)]
        present = contents_of(lived.saver.folder).things
        made = lived.saver.save()
        # rules of the member's that were brought back may say that what was touched is not saved any more
        assert IGNORE in present or made.keys() >= set(touched)
        assert all(made[tier] == How.WHOLE for tier in two_chains if tier in made)
        lived.move()
        lived.saver.restore()
        all_wanted = {one: present[one] for things in wanted_tiers.values() for one in things}
        check_same(_untimed(contents_of(lived.saver.folder).things), _untimed(all_wanted))


def _touch_one_of(things: dict[bytes, Thing], home: Path) -> bool:
    """Changes one file, so that its tier is due to be saved; False if there is none, or its path is too long."""
    file = min((path for path, thing in things.items() if stat.S_ISREG(thing.kind)), key=len, default=None)
    if file is None or len(file) > 1000:
        return False
    os.utime(os.fsencode(home) + b"/" + file, ns=(1, things[file].mtime_ns + 1_000_000_000))
    return True


def _at_or_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder + b"/")


def _untimed(things: dict[bytes, Thing]) -> dict[bytes, Thing]:
    """A folder's time is that of the restore, if something was restored into it."""
    return {path: replace(it, mtime_ns=0) if stat.S_ISDIR(it.kind) else it for path, it in things.items()}


def _fit(tiers: dict[str, dict[bytes, Thing]]) -> bool:
    """Checks that no path lies below a non-folder, and no path is in two tiers."""
    things = {path: thing for tier in tiers.values() for path, thing in tier.items()}
    if len(things) != sum(map(len, tiers.values())):
        return False
    for path in things:
        folder = split(path)[0]
        while folder:
            if folder in things and not stat.S_ISDIR(things[folder].kind):
                return False
            folder = split(folder)[0]
    return True
