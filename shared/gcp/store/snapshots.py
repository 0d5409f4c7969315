"""Snapshots of a workspace: reads of its history, and the commits that thin it and go back in it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.gcp.store.accounts import snapshot_ref, workspace_ref
from shared.gcp.store.database import Commit, database, read, run, run_paged
from shared.record import Versioned
from shared.sessions.workspace import Workspace
from shared.snapshots.checkpoint import Head, Snapshot
from shared.snapshots.left_out import Package

Kind = TypeVar("Kind", Snapshot, Package)
COLLECTIONS: dict[type[Snapshot | Package], str] = {Snapshot: "snapshots", Package: "left_out"}
"""The collection of each kind, below the workspace."""
MOST = 4000
"""A session that saves each 30 s makes 2,880 a day, and they are thinned when it ends."""
AT_ONCE = 400
"""Snapshots deleted in one commit, which may have 500 writes."""


def read_snapshot(wid: str, snapshot: str) -> Versioned[Snapshot] | None:
    return read(snapshot_ref(wid, snapshot), Snapshot)


def all_snapshots(wid: str) -> list[Snapshot]:
    """All snapshots, newest first."""
    return [read.record for read in run(newest_first(Snapshot, wid).limit(MOST), Snapshot)]


def page_of(kind: type[Kind], wid: str, before: datetime | None, limit: int) -> list[Kind]:
    """Up to `limit` of the workspace's snapshots, or packages, from before the time `before`, newest first."""
    query = newest_first(kind, wid)
    if before is not None:
        query = query.start_after({"head.at": before})
    return [read.record for read in run(query.limit(limit), kind)]


def older_snapshots(wid: str, head: Head | None, limit: int) -> list[Snapshot]:
    """Up to `limit` snapshots from before `head`, newest first."""
    if head is None:
        return []
    # Strictly before the head's time. That leaves out the head itself, and newer snapshots if the member went back.
    older = run(newest_first(Snapshot, wid).start_after({"head.at": head.at}).limit(limit + 1), Snapshot)
    return [read.record for read in older][:limit]


def all_heads() -> list[tuple[str, Head]]:
    """The id and the head of every workspace with saved state."""
    workspaces = run(database().collection("workspaces"), Workspace)
    return [(read.record.wid, read.record.head) for read in workspaces if read.record.head]


def to_tidy(now: datetime) -> Iterator[Versioned[Workspace]]:
    """Workspaces that are due for tidying."""
    due = database().collection("workspaces").where(filter=FieldFilter("tidy_due", "<=", now))
    return run_paged(due, Workspace, readable=True)


def forget_thinned(workspace: Versioned[Workspace], snapshots: Sequence[Snapshot], due: datetime) -> None:
    """Deletes the documents of at most AT_ONCE snapshots, and sets when to tidy next. Raises LostRace.

    The workspace guards the commit. A concurrent claim, or a return to one of these snapshots, either comes first and
    makes this commit fail, or comes later and finds the snapshot gone.
    """
    wid, forgotten = workspace.record.wid, [snapshot.head.snapshot for snapshot in snapshots]
    commit = Commit().change(workspace_ref(wid), workspace, workspace.record.tidied(due))
    for snapshot in forgotten:
        commit.drop(snapshot_ref(wid, snapshot))
    commit.run()


def commit_tidied(workspace: Versioned[Workspace], due: datetime | None) -> None:
    """Sets when to tidy next, after the objects were swept. Raises LostRace."""
    Commit().change(workspace_ref(workspace.record.wid), workspace, workspace.record.tidied(due)).run()


def go_back(
    workspace: Versioned[Workspace], snapshot: Versioned[Snapshot], now: datetime, composed: Snapshot | None = None
) -> Head:
    """Makes a snapshot the head, or one that was `composed` with it. Raises LostRace.

    The workspace and the snapshot are guarded: the workspace must not have been opened, and the snapshot must not have
    been deleted.
    """
    wid = workspace.record.wid
    head = (composed or snapshot.record).head
    commit = Commit().change(workspace_ref(wid), workspace, workspace.record.go_back(head, now))
    commit.change(snapshot_ref(wid, snapshot.record.head.snapshot), snapshot, snapshot.record)
    if composed:
        commit.create(snapshot_ref(wid, head.snapshot), composed)
    commit.run()
    return head


def newest_first(kind: type[Snapshot | Package], wid: str) -> Any:
    """The query of all of a workspace's snapshots, or packages, newest first."""
    return workspace_ref(wid).collection(COLLECTIONS[kind]).order_by("head.at", direction=firestore.Query.DESCENDING)
