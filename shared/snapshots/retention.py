"""Which snapshots of a workspace are kept, and why; and which of its objects nothing needs any more.

A few snapshots have to do for the last minutes and for the last weeks. So there is a ladder of ages, and on each rung
stands the snapshot that is nearest to it.
"""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from shared.snapshots.checkpoint import Head, Manifest, Snapshot, workspace_prefix

FEW_RUNGS = (3600.0, 18 * 3600.0, 7 * 60.0)
"""The ages, in seconds, that the first three snapshots stand for: an hour ago, yesterday, some minutes ago. In a
simulated day of saves each 20 s there is at any moment one of 16 to 200 min, one of at most 21 min, and one of the day
before; with the rungs an even distance apart there was none of the hour for a fifth of the time."""
YOUNGEST, OLDEST = 120.0, 27 * 86400.0
"""The first and the last rung of a longer ladder, in seconds. The others are spaced evenly in proportion between."""
BLUR = 30.0
"""Seconds by which ages are taken to be alike: a save comes each 20 s."""
TOO_OLD = 10.0
"""Outweighs any distance on the ladder: a snapshot that is nearer to the next rung does not stand on this one."""
CANDIDATES = 4
"""Of very many snapshots, how many are looked at for each rung."""


class Save(Struct, frozen=True):
    """What the choice is made by: a snapshot's id, when it was committed, and whether a session ended with it."""

    snapshot: str
    at: datetime
    final: bool = False


class Kept(Struct, frozen=True):
    """A snapshot, and by which rule it is kept: current, stopped (the last clean stop), age, or room."""

    snapshot: Snapshot
    reason: str


def keep(snapshots: Iterable[Snapshot], kept: int, now: datetime, *, heads: Sequence[Head | None] = ()) -> list[Kept]:
    """At most `kept` of the snapshots, newest first. Those that `heads` point at are always among them.

    What is kept once is kept again until newer ones come, so thinning twice changes nothing.
    """
    newest_first = sorted(snapshots, key=lambda snapshot: snapshot.head.at, reverse=True)
    saves = [Save(each.head.snapshot, each.head.at, each.final) for each in newest_first]
    reasons = choose(saves, kept, now, current={head.snapshot for head in heads if head})
    return [Kept(each, reasons[each.head.snapshot]) for each in newest_first if each.head.snapshot in reasons]


def choose(saves: Iterable[Save], kept: int, now: datetime, *, current: Iterable[str] = ()) -> dict[str, str]:
    """The ids of at most `kept` saves, each with the rule that keeps it.

    The `current` ones and the newest are kept, and the last that a session ended with. The others go one by one, the
    one first that the ladder misses least, until as many are left as may be.
    """
    left = sorted(saves, key=lambda save: (save.at, save.snapshot), reverse=True)
    always = _always(left, kept, {*current})
    rungs = ladder(max(1, kept - 2))
    if len(left) > CANDIDATES * kept:
        left = _nearest(left, kept, now, rungs, always)
    while len(left) > kept:
        missed = _missed(left, now, rungs)
        del left[
            min((number for number, save in enumerate(left) if save.snapshot not in always), key=missed.__getitem__)
        ]
    standing = {left[number].snapshot for number in _standing(left, now, rungs)}
    return {
        save.snapshot: always.get(save.snapshot) or ("age" if save.snapshot in standing else "room") for save in left
    }


def ladder(count: int) -> list[float]:
    """The ages that `count` snapshots are to have, in seconds, from young to old."""
    if count <= len(FEW_RUNGS):
        return sorted(FEW_RUNGS[:count])
    return [YOUNGEST * (OLDEST / YOUNGEST) ** (number / (count - 1)) for number in range(count)]


def _always(newest_first: Sequence[Save], kept: int, current: set[str]) -> dict[str, str]:
    """What is kept whatever its age, `kept` of it at most."""
    found = {save.snapshot: "current" for save in newest_first if save.snapshot in current}
    stopped = next((save.snapshot for save in newest_first if save.final), None)
    for snapshot, reason in ((stopped, "stopped"), (newest_first[0].snapshot if newest_first else None, "newest")):
        if snapshot is not None and len(found) < kept:
            found.setdefault(snapshot, reason)
    return dict([*found.items()][:kept])


def _distance(age: float, rung: int, rungs: Sequence[float]) -> float:
    """How badly a snapshot of this age stands for a rung."""
    limit = math.sqrt(rungs[rung] * rungs[rung + 1]) if rung + 1 < len(rungs) else math.inf
    return abs(math.log((age + BLUR) / (rungs[rung] + BLUR))) + (TOO_OLD if age > limit else 0.0)


def _distances(saves: Sequence[Save], now: datetime, rung: int, rungs: Sequence[float]) -> list[tuple[float, int]]:
    """All but the newest, nearest to the rung first, each with its place among the saves."""
    ages = (max(0.0, (now - save.at).total_seconds()) for save in saves)
    return sorted((_distance(age, rung, rungs), number) for number, age in enumerate(ages) if number)


def _standing(saves: Sequence[Save], now: datetime, rungs: Sequence[float]) -> set[int]:
    found = (_distances(saves, now, rung, rungs) for rung in range(len(rungs)))
    return {distances[0][1] for distances in found if distances}


def _missed(newest_first: Sequence[Save], now: datetime, rungs: Sequence[float]) -> list[tuple[float, float]]:
    """How much each would be missed: by the rungs it stands on, and by the gap that it would leave in the ages."""
    lost = [0.0] * len(newest_first)
    for rung in range(len(rungs)):
        nearest, *others = _distances(newest_first, now, rung, rungs)
        lost[nearest[1]] += others[0][0] - nearest[0] if others else TOO_OLD
    ages = [max(0.0, (now - save.at).total_seconds()) for save in newest_first]
    younger, older = [0.0, *ages[:-1]], [*ages[1:], max(2 * OLDEST, 2 * ages[-1])]
    gaps = [math.log((after + BLUR) / (before + BLUR)) for before, after in zip(younger, older, strict=True)]
    return [*zip(lost, gaps, strict=True)]


def _nearest(
    newest_first: Sequence[Save], kept: int, now: datetime, rungs: Sequence[float], always: Iterable[str]
) -> list[Save]:
    """The snapshots, of very many, that may be chosen: to look at all after each that goes would take minutes."""
    found = {*always}
    for rung in range(len(rungs)):
        distances = _distances(newest_first, now, rung, rungs)
        found |= {newest_first[number].snapshot for _, number in distances[:CANDIDATES]}
    for save in newest_first:
        if len(found) < kept:
            found.add(save.snapshot)
    return [save for save in newest_first if save.snapshot in found]


class Stored(Struct, frozen=True):
    """An object in the bucket."""

    name: str
    created: datetime


SWEPT_AT_ONCE = 4000
"""Objects of one workspace that are deleted before others have their turn: a minute's worth."""


class Sweep(Struct, frozen=True):
    """What to delete; whether there is `more` to delete after it, or will be when `young` ones are old; and what should
    be there and is not."""

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
    """The objects of a workspace that no kept snapshot needs and that nobody may still be about to need.

    `epoch` is the first in which somebody may still write: an object of it, or of one that a claim made since, may
    belong to a checkpoint that is being made. One that is younger than `older_than` may belong to a manifest that the
    control plane is composing. `whole`: nothing else is stored; otherwise the rest is to be looked at once these are
    deleted.
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
    """Whether the object is of an epoch before this one, or the control plane's own.

    A container may create whatever it likes below its own prefix: all of that is garbage one day, by any name. Nobody
    knows what lies beside those prefixes, so it stays.
    """
    found = re.match(rf"{re.escape(workspace_prefix(wid))}(?:([0-9]{{1,16}})-[a-z0-9]+|returns)/", name)
    return found is not None and (found[1] is None or int(found[1]) < epoch)
