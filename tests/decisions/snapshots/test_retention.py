"""Which snapshots are kept and why, and what of a workspace's objects is swept."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.billing.kept_plan import KEPT_FOR, Kept
from shared.billing.plans import PLANS
from shared.snapshots.checkpoint import Snapshot
from shared.snapshots.retention import (
    SWEPT_AT_ONCE,
    Save,
    Stored,
    Sweep,
    choose,
    keep,
    last_of_lost,
    plan_sweep,
    target_ages,
)
from tests.support.records.factories import BOOT, NOW, a_head, a_layer, a_manifest

DAY = 24 * 60


def snapshot(minutes_ago: float, *, final: bool = False) -> Snapshot:
    head = replace(a_head(at=NOW - timedelta(minutes=minutes_ago)), snapshot=f"7-{BOOT}-{int(minutes_ago)}")
    return Snapshot(sid="s", head=head, final=final)


def kept(snapshots: list[Snapshot], count: int, *heads: Snapshot) -> dict[str, str]:
    """Minutes ago and the reasons of what is kept."""
    found = keep(snapshots, count, NOW, heads=[head.head for head in heads])
    return {each.snapshot.head.snapshot.rpartition("-")[2]: each.reason for each in found}


def test_few_snapshots_are_all_kept() -> None:
    assert kept([snapshot(minutes) for minutes in range(20)], 20, snapshot(0)).keys() == {*map(str, range(20))}


@pytest.mark.parametrize("count", [5, 10, 20, 50])
def test_very_many_are_thinned_by_age(count: int) -> None:
    every_five_minutes = [snapshot(minutes) for minutes in range(0, 60 * DAY, 5)]
    reasons = kept(every_five_minutes, count, every_five_minutes[0])
    assert len(reasons) == count
    assert reasons["0"] == "current"
    ages = [int(ago) for ago in reasons]
    assert any(5 <= age <= 20 for age in ages)
    assert any(20 <= age <= 180 for age in ages)
    assert any(DAY / 2 <= age <= 3 * DAY for age in ages)
    if count >= 10:
        assert any(4 * DAY <= age <= 14 * DAY for age in ages) and any(14 * DAY <= age <= 40 * DAY for age in ages)


class Thinned:
    """A workspace that is saved each 20 s while somebody works, and thinned at each of its saves."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.saves: list[Save] = []

    def save(self, at: datetime, *, final: bool = False) -> None:
        self.saves.append(Save(f"7-{BOOT}-{int(at.timestamp())}", at, final))
        chosen = choose(self.saves, self.count, at, current=[self.saves[-1].snapshot])
        self.saves = [save for save in self.saves if save.snapshot in chosen]
        assert len(self.saves) <= self.count

    def ages(self, now: datetime) -> list[float]:
        """In minutes, but for the newest."""
        return [(now - save.at).total_seconds() / 60 for save in self.saves[:-1]]


@pytest.mark.parametrize("count", [5, 10])
@pytest.mark.parametrize(
    ("begins", "stops"),
    [(9, [18]), (9, [12, 18]), (0, [24]), (20, [24])],
    ids=["one session a day", "a stop at noon", "day and night", "evenings"],
)
def test_at_any_moment_of_a_day_there_is_one_of_minutes_ago_of_an_hour_ago_and_of_the_day_before(
    count: int, begins: int, stops: list[int]
) -> None:
    workspace, stopped = Thinned(count), None
    for day in (0, 1):
        midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=day)
        began = midnight + timedelta(hours=begins)
        for number in range(int((stops[-1] - begins) * 180)):
            now = began + timedelta(seconds=20 * (number + 1))
            is_stop = any(now == midnight + timedelta(hours=hour) for hour in stops)
            workspace.save(now, final=is_stop)
            if is_stop:
                stopped = workspace.saves[-1]
            assert stopped is None or stopped in workspace.saves, "the last clean stop"
            ages = workspace.ages(now)
            if number >= 180 * 1.5:
                assert any(age <= 21 for age in ages), ages
                assert any(16 <= age <= 200 for age in ages), ages
            if day:
                assert any(8 * 60 <= age <= 3 * DAY for age in ages), ages


@pytest.mark.parametrize("count", [4, 5, 7, 10])
def test_the_first_snapshot_of_all_does_not_stay_in_place_of_the_weeks_after_it(count: int) -> None:
    """A session thins its own snapshots only; `meter` thins all of them when it is over."""
    saves = list[Save]()
    for day in range(100):
        session, over = Thinned(count), NOW + timedelta(days=day, minutes=45)
        for minutes in range(30):
            session.save(NOW + timedelta(days=day, minutes=minutes), final=minutes == 29)
        saves += session.saves
        chosen = choose(saves, count, over, current=[saves[-1].snapshot])
        saves = [save for save in saves if save.snapshot in chosen]
        of_days = [(over - save.at) / timedelta(days=1) for save in saves if over - save.at > timedelta(days=1.5)]
        assert day < 3 or of_days, "one of some days or weeks ago"
        assert max(of_days, default=0) <= 55, "and none that is older than anybody looks for"


def test_who_comes_back_after_months_still_has_what_was_there_before() -> None:
    long_ago = [snapshot(90 * DAY + minutes, final=not minutes) for minutes in (0, 1, 45, 600)]
    assert str(90 * DAY) in kept([*(snapshot(minutes, final=not minutes) for minutes in range(12)), *long_ago], 5)


def test_the_last_clean_stop_is_kept_however_many_came_after_it() -> None:
    stop = snapshot(600, final=True)
    older = [snapshot(600 + minutes, final=True) for minutes in range(1, 9)]
    assert kept([*(snapshot(minutes) for minutes in range(300)), stop, *older], 3)["600"] == "stopped"


def test_the_head_is_kept_however_old_it_is() -> None:
    old = snapshot(100 * DAY)
    reasons = kept([snapshot(minutes) for minutes in range(50)] + [old], 5, old)
    assert reasons[str(100 * DAY)] == "current" and len(reasons) == 5
    assert kept([snapshot(1), old], 1, old) == {str(100 * DAY): "current"}


def by_plan(lost: str, at: datetime) -> tuple[str, int]:
    """Under which plan something is saved, of which `lost` ended NOW, and how many are kept."""
    return ("free" if at > NOW else lost), PLANS[lost if at < NOW + KEPT_FOR else "free"].snapshots


@pytest.mark.parametrize(("lost", "count"), [("starter", 10), ("pro", 20), ("team", 20), ("enterprise", 50)])
def test_the_last_snapshot_of_a_lost_plan_stays_for_ninety_days_however_much_is_saved_on_free(
    lost: str, count: int
) -> None:
    assert PLANS[lost].snapshots == count
    saves, last = list[Save](), f"7-{BOOT}--30"
    for minutes in range(-40 * DAY, 120 * DAY, DAY):
        at = NOW + timedelta(minutes=minutes - 30)
        plan, most = by_plan(lost, at)
        saves.append(Save(f"7-{BOOT}-{minutes - 30}", at, final=True, plan=plan))
        now = at + timedelta(minutes=1)
        losses = [Kept(plan=lost, since=NOW)] if now >= NOW else []
        chosen = choose(saves, most, now, current=[saves[-1].snapshot], lost=losses)
        saves = [save for save in saves if save.snapshot in chosen]
        assert len(saves) <= most
        if NOW <= now < NOW + KEPT_FOR:
            assert chosen.get(last) == "lost", (now - NOW).days
    assert last not in chosen, "afterwards it has the worth of its age"


@pytest.mark.parametrize("count", [1, 2, 5])
def test_one_snapshot_of_a_lost_plan_is_kept_however_few_the_operator_keeps(count: int) -> None:
    saves = [Save("old", NOW - timedelta(days=50), plan="pro")]
    saves += [Save(f"{minutes}", NOW - timedelta(minutes=minutes), plan="free") for minutes in range(9)]
    lost = [Kept(plan="pro", since=NOW - timedelta(days=49))]
    chosen = choose(saves, count, NOW, current=["0"], lost=lost)
    assert (chosen["0"], chosen["old"], len(chosen)) == ("current", "lost", max(2, count))
    later = choose(saves, count, NOW + timedelta(days=41), current=["0"], lost=lost)
    assert later.get("old") != "lost" and len(later) == count


def test_what_is_kept_of_lost_plans_is_not_more_than_half_however_often_plans_were_lost() -> None:
    """Or whoever joins and leaves teams all day would have the operator store without bound."""
    lost = [Kept(plan="team", since=NOW - timedelta(days=2 * number)) for number in range(1, 40)]
    saves = [Save(f"{number}", NOW - timedelta(days=2 * number, hours=1), plan="team") for number in range(1, 40)]
    saves += [Save(f"new-{number}", NOW - timedelta(minutes=number), plan="free") for number in range(40)]
    chosen = choose(saves, 10, NOW, current=["new-0"], lost=lost)
    assert len(chosen) == 10
    assert {each for each, reason in chosen.items() if reason == "lost"} == {"1", "2", "3", "4", "5"}, "lost last"


def saved(name: str, hours: float, plan: str | None) -> Save:
    return Save(name, NOW + timedelta(hours=hours), plan=plan)


@pytest.mark.parametrize(
    ("saves", "last"),
    [
        ([saved("a", -2, "pro"), saved("b", -1, "pro"), saved("c", 1, "free")], "b"),
        # Stripe had given up before the seven days were over: the time of the loss lies ahead of it
        ([saved("a", -99, "pro"), saved("b", -1, "free")], "a"),
        # the session that the loss ends saves once more
        ([saved("a", -1, "pro"), saved("b", 0.01, "pro"), saved("c", 1, "free")], "b"),
        # and the same plan that was bought again has its own end
        ([saved("a", -1, "pro"), saved("b", 25, "pro")], "a"),
        # saved before snapshots named a plan
        ([saved("a", -2, None), saved("b", 0, None), saved("c", 0.01, None)], "b"),
        ([saved("a", -2, "starter"), saved("b", 1, "free")], None),
        ([], None),
    ],
)
def test_which_snapshot_is_the_last_of_a_lost_plan(saves: list[Save], last: str | None) -> None:
    found = last_of_lost(saves[::-1], [Kept(plan="pro", since=NOW)], NOW + timedelta(days=9))
    assert found == ([last] if last else [])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 90 * DAY), st.booleans()), unique_by=lambda each: each[0], max_size=80),
    st.integers(1, 30),
)
def test_thinning_twice_changes_nothing(ages: list[tuple[int, bool]], count: int) -> None:
    snapshots = [snapshot(ago, final=final) for ago, final in ages]
    head = snapshots[:1]
    once = keep(snapshots, count, NOW, heads=[each.head for each in head])
    assert len(once) == min(count, len(snapshots))
    again = keep([each.snapshot for each in once], count, NOW, heads=[each.head for each in head])
    assert [each.snapshot for each in again] == [each.snapshot for each in once]
    assert [*reversed(once)] == sorted(once, key=lambda each: each.snapshot.head.at), "newest first"
    assert keep(reversed(snapshots), count, NOW, heads=[each.head for each in head]) == once, "in whatever order"
    assert {each.head.snapshot for each in head} <= {each.snapshot.head.snapshot for each in once}
    finals = [each for each in snapshots if each.final]
    if finals and count > len(head):
        assert max(finals, key=lambda each: each.head.at) in [each.snapshot for each in once]


@pytest.mark.parametrize("count", range(1, 60))
def test_target_ages_rise(count: int) -> None:
    ages = target_ages(count)
    assert len(ages) == count
    assert ages == sorted({*ages})


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
