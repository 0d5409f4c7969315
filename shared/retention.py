"""Which snapshots of a workspace are kept, and why; and which of its objects nothing needs any more.

After restic's policies: each rule keeps the newest snapshot of each of its spans, and what is kept says by which rule.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from shared.snapshots import Head, Manifest, Snapshot, workspace_prefix

REFUSED_KEPT = timedelta(days=30)
"""How long a snapshot over the plan's storage waits for its member to download it."""

Span = Callable[[datetime], str]
SHARES: dict[str, tuple[float, Span]] = {
    "newest": (0.2, lambda at: at.isoformat()),
    "hourly": (0.3, lambda at: f"{at:%Y-%m-%d %H}"),
    "daily": (0.3, lambda at: f"{at:%Y-%m-%d}"),
    "weekly": (0.2, lambda at: f"{at:%G-%V}"),
}
"""The rules, each with its share of all that are kept. Of 20: the newest 4, the last of each of 6 hours, 6 days and 4
weeks, as UTC has them, that have any; what is left over goes to the newest ones again. So the last afternoon can be
gone back through step by step, and there is something from last month."""


class Kept(Struct, frozen=True):
    """A snapshot, and by which rule it is kept: current, refused, or one of SHARES."""

    snapshot: Snapshot
    reason: str


def keep(snapshots: Iterable[Snapshot], kept: int, now: datetime, *, heads: Sequence[Head | None] = ()) -> list[Kept]:
    """At most `kept` of the snapshots, newest first. Those that `heads` point at are always among them.

    The newest refused one is kept beside them, for a while. What is kept once is kept by the same figures again until
    newer ones come, so thinning twice changes nothing.
    """
    newest_first = sorted(snapshots, key=lambda snapshot: snapshot.head.at, reverse=True)
    current = {head.snapshot for head in heads if head}
    reasons = {each.head.snapshot: "current" for each in newest_first if each.head.snapshot in current}
    usual = [each for each in newest_first if not each.refused]
    for reason, (share, span) in SHARES.items():
        room = min(max(1, int(kept * share)), kept - len(reasons))
        for snapshot in _last_of_each(usual, span)[: max(0, room)]:
            reasons.setdefault(snapshot.head.snapshot, reason)
    for snapshot in usual:
        if len(reasons) < kept:
            reasons.setdefault(snapshot.head.snapshot, "newest")
    refused = next((each for each in newest_first if each.refused), None)
    if refused and now - refused.head.at < REFUSED_KEPT:
        reasons[refused.head.snapshot] = "refused"
    return [Kept(each, reasons[each.head.snapshot]) for each in newest_first if each.head.snapshot in reasons]


def _last_of_each(newest_first: Sequence[Snapshot], span: Span) -> list[Snapshot]:
    found: dict[str, Snapshot] = {}
    for snapshot in newest_first:
        found.setdefault(span(snapshot.head.at), snapshot)
    return list(found.values())


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

    An object of the current epoch, or of one that a claim made since, may belong to a checkpoint that is being made.
    One that is younger than `older_than` may belong to a manifest that the control plane is composing. `whole`: nothing
    else is stored; otherwise the rest is to be looked at once these are deleted.
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
