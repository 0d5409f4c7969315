"""Retention: which snapshots of a workspace are kept and why, and which objects no kept snapshot needs.

A few snapshots must cover the last minutes and the last weeks. So there is a list of target ages, and for each target
age the nearest snapshot is kept.
"""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from shared.billing.kept_plan import Kept
from shared.snapshots.checkpoint import Head, Manifest, Snapshot, workspace_prefix

FEW_TARGETS = (3600.0, 18 * 3600.0, 7 * 60.0)
"""Target ages of the first three snapshots, in seconds: an hour, a day, some minutes. In a simulated day of saves each
20 s there is always one snapshot of 16 to 200 min, one of at most 21 min, and one of the day before. With evenly spaced
targets there was none of about an hour for a fifth of the time."""
YOUNGEST, OLDEST = 120.0, 27 * 86400.0
"""The first and the last target age of a longer list, in seconds. The ages between grow by a constant factor."""
NEEDLESS = 2 * OLDEST
"""An older snapshot stands for no target age, in seconds."""
BLUR = 30.0
"""Ages that differ by fewer seconds count as equal: a save comes each 20 s."""
TOO_OLD = 10.0
"""Outweighs any distance between ages: a snapshot nearer to the next target age does not count for this one."""
CANDIDATES = 4
"""How many snapshots are considered for each target age, if there are very many."""


class Save(Struct, frozen=True):
    """The input of the choice: a snapshot's id, when it was committed, whether a session ended with it, and the plan
    under which it was saved."""

    snapshot: str
    at: datetime
    final: bool = False
    plan: str | None = None
    """None if unknown."""


class KeptSnapshot(Struct, frozen=True):
    """A snapshot, and the rule that keeps it: current, lost (the last one of a lost plan), newest, stopped (the last
    clean stop), age, or room."""

    snapshot: Snapshot
    reason: str


def keep(
    snapshots: Iterable[Snapshot],
    kept: int,
    now: datetime,
    *,
    heads: Sequence[Head | None] = (),
    lost: Sequence[Kept] = (),
) -> list[KeptSnapshot]:
    """At most `kept` of the snapshots, newest first. The `heads` are always among them, and the last one of each `lost`
    plan, as `choose` says.

    Thinning again without newer snapshots changes nothing.
    """
    newest_first = sorted(snapshots, key=lambda snapshot: snapshot.head.at, reverse=True)
    saves = [Save(each.head.snapshot, each.head.at, each.final, each.plan) for each in newest_first]
    reasons = choose(saves, kept, now, current={head.snapshot for head in heads if head}, lost=lost)
    return [KeptSnapshot(each, reasons[each.head.snapshot]) for each in newest_first if each.head.snapshot in reasons]


def choose(
    saves: Iterable[Save], kept: int, now: datetime, *, current: Iterable[str] = (), lost: Sequence[Kept] = ()
) -> dict[str, str]:
    """The ids of at most `kept` saves, each with the rule that keeps it.

    The `current` saves, the last one of each `lost` plan as long as that is kept, the newest, and the last one that
    ended a session are kept. The others are removed one by one, the one first whose loss matters least for the target
    ages. Of lost plans, those that were lost last count, and at most half of the saves are kept for them; one is kept
    even if that is more than `kept`.
    """
    left = sorted(saves, key=lambda save: (save.at, save.snapshot), reverse=True)
    always = _always(left, kept, {*current}, last_of_lost(left, lost, now)[: max(1, kept // 2)])
    kept = max(kept, len(always))
    targets = target_ages(max(1, kept - 2))
    if len(left) > CANDIDATES * kept:
        left = _nearest(left, kept, now, targets, always)
    while len(left) > kept:
        missed = _missed(left, now, targets)
        del left[
            min((number for number, save in enumerate(left) if save.snapshot not in always), key=missed.__getitem__)
        ]
    standing = {left[number].snapshot for number in _standing(left, now, targets)}
    return {
        save.snapshot: always.get(save.snapshot) or ("age" if save.snapshot in standing else "room") for save in left
    }


def target_ages(count: int) -> list[float]:
    """`count` target ages in seconds, from young to old."""
    if count <= len(FEW_TARGETS):
        return sorted(FEW_TARGETS[:count])
    return [YOUNGEST * (OLDEST / YOUNGEST) ** (number / (count - 1)) for number in range(count)]


def last_of_lost(newest_first: Sequence[Save], lost: Iterable[Kept], now: datetime) -> list[str]:
    """The last save under each lost plan that is still kept: with it stays all that the plan had stored, of which later
    saves have only what the present plan has room for."""
    in_force = sorted((each for each in lost if now < each.until), key=lambda each: each.since, reverse=True)
    last = (next((save.snapshot for save in newest_first if each.has(save.plan, save.at)), None) for each in in_force)
    return [*dict.fromkeys(filter(None, last))]


def _always(newest_first: Sequence[Save], kept: int, current: set[str], last: Iterable[str]) -> dict[str, str]:
    """The saves to keep whatever their age: `kept` of them at most, or as many as are `last` of a lost plan."""
    reasons = dict([(save.snapshot, "current") for save in newest_first if save.snapshot in current][:kept])
    reasons = dict.fromkeys(last, "lost") | reasons
    stopped = next((save.snapshot for save in newest_first if save.final), None)
    for snapshot, reason in ((stopped, "stopped"), (newest_first[0].snapshot if newest_first else None, "newest")):
        if snapshot is not None and len(reasons) < kept:
            reasons.setdefault(snapshot, reason)
    return reasons


def _distance(age: float, target: int, targets: Sequence[float]) -> float:
    """How badly a snapshot of this age covers a target age."""
    limit = math.sqrt(targets[target] * targets[target + 1]) if target + 1 < len(targets) else NEEDLESS
    return abs(math.log((age + BLUR) / (targets[target] + BLUR))) + (TOO_OLD if age > limit else 0.0)


def _distances(saves: Sequence[Save], now: datetime, target: int, targets: Sequence[float]) -> list[tuple[float, int]]:
    """All saves but the newest, nearest to the target age first, each with its index."""
    ages = (max(0.0, (now - save.at).total_seconds()) for save in saves)
    return sorted((_distance(age, target, targets), number) for number, age in enumerate(ages) if number)


def _standing(saves: Sequence[Save], now: datetime, targets: Sequence[float]) -> set[int]:
    by_target = (_distances(saves, now, target, targets) for target in range(len(targets)))
    return {distances[0][1] for distances in by_target if distances}


def _missed(newest_first: Sequence[Save], now: datetime, targets: Sequence[float]) -> list[tuple[float, float]]:
    """How much the loss of each save would matter: for the target ages that it covers, and by the gap between its
    neighbours."""
    lost = [0.0] * len(newest_first)
    for target in range(len(targets)):
        nearest, *others = _distances(newest_first, now, target, targets)
        lost[nearest[1]] += others[0][0] - nearest[0] if others else TOO_OLD
    ages = [max(0.0, (now - save.at).total_seconds()) for save in newest_first]
    # The oldest does not grow dearer with its age. Otherwise a workspace's first snapshot would be kept for good, and
    # nothing of the weeks after it.
    younger, older = [0.0, *ages[:-1]], [*ages[1:], NEEDLESS]
    gaps = [math.log((after + BLUR) / (before + BLUR)) for before, after in zip(younger, older, strict=True)]
    return [*zip(lost, gaps, strict=True)]


def _nearest(
    newest_first: Sequence[Save], kept: int, now: datetime, targets: Sequence[float], always: Iterable[str]
) -> list[Save]:
    """Of very many saves, those that may be chosen. Evaluating every save after each removal would take minutes."""
    chosen = {*always}
    for target in range(len(targets)):
        distances = _distances(newest_first, now, target, targets)
        chosen |= {newest_first[number].snapshot for _, number in distances[:CANDIDATES]}
    for save in newest_first:
        if len(chosen) < kept:
            chosen.add(save.snapshot)
    return [save for save in newest_first if save.snapshot in chosen]


class Stored(Struct, frozen=True):
    """An object in the bucket."""

    name: str
    created: datetime


SWEPT_AT_ONCE = 4000
"""Objects of one workspace that one run deletes before it goes on to others: about a minute's worth."""


class Sweep(Struct, frozen=True):
    """The objects to delete (`dead`); whether there are `more` to delete now, or `young` ones to delete later; and
    objects that are `missing`."""

    dead: list[str]
    more: bool
    young: bool
    missing: list[str]


def plan_sweep(
    wid: str,
    stored: Sequence[Stored],
    needed: Iterable[tuple[Head, Manifest]],
    *,
    epoch: int,
    older_than: datetime,
    whole: bool = True,
) -> Sweep:
    """The objects of a workspace that no kept snapshot needs and no running operation may need.

    A container may still write in `epoch` or a later one, so objects of these epochs may belong to a checkpoint that is
    being made. An object younger than `older_than` may belong to a manifest that the control plane is composing.
    `whole`: all objects are in `stored`; otherwise the rest is examined after these are deleted.
    """
    marked = {name for head, manifest in needed for name in (head.manifest, *(each.name for each in manifest.layers))}
    garbage = [each for each in stored if each.name not in marked and _written_before(each.name, wid, epoch)]
    dead = [each.name for each in garbage if each.created < older_than]
    there = {each.name for each in stored}
    return Sweep(
        dead=dead[:SWEPT_AT_ONCE],
        more=len(dead) > SWEPT_AT_ONCE or (not whole and dead != []),
        young=len(dead) < len(garbage) or not whole,
        missing=sorted(marked - there) if whole else [],
    )


def _written_before(name: str, wid: str, epoch: int) -> bool:
    """Whether the object was written in an epoch before `epoch`, or by the control plane.

    A container may create objects of any name below its own prefix, and all of them become garbage one day. Objects
    outside these prefixes are unknown, and are left alone.
    """
    parts = re.match(rf"{re.escape(workspace_prefix(wid))}(?:([0-9]{{1,16}})-[a-z0-9]+|returns)/", name)
    return parts is not None and (parts[1] is None or int(parts[1]) < epoch)
