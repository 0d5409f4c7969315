"""Tidying: thins the snapshots of workspaces that are due, and deletes objects that nothing needs.

A workspace whose state is odd is logged and left alone, and the others go on.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from shared import logs
from shared.gcp import buckets
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.database import LostRace
from shared.gcp.store.left_out import all_packages, forget_packages
from shared.gcp.store.paying import Keeping, keeping_of
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
"""Objects of one workspace that one run examines. Only a hostile container creates more."""


class UnreadableState(Exception):
    """A kept snapshot can't be read, so it is unknown which objects it needs. Nothing is deleted then."""


def tidy(now: datetime, budget: TimeBudget) -> tuple[int, int, int]:
    """Workspaces tidied, snapshots deleted, objects deleted. When the budget is spent, the next run goes on with the
    rest."""
    old = now - timedelta(seconds=settings().sweep)
    workspaces = snapshots = objects = 0
    for workspace in to_tidy(now):
        if budget.is_over():
            logs.warning("meter-out-of-time", workspaces=workspaces)
            break
        if not workspace.record.closed:
            thinned, swept = _tidy_or_log(workspace, old, now)
            workspaces, snapshots, objects = workspaces + 1, snapshots + thinned, objects + swept
    return workspaces, snapshots, objects


def _tidy_or_log(workspace: Versioned[Workspace], old: datetime, now: datetime) -> tuple[int, int]:
    """Tidies the workspace as `tidy_workspace` does. A failure is logged, and the workspace becomes due later, so that
    it does not stand before the others in each run."""
    try:
        return tidy_workspace(workspace, old, now)
    except Exception as e:
        logs.exception("tidying-failed", e)
        logs.error("sweep-skipped", workspace=workspace.record.wid, reason=repr(e))
    try:
        look_later(read_workspace(workspace.record.wid), now)
    except Exception as e:
        logs.exception("tidying-failed", e)
    return 0, 0


def tidy_workspace(workspace: Versioned[Workspace], old: datetime, now: datetime) -> tuple[int, int]:
    """Tidies one workspace. Returns the numbers of snapshots and of objects that were deleted."""
    wid, thinned, swept = workspace.record.wid, 0, 0
    keeping = keeping_of(workspace.record.owner, now)
    try:
        while forgotten := _too_many(workspace.record, keeping, now):
            forget_thinned(workspace, forgotten, now)
            thinned += len(forgotten)
            workspace = read_workspace(wid)
            keeping = keeping_of(workspace.record.owner, now)  # a plan may have been lost meanwhile
        packages = [package.record for package in all_packages(wid)]
        if over := expired(packages, keeping.lost, now)[:AT_ONCE]:
            forget_packages(workspace, over, now)
            logs.info("left-out-expired", workspace=wid, packages=len(over))
            workspace = read_workspace(wid)
        swept, due = sweep_objects(workspace.record, old, now)
        nexts = [package.expires(keeping.lost) for package in packages if package not in over]
        commit_tidied(workspace, min([*([due] if due else []), *nexts], default=None))
    except UnreadableState as e:
        logs.error("sweep-skipped", workspace=wid, reason=str(e))
        look_later(workspace, now)
    except LostRace:
        logs.info("tidying-overtaken", workspace=wid)
    if thinned or swept:
        logs.info("workspace-swept", workspace=wid, snapshots=thinned, objects=swept)
    return thinned, swept


def _too_many(workspace: Workspace, keeping: Keeping, now: datetime) -> list[Snapshot]:
    """The snapshots to delete in one commit. None if the head or the open session's head can't be read. An open session
    thins its own snapshots: its record names them."""
    heads = _heads(workspace)
    for head in heads:
        _manifest(head)
    snapshots = all_snapshots(workspace.wid)
    kept = keep(snapshots, kept_snapshots(keeping.plan), now, heads=heads, lost=keeping.lost)
    wanted = {each.snapshot.head.snapshot for each in kept}
    theirs = [snapshot for snapshot in snapshots if snapshot.sid != workspace.session]
    return [snapshot for snapshot in theirs if snapshot.head.snapshot not in wanted][-AT_ONCE:]


def sweep_objects(workspace: Workspace, old: datetime, now: datetime) -> tuple[int, datetime | None]:
    """Deletes unneeded objects. Returns how many, and when to tidy next.

    The objects are listed before the snapshots are read, so that an object added in between is not taken for garbage.
    Every snapshot with a document counts, because a member may go back to it at any moment.
    """
    stored = buckets.list_objects(workspace_prefix(workspace.wid), LISTED)
    heads = [*_heads(workspace), *(snapshot.head for snapshot in all_snapshots(workspace.wid))]
    heads += [package.record.head for package in all_packages(workspace.wid)]
    needed = [(head, _manifest(head)) for head in {head.snapshot: head for head in heads}.values()]
    # Without an open session nobody writes in the newest epoch either: its container is refused as stale.
    epoch = workspace.epoch if workspace.session else workspace.epoch + 1
    sweep = plan_sweep(workspace.wid, stored, needed, epoch=epoch, older_than=old, whole=len(stored) < LISTED)
    for name in sweep.missing:
        logs.error("object-missing", workspace=workspace.wid, object=name)
    swept = buckets.delete(sweep.dead)
    if sweep.more:
        return swept, now
    return swept, now + timedelta(seconds=settings().sweep) if sweep.young else None


def _heads(record: Workspace) -> list[Head]:
    """The workspace's head, and the head of its open session."""
    session = read_session(record.session) if record.session else None
    return [head for head in (record.head, session and session.record.head) if head]


def _manifest(head: Head) -> Manifest:
    try:
        return buckets.head_manifest(head)
    except CheckpointRefused as e:
        raise UnreadableState(f"snapshot {head.snapshot}: {e}") from e


def look_later(workspace: Versioned[Workspace], now: datetime) -> None:
    with suppress(LostRace):
        commit_tidied(workspace, now + timedelta(seconds=settings().sweep))
