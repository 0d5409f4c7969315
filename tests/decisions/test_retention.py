"""Which snapshots are kept and why, and what of a workspace's objects is swept."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.retention import REFUSED_KEPT, SWEPT_AT_ONCE, Stored, Sweep, keep, plan_sweep
from shared.snapshots import Snapshot
from tests.factories import BOOT, NOW, a_head, a_layer, a_manifest

DAY = 24 * 60


def snapshot(minutes_ago: float, *, refused: bool = False) -> Snapshot:
    head = replace(a_head(at=NOW - timedelta(minutes=minutes_ago)), snapshot=f"7-{BOOT}-{int(minutes_ago)}")
    return Snapshot(sid="s", head=head, refused=refused)


def kept(snapshots: list[Snapshot], count: int, *heads: Snapshot, now: datetime = NOW) -> dict[str, str]:
    """Minutes ago and the reasons of what is kept."""
    found = keep(snapshots, count, now, heads=[head.head for head in heads])
    return {each.snapshot.head.snapshot.rpartition("-")[2]: each.reason for each in found}


def test_few_snapshots_are_all_kept() -> None:
    assert kept([snapshot(minutes) for minutes in range(20)], 20, snapshot(0)).keys() == {*map(str, range(20))}


def test_many_are_thinned_by_age() -> None:
    every_five_minutes = [snapshot(minutes) for minutes in range(0, 60 * DAY, 5)]
    reasons = kept(every_five_minutes, 20, every_five_minutes[0])
    assert len(reasons) == 20
    ages = {reason: [int(ago) for ago, why in reasons.items() if why == reason] for reason in set(reasons.values())}
    assert ages["current"] == [0]
    assert set(ages["newest"]) >= {5, 10, 15}
    assert max(ages["hourly"]) > 4 * 60 and max(ages["hourly"]) < 7 * 60
    assert 4 * DAY < max(ages["daily"]) < 7 * DAY
    assert 2 * 7 * DAY < max(ages["weekly"]) < 5 * 7 * DAY


def test_the_last_of_each_span_is_the_one_that_is_kept() -> None:
    days = [snapshot(day * DAY + minutes) for day in range(1, 9) for minutes in (0, 100, 200)]
    assert {int(ago) % DAY for ago, why in kept(days, 8).items() if why == "daily"} <= {0}


def test_the_head_is_kept_however_old_it_is() -> None:
    old = snapshot(100 * DAY)
    reasons = kept([snapshot(minutes) for minutes in range(50)] + [old], 5, old)
    assert reasons[str(100 * DAY)] == "current" and len(reasons) == 5
    assert kept([snapshot(1), old], 1, old) == {str(100 * DAY): "current"}


def test_the_newest_refused_one_is_kept_beside_them_for_a_while() -> None:
    snapshots = [snapshot(1, refused=True), snapshot(2, refused=True), *(snapshot(minutes) for minutes in range(3, 30))]
    reasons = kept(snapshots, 5)
    assert reasons["1"] == "refused" and "2" not in reasons and len(reasons) == 6
    assert "1" not in kept(snapshots, 5, now=NOW + REFUSED_KEPT)


@given(st.lists(st.integers(0, 90 * DAY), unique=True, max_size=80), st.integers(1, 30))
def test_thinning_twice_changes_nothing(ages: list[int], count: int) -> None:
    snapshots = [snapshot(ago) for ago in ages]
    head = snapshots[:1]
    once = keep(snapshots, count, NOW, heads=[each.head for each in head])
    assert len(once) == min(count, len(snapshots))
    again = keep([each.snapshot for each in once], count, NOW, heads=[each.head for each in head])
    assert [each.snapshot for each in again] == [each.snapshot for each in once]


OLD = NOW - timedelta(days=1)
KEPT = replace(a_head(), manifest="workspaces/w-1/6-x/1.manifest.json")


def swept(*stored: Stored, epoch: int = 7, whole: bool = True) -> Sweep:
    layer = a_layer(name="workspaces/w-1/5-x/1-boot.tar.zst")
    return plan_sweep("w-1", stored, [(KEPT, a_manifest(layer))], epoch=epoch, older_than=OLD, whole=whole)


@pytest.mark.parametrize(
    ("name", "dead"),
    [
        ("workspaces/w-1/5-x/1-boot.tar.zst", False),  # a kept manifest's
        ("workspaces/w-1/6-x/1.manifest.json", False),  # a kept manifest
        ("workspaces/w-1/5-x/2-boot.tar.zst", True),
        ("workspaces/w-1/6-x/2.manifest.json", True),
        ("workspaces/w-1/7-x/2-boot.tar.zst", False),  # the current epoch's
        ("workspaces/w-1/8-x/2-boot.tar.zst", False),  # of a claim that was made since
        ("workspaces/w-1/returns/abc.manifest.json", True),
        ("workspaces/w-1/0-returns/1-boot.tar.zst", True),
        ("workspaces/w-2/5-x/2-boot.tar.zst", False),  # not this workspace's
        ("workspaces/w-1/notes.txt", False),  # whatever that is
        ("workspaces/w-1/notes/1", False),
        ("workspaces/w-1/5-x/a/b", True),  # by whatever name: a container may create anything below its prefix
        ("workspaces/w-1/6-x/\n/", True),
        ("workspaces/w-1/6-x/", True),
        ("workspaces/w-1/7-x/a/b", False),
        ("workspaces/w-1/returns/a/b", True),
    ],
)
def test_only_what_nothing_needs_and_nobody_makes_is_swept(name: str, dead: bool) -> None:
    older = OLD - timedelta(seconds=1)
    assert swept(Stored(name, older)).dead == [name] * dead
    young = swept(Stored(name, OLD))
    assert (young.dead, young.young) == ([], dead)


def test_what_is_kept_and_gone_is_named() -> None:
    assert swept().missing == ["workspaces/w-1/5-x/1-boot.tar.zst", "workspaces/w-1/6-x/1.manifest.json"]
    assert swept(whole=False).missing == [], "it may be among the rest"


def test_very_many_are_swept_by_and_by() -> None:
    dead = [Stored(f"workspaces/w-1/6-x/{number}", OLD - timedelta(1)) for number in range(SWEPT_AT_ONCE + 1)]
    first = swept(*dead)
    assert (len(first.dead), first.more) == (SWEPT_AT_ONCE, True)
    last = swept(dead[-1])
    assert (last.dead, last.more, last.young) == ([dead[-1].name], False, False)
    assert swept(dead[-1], whole=False).more, "what was not listed comes next"
    nothing = swept(whole=False)
    assert (nothing.more, nothing.young) == (False, True), "not before something has become old"
