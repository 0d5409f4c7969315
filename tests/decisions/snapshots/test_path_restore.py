"""A path brought back is a manifest of layers that are there already."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from shared.snapshots.checkpoint import (
    LONGEST_INCONSISTENT,
    MOST,
    MOST_INCONSISTENT,
    ChangedPath,
    Changes,
    CheckpointRefused,
    Layer,
    Manifest,
    Tier,
    parse_manifest,
)
from shared.snapshots.path_lookup import At
from shared.snapshots.path_restore import (
    BadPath,
    TooManyLayers,
    check_path,
    compose,
    count,
    empty_name,
    encode,
    merge,
    return_id,
    return_name,
)
from shared.snapshots.storage_quota import LeftOut, LeftOutEntry, LeftOutKind
from tests.support.records.factories import a_layer, a_manifest


def composed(head: Manifest, old: Manifest, path: str) -> Manifest:
    made = compose(head, old, path, epoch=9, base="8-x-1", empty=lambda tier: a_layer(tier, 99, entries=0))
    assert parse_manifest(msgspec.json.encode(made)) == made
    return made


def onlys(manifest: Manifest, tier: str) -> list[tuple[int, str | None]]:
    """Each layer of a tier by its number and what it stands for."""
    return [
        (int(layer.name.rpartition("/")[2].split("-")[0]), layer.only)
        for layer in manifest.layers
        if layer.tier == tier
    ]


def delta(tier: str, seq: int) -> Layer:
    return a_layer(tier, seq, kind="delta")


def test_the_old_chains_come_over_the_heads_for_the_path() -> None:
    head = a_manifest(a_layer("boot", 1), a_layer("work", 1), delta("work", 5), a_layer("deps", 1))
    old = a_manifest(a_layer("boot", 1), a_layer("work", 1), delta("work", 2), a_layer("deps", 2))
    made = composed(head, old, "p/a")
    assert onlys(made, "boot") == [(1, None)], "the same in both"
    assert onlys(made, "work") == [(1, None), (5, None), (1, "p/a"), (2, "p/a")]
    assert onlys(made, "deps") == [(1, None), (2, "p/a")]
    assert made.tiers["boot"] == head.tiers["boot"]
    assert made.tiers["work"] == Tier(400, 12), "both sums: what comes back may replace something or not"
    assert (made.epoch, made.boot, made.seq, made.base) == (9, "returns", 0, "8-x-1")


def test_a_path_comes_back_with_the_names_of_its_files_that_may_be_damaged() -> None:
    cut = "p/" + "long" * 63 + "it"
    assert len(cut) == LONGEST_INCONSISTENT
    head = a_manifest(a_layer("work", 1), inconsistent=["p", "p/a", "pp", "q/b"])
    old = a_manifest(a_layer("work", 2), inconsistent=["p/c", "q/d", "q/b", cut])
    assert composed(head, old, "p").inconsistent == ["p/c", cut, "pp", "q/b"], "what p had in the head is replaced"
    assert composed(head, old, "p/c").inconsistent == ["p/c", "p", "p/a", "pp", "q/b"]
    assert composed(head, old, cut + "self").inconsistent == [cut, "p", "p/a", "pp", "q/b"], "perhaps this one"
    assert composed(head, old, "q/b").inconsistent == ["q/b", "p", "p/a", "pp"]
    assert composed(head, old, "e").inconsistent == head.inconsistent
    many = replace(head, inconsistent=[f"h/{number}" for number in range(MOST_INCONSISTENT)])
    made = composed(many, old, "q")
    assert (made.inconsistent, made.inconsistent_unnamed) == (["q/d", "q/b", *many.inconsistent[:-2]], 2)
    cut_both = composed(replace(many, inconsistent_unnamed=3), replace(old, inconsistent_unnamed=4), "q")
    assert cut_both.inconsistent_unnamed == 2 + 3 + 4, "where those without a name lie is not known"


def test_left_out_files_come_back_with_the_names_of_those_that_may_be_damaged() -> None:
    head = a_manifest(a_layer("work", 1), inconsistent=["a", "b"])
    package = a_manifest(a_layer("work", 2), inconsistent=["clip", "b"])
    where: dict[str, Any] = {"workspace": "w-1", "epoch": 9, "base": "8-x-1"}
    assert merge(head, package, LeftOut(0, 0), **where).inconsistent == ["clip", "b", "a"]
    assert merge(None, package, LeftOut(0, 0), **where).inconsistent == ["clip", "b"]
    head, package = replace(head, inconsistent_unnamed=3), replace(package, inconsistent_unnamed=4)
    assert merge(head, package, LeftOut(0, 0), **where).inconsistent_unnamed == 3 + 4


def test_what_is_composed_of_whatever_was_declared_can_be_read_again() -> None:
    most = {"work": Tier(MOST, MOST)}
    made = composed(a_manifest(a_layer("work", 1), tiers=most), a_manifest(a_layer("work", 2), tiers=most), "p")
    assert made.tiers["work"] == Tier(MOST, MOST)
    assert parse_manifest(encode(made)) == made


def test_a_manifest_that_nobody_could_read_is_not_written() -> None:
    with pytest.raises(CheckpointRefused):
        encode(a_manifest(tiers={"boot": Tier(0, MOST + 1)}))
    with pytest.raises(CheckpointRefused, match="too long"):
        encode(a_manifest(*(a_layer("work", 1, only="p" * 4096) for _ in range(16))))


def test_a_tier_that_one_of_them_lacks_is_empty_there() -> None:
    with_deps, without = a_manifest(a_layer("work", 1), a_layer("deps", 1)), a_manifest(a_layer("work", 1))
    assert onlys(composed(without, with_deps, "p"), "deps") == [(99, None), (1, "p")]
    assert onlys(composed(with_deps, without, "p"), "deps") == [(1, None), (99, "p")], "what is there is taken away"


@pytest.mark.parametrize(
    ("before", "path", "chains"),
    [
        ("p", "p", [(1, "p"), (2, "p")]),
        ("p", "p/a", [(1, "p/a"), (2, "p/a")]),
        ("p/a", "p", [(1, "p"), (2, "p/a")]),
        ("q", "p", [(1, "p")]),
        ("pp", "p", [(1, "p")]),
    ],
)
def test_paths_that_were_brought_back_before_are_met(before: str, path: str, chains: list[tuple[int, str]]) -> None:
    old = a_manifest(a_layer("work", 1), replace(a_layer("work", 2), only=before))
    assert onlys(composed(a_manifest(a_layer("work", 5)), old, path), "work") == [(5, None), *chains]


def test_there_are_no_more_layers_than_a_manifest_may_have() -> None:
    deltas = [delta("work", seq) for seq in range(2, 40)]
    with pytest.raises(TooManyLayers):
        composed(a_manifest(a_layer("work", 1), *deltas), a_manifest(a_layer("work", 100), *deltas), "p")


@pytest.mark.parametrize("path", ["", "/", "/etc", "..", "a/../b", "a//b", "./a", "a/.", "a\0b", "é" * 2049])
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        check_path(path)


@pytest.mark.parametrize(
    ("path", "cleaned"), [("a", "a"), ("a/b/", "a/b"), ("..a", "..a"), (".vimrc", ".vimrc"), ("한", "한")]
)
def test_any_other_path_is_taken(path: str, cleaned: str) -> None:
    assert check_path(path) == cleaned


def test_the_names_are_nobody_elses() -> None:
    assert return_name("w-1", return_id(9, "abc")) == "workspaces/w-1/returns/abc.manifest.json"
    assert empty_name("w-1", 5, "deps") == "workspaces/w-1/0-returns/5-deps.tar.zst"


def at(*sizes: int, content: int = 1, first: int = 0) -> dict[int, At]:
    """Files of these sizes, numbered from `first`."""
    return {first + number: At(content, size, is_folder=False) for number, size in enumerate(sizes)}


def test_what_comes_back_is_counted_and_what_it_replaces_is_not() -> None:
    counted = count("p/a", {"work": at(10)}, {"work": at(30, content=2)})
    assert counted.changes == Changes(added=0, changed=1, removed=0, paths=[ChangedPath("p/a", "changed")])
    head = a_manifest(a_layer("work", 1), tiers={"work": Tier(1000, 46)})
    old = a_manifest(a_layer("work", 2), tiers={"work": Tier(900, 45)})
    made = compose(head, old, "p/a", epoch=9, base=None, empty=lambda tier: a_layer(tier, 99), at=counted.tiers)
    assert made.tiers["work"] == Tier(1020, 46), "one file in place of one"
    counted = count("p/a", {"work": {}}, {"work": at(30)})
    assert counted.changes == Changes(added=1, changed=0, removed=0, paths=[ChangedPath("p/a", "added")])
    made = compose(head, old, "p/a", epoch=9, base=None, empty=lambda tier: a_layer(tier, 99), at=counted.tiers)
    assert made.tiers["work"] == Tier(1030, 47), "one file more"


def test_what_was_declared_too_small_gives_no_sum_below_nothing() -> None:
    counted = count("p", {"work": at(10, 10)}, {"work": {}})
    head, old = (a_manifest(a_layer("work", seq), tiers={"work": Tier(1, 1)}) for seq in (1, 2))
    made = compose(head, old, "p", epoch=9, base=None, empty=lambda tier: a_layer(tier, 99), at=counted.tiers)
    assert made.tiers["work"] == Tier(0, 0)
    assert (counted.changes.removed, counted.changes.paths[0].how) == (2, "changed")


def test_a_file_that_moved_from_one_tier_to_another_is_not_added() -> None:
    counted = count("p", {"work": at(10), "deps": {}}, {"work": {}, "deps": at(10)})
    assert (counted.changes.added, counted.changes.changed, counted.changes.removed) == (0, 0, 0)
    assert counted.is_same
    assert counted.tiers == {"work": (Tier(10, 1), Tier(0, 0)), "deps": (Tier(0, 0), Tier(10, 1))}


def test_a_path_that_is_as_it_was_is_the_same_and_an_empty_folder_is_a_change() -> None:
    folder = {9: At(1, 0, is_folder=True)}
    assert count("p", {"work": at(10) | folder}, {"work": at(10) | folder}).is_same
    assert not count("p", {"work": at(10)}, {"work": at(10) | folder}).is_same
    assert not count("p", {"work": at(10) | folder}, {"work": at(10)}).is_same
    assert not count("p", {"work": at(10) | folder}, {"work": at(10) | {9: At(2, 0, is_folder=True)}}).is_same
    assert not count("p", {"work": at(10)}, {"work": at(10, content=2)}).is_same


def test_a_folder_that_was_left_out_as_a_whole_takes_the_place_of_the_heads() -> None:
    """Two versions of one repository are none, as two of a package are."""
    entries = [
        LeftOutEntry("proj/.git", 9, LeftOutKind.FOLDER, True),
        LeftOutEntry("proj/clip.mp4", 9, LeftOutKind.FILE, True),
        LeftOutEntry("proj/node_modules", 9, LeftOutKind.DEPENDENCIES, True),
        LeftOutEntry("lost/.git", 9, LeftOutKind.FOLDER, False),
    ]
    head, package = (a_manifest(a_layer("work", seq), a_layer("deps", seq)) for seq in (1, 2))
    made = merge(head, package, LeftOut(4, 36, 9, entries), workspace="w-1", epoch=9, base="8-x-1")
    assert parse_manifest(msgspec.json.encode(made)) == made
    assert onlys(made, "work") == [(1, None), (2, None), (2, "proj/.git")]
    assert onlys(made, "deps") == [(1, None), (2, None), (2, "proj/node_modules")]
