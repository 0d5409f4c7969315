"""Tidying behind sessions: thin the snapshots of workspaces that are due, and sweep what nothing needs any more.

Whatever it finds odd it leaves alone and tells, and goes on with the next: what one workspace holds is no other's
trouble.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from shared import logs
from shared.gcp import buckets
from shared.gcp.store.accounts import plan_of, read_workspace
from shared.gcp.store.database import LostRace
from shared.gcp.store.left_out import all_packages, forget_packages
from shared.gcp.store.sessions import read_session
from shared.gcp.store.snapshots import AT_ONCE, all_snapshots, commit_tidied, forget_thinned, to_tidy
from shared.policies import kept_snapshots
from shared.record import Versioned
from shared.sessions.workspace import Workspace
from shared.settings import settings
from shared.snapshots.checkpoint import CheckpointRefused, Head, Manifest, Snapshot, workspace_prefix
from shared.snapshots.left_out import expired
from shared.snapshots.retention import keep, plan_sweep
from shared.time_budget import TimeBudget

LISTED = 50_000
"""Objects of one workspace that are looked at in one run: all of them, but where a container made very many."""


class Odd(Exception):
    """A snapshot that is kept can't be read: nobody knows what it needs, so nothing is deleted."""


def tidy(now: datetime, deadline: TimeBudget) -> tuple[int, int, int]:
    """Workspaces looked at, snapshots forgotten, objects deleted. After the deadline no further workspace is begun: the
    next run finds those that are left."""
    old = now - timedelta(seconds=settings().sweep)
    workspaces = snapshots = objects = 0
    for workspace in to_tidy(now):
        if deadline.is_over():
            logs.warning("meter-out-of-time", workspaces=workspaces)
            break
        if not workspace.record.closed:
            thinned, swept = _tidy_or_tell(workspace, old, now)
            workspaces, snapshots, objects = workspaces + 1, snapshots + thinned, objects + swept
    return workspaces, snapshots, objects


def _tidy_or_tell(workspace: Versioned[Workspace], old: datetime, now: datetime) -> tuple[int, int]:
    """As _tidy. Whatever goes wrong is told, and is looked at later: it would stand before the others in each run."""
    try:
        return _tidy(workspace, old, now)
    except Exception as e:
        logs.exception("tidying-failed", e)
        logs.error("untidy", workspace=workspace.record.wid, why=repr(e))
    try:
        _look_later(read_workspace(workspace.record.wid), now)
    except Exception as e:
        logs.exception("tidying-failed", e)
    return 0, 0


def _tidy(workspace: Versioned[Workspace], old: datetime, now: datetime) -> tuple[int, int]:
    """How many snapshots were forgotten, and how many objects deleted."""
    wid, thinned, swept = workspace.record.wid, 0, 0
    try:
        while forgotten := _too_many(workspace.record, now):
            forget_thinned(workspace, forgotten, now)
            thinned += len(forgotten)
            workspace = read_workspace(wid)
        packages = [package.record for package in all_packages(wid)]
        if over := expired(packages, now)[:AT_ONCE]:
            forget_packages(workspace, over, now)
            logs.info("left-out-expired", workspace=wid, packages=len(over))
            workspace = read_workspace(wid)
        swept, due = _sweep(workspace.record, old, now)
        nexts = [package.expires for package in packages if package not in over]
        commit_tidied(workspace, min([*([due] if due else []), *nexts], default=None))
    except Odd as e:
        logs.error("untidy", workspace=wid, why=str(e))
        _look_later(workspace, now)
    except LostRace:
        logs.info("tidying-overtaken", workspace=wid)
    if thinned or swept:
        logs.info("tidied", workspace=wid, snapshots=thinned, objects=swept)
    return thinned, swept


def _too_many(workspace: Workspace, now: datetime) -> list[Snapshot]:
    """The snapshots to forget in one commit. Of a workspace whose own state is not readable nothing is given up. A
    session that is open thins its own: its record names them."""
    heads = _heads(workspace)
    for head in heads:
        _manifest(head)
    snapshots = all_snapshots(workspace.wid)
    kept = keep(snapshots, kept_snapshots(plan_of(workspace.owner)), now, heads=heads)
    wanted = {each.snapshot.head.snapshot for each in kept}
    theirs = [snapshot for snapshot in snapshots if snapshot.sid != workspace.session]
    return [snapshot for snapshot in theirs if snapshot.head.snapshot not in wanted][-AT_ONCE:]


def _sweep(workspace: Workspace, old: datetime, now: datetime) -> tuple[int, datetime | None]:
    """How many objects were deleted, and when to look again.

    The objects are listed before the snapshots are read: what was added in between is no garbage here. And every
    snapshot that has a document counts, for a member may go back to it at any moment.
    """
    stored = buckets.list_objects(workspace_prefix(workspace.wid), LISTED)
    heads = [*_heads(workspace), *(snapshot.head for snapshot in all_snapshots(workspace.wid))]
    heads += [package.record.head for package in all_packages(workspace.wid)]
    needed = [(head, _manifest(head)) for head in {head.snapshot: head for head in heads}.values()]
    # once no session is open nobody writes in the newest epoch either: its container's words are stale
    epoch = workspace.epoch if workspace.session else workspace.epoch + 1
    sweep = plan_sweep(workspace.wid, stored, needed, epoch=epoch, older_than=old, whole=len(stored) < LISTED)
    for name in sweep.missing:
        logs.error("object-missing", workspace=workspace.wid, object=name)
    swept = buckets.delete(sweep.dead)
    if sweep.more:
        return swept, now
    return swept, now + timedelta(seconds=settings().sweep) if sweep.young else None


def _heads(record: Workspace) -> list[Head]:
    """What the workspace is now, and what it was when the session that is open began."""
    session = read_session(record.session) if record.session else None
    return [head for head in (record.head, session and session.record.head) if head]


def _manifest(head: Head) -> Manifest:
    try:
        return buckets.head_manifest(head)
    except CheckpointRefused as e:
        raise Odd(f"snapshot {head.snapshot}: {e}") from e


def _look_later(workspace: Versioned[Workspace], now: datetime) -> None:
    with suppress(LostRace):
        commit_tidied(workspace, now + timedelta(seconds=settings().sweep))
