"""Whatever a member makes of their home, and however it is saved: what comes back is what was there.

Hypothesis makes the trees, the edits, the order of saves and restores. They run as an ordinary user on a real file
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
from agent.home.place import CACHE
from agent.home.steps import empty, split
from agent.layers import How
from agent.tiers import BOOT, DEPS, TIERS, WORK
from hypothesis import given
from hypothesis import strategies as st

from tests.home.edits import Edit, edits, until_tick
from tests.home.examples import examples
from tests.home.photo import FOLDER, Photo, Thing, as_member, given_to_member, paths, photo
from tests.home.saving import Saver, Shelf

EXAMPLES = examples(25, soak=2000)
pytestmark = pytest.mark.soak

ways = st.sampled_from([None, None, How.WHOLE, How.DELTA, How.DELTA, How.MERGED])
rounds = st.lists(st.tuples(st.lists(edits, min_size=1, max_size=12), ways, st.booleans()), min_size=1, max_size=7)
SLACK = 1 << 16
"""Bytes of holes in one file that need not come back."""


@pytest.fixture(autouse=True, scope="module")
def at_rest() -> Iterator[None]:
    """What was written just now is written again the next time. That would hide here what deltas miss: `Life.save`
    waits for the clock's next tick instead."""
    before, agent.home.pack.RACY_NS = agent.home.pack.RACY_NS, 0
    yield
    agent.home.pack.RACY_NS = before


@dataclass
class Saved:
    """What was acknowledged: of each tier, what it had."""

    tiers: dict[str, dict[bytes, Thing]]
    linked: dict[str, set[frozenset[bytes]]]
    blocks: int
    shelf: Shelf

    def things(self) -> dict[bytes, Thing]:
        return {path: thing for tier in self.tiers.values() for path, thing in tier.items()}


@dataclass
class Life:
    """A workspace's, in one container after another. `folder` has their homes."""

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
        """To a container with an empty home."""
        self.savers.append(self.another(self.shelf))

    def another(self, shelf: Shelf) -> Saver:
        self.homes += 1
        home = self.folder / str(self.homes)
        home.mkdir(mode=0o755)
        return Saver(home, shelf)

    def edit(self, wanted: list[Edit]) -> None:
        home = self.saver.keeper._home
        for edit in wanted:
            there = paths(self.saver.folder)
            edit(home, [path for path in there if path != CACHE])

    def save(self, way: How | None = None) -> Saved:
        self.saver.save(way)
        until_tick(self.folder)
        there = photo(self.saver.folder)
        looked = self.saver.keeper._looked
        assert looked is not None
        tiers = {tier: {path: there.things[path] for path in looked.tiers[tier].marks} for tier in TIERS}
        linked = {tier: there.linked(tiers[tier]) for tier in TIERS}
        return Saved(tiers, linked, there.blocks, self.shelf.copy())

    def close(self) -> None:
        for saver in self.savers:
            saver.close()


@contextmanager
def life() -> Iterator[Life]:
    with tempfile.TemporaryDirectory(prefix="ondol-home-") as folder, _emptied(Path(folder)):
        given_to_member(Path(folder))
        with as_member():
            lived = Life(Path(folder))
            try:
                yield lived
            finally:
                lived.close()


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """Python's own way to remove a tree knows no paths as long as ours."""
    try:
        yield
    finally:
        descriptor = os.open(folder, FOLDER)
        empty(descriptor)
        os.close(descriptor)


def check(saved: Saved, home: Path) -> None:
    """What is in the home is what was acknowledged."""
    there = photo(home)
    wanted = saved.things()
    check_same(there.things, wanted)
    for path in there.things.keys() - wanted.keys():
        assert any(other.startswith(path + b"/") for other in wanted), f"nobody saved {path!r}"
    for tier in TIERS:
        assert there.linked(saved.tiers[tier].keys()) == saved.linked[tier]
    sparse = sum(stat.S_ISREG(thing.kind) for thing in wanted.values())
    assert there.blocks <= saved.blocks + SLACK * sparse


def check_all_is_saved(saved: Saved, there: Photo) -> None:
    """But caches, and what is no file, link or folder. To be asked where the member has overruled nothing."""
    kinds = (stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR)
    wanted = {
        path for path, thing in there.things.items() if thing.kind in kinds and path.partition(b"/")[0] != b".cache"
    }
    unlike = saved.things().keys() ^ wanted
    assert not unlike, f"{unlike!r}"


def check_same(there: dict[bytes, Thing], wanted: dict[bytes, Thing]) -> None:
    different = {path: (there.get(path), thing) for path, thing in wanted.items() if there.get(path) != thing}
    assert not different, f"{different!r}"


@EXAMPLES
@given(rounds)
def test_what_was_saved_comes_back(rounds: list[tuple[list[Edit], How | None, bool]]) -> None:
    with life() as lived:
        for wanted, way, moves in rounds:
            lived.edit(wanted)
            saved = lived.save(way)
            there = photo(lived.saver.folder)
            if b".ondolignore" not in there.things:
                check_all_is_saved(saved, there)
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
    with life() as lived:
        for wanted, way, _ in rounds:
            lived.edit(wanted)
            saved = lived.save(way)
        lived.move()
        lived.saver.begin()
        if BOOT in lived.shelf.layers:
            lived.saver.bring(BOOT)
        at_first = photo(lived.saver.folder)
        others = [tier for tier in ((DEPS, WORK) if deps_first else (WORK, DEPS)) if tier in lived.shelf.layers]
        unpacked = {tier: lived.saver.unpack(tier) for tier in others}  # of what the head was
        for more, tier in zip((first, second), others, strict=False):
            lived.edit(more)
            lived.save()
            meanwhile = _changed(at_first, photo(lived.saver.folder))
            _check_nothing_is_lost(lived, [saved.tiers[missing] for missing in unpacked], meanwhile)
            made = {path: it for path, it in photo(lived.saver.folder).things.items() if path in meanwhile}
            made = {path: it for path, it in made.items() if path.partition(b"/")[0] != b".cache"}
            lived.saver.keeper.place(tier, unpacked.pop(tier))
            after = photo(lived.saver.folder).things
            _check_members_wins(made, after)
        for tier, it in unpacked.items():
            lived.saver.keeper.place(tier, it)
        until_tick(lived.folder)
        check_last = lived.save()
        lived.move()
        lived.saver.restore()
        check(check_last, lived.saver.folder)


def _unsaved(saver: Saver) -> list[bytes]:
    saver.keeper.look()
    looked = saver.keeper._looked
    assert looked is not None
    held = saver.keeper._held
    return [
        path
        for tier in TIERS
        for path in (*held[tier].changes(looked.tiers[tier]), *held[tier].missing(looked.tiers[tier]))
    ]


def _changed(before: Photo, after: Photo) -> set[bytes]:
    return {path for path, thing in after.things.items() if before.things.get(path) != thing} | (
        before.things.keys() - after.things.keys()
    )


def _check_nothing_is_lost(lived: Life, missing: list[dict[bytes, Thing]], touched: set[bytes]) -> None:
    """Who restores what was saved until now has all of the missing tiers, but where the member made something."""
    other = lived.another(lived.shelf.copy())
    lived.savers.insert(0, other)
    other.restore()
    there = photo(other.folder).things
    for things in missing:
        for path, thing in things.items():
            if path in touched or any(path.startswith(one + b"/") or one.startswith(path + b"/") for one in touched):
                continue
            assert there.get(path) == thing, f"{path!r} is lost"


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
    with life() as lived:
        for wanted, way, _ in rounds:
            lived.edit(wanted)
            older = lived.save(way)
        for wanted, way, _ in more:
            lived.edit(wanted)
            newer = lived.save(way)
        there_then = sorted(older.things())
        if not there_then:
            return
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
        if not _fit(wanted_tiers):
            return
        lived.move()
        lived.saver.restore()
        there = photo(lived.saver.folder).things
        for things in wanted_tiers.values():
            check_same(_untimed(there), _untimed(things))
        made = lived.saver.save()
        assert all(how == How.WHOLE for tier, how in made.items() if len(newer.shelf.layers[tier]) > 0)
        lived.move()
        lived.saver.restore()
        all_wanted = {one: it for things in wanted_tiers.values() for one, it in things.items()}
        check_same(_untimed(photo(lived.saver.folder).things), _untimed(all_wanted))


def _at_or_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder + b"/")


def _untimed(things: dict[bytes, Thing]) -> dict[bytes, Thing]:
    """A folder that something was brought back into has the time of that."""
    return {path: replace(it, mtime_ns=0) if stat.S_ISDIR(it.kind) else it for path, it in things.items()}


def _fit(tiers: dict[str, dict[bytes, Thing]]) -> bool:
    """Whether nothing lies in what is no folder, and nothing stands in two tiers."""
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
