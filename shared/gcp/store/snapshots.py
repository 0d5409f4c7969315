"""Snapshots of a workspace: its history, and the commits that thin it and that go back in it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.gcp.store.accounts import snapshot_ref, workspace_ref
from shared.gcp.store.database import Commit, database, read, run, run_paged
from shared.record import Versioned
from shared.sessions.workspace import Workspace
from shared.snapshots.checkpoint import Head, Snapshot

MOST = 4000
"""A session that saves every 30 s makes 2880 a day; they are thinned when it ends."""
AT_ONCE = 400
"""Snapshots forgotten by one commit, which may have 500 writes."""


def read_snapshot(wid: str, snapshot: str) -> Versioned[Snapshot] | None:
    return read(snapshot_ref(wid, snapshot), Snapshot)


def all_snapshots(wid: str) -> list[Snapshot]:
    """Newest first."""
    return [read.record for read in run(_newest_first(wid).limit(MOST), Snapshot)]


def page_of_snapshots(wid: str, before: datetime | None, limit: int) -> list[Snapshot]:
    """Up to `limit` of them that were committed `before`, newest first."""
    query = _newest_first(wid)
    if before is not None:
        query = query.start_after({"head.at": before})
    return [read.record for read in run(query.limit(limit), Snapshot)]


def older_snapshots(wid: str, head: Head | None, limit: int) -> list[Snapshot]:
    """Up to `limit` snapshots from before `head`, newest first."""
    if head is None:
        return []
    # after the very moment: the head's own document, and those that are newer than a head which was gone back to
    found = run(_newest_first(wid).start_after({"head.at": head.at}).limit(limit + 1), Snapshot)
    return [read.record for read in found][:limit]


def all_heads() -> list[tuple[str, Head]]:
    """Every workspace that has anything saved: its id, and what its next session would begin with."""
    found = run(database().collection("workspaces"), Workspace)
    return [(read.record.wid, read.record.head) for read in found if read.record.head]


def to_tidy(now: datetime) -> Iterator[Versioned[Workspace]]:
    """Workspaces whose snapshots and objects are due to be looked at."""
    due = database().collection("workspaces").where(filter=FieldFilter("tidy_due", "<=", now))
    return run_paged(due, Workspace, readable=True)


def forget_thinned(workspace: Versioned[Workspace], snapshots: Sequence[Snapshot], due: datetime) -> None:
    """Delete the documents of AT_ONCE snapshots at most, and look again when `due`. Raises LostRace.

    The workspace guards it: whoever claims it, or goes back to one of these, is either before it and seen, or after it
    and finds the snapshot gone.
    """
    wid, forgotten = workspace.record.wid, [snapshot.head.snapshot for snapshot in snapshots]
    commit = Commit().change(workspace_ref(wid), workspace, workspace.record.tidied(due))
    for snapshot in forgotten:
        commit.drop(snapshot_ref(wid, snapshot))
    commit.run()


def commit_tidied(workspace: Versioned[Workspace], due: datetime | None) -> None:
    """Its objects are swept, and are to be looked at again when `due`. Raises LostRace."""
    Commit().change(workspace_ref(workspace.record.wid), workspace, workspace.record.tidied(due)).run()


def go_back(
    workspace: Versioned[Workspace], snapshot: Versioned[Snapshot], now: datetime, composed: Snapshot | None = None
) -> Head:
    """Make a snapshot the head again, or one that was `composed` with it. Raises LostRace.

    Both are guarded: nobody opens the workspace meanwhile, and the snapshot's layers are not being given up.
    """
    wid = workspace.record.wid
    head = (composed or snapshot.record).head
    commit = Commit().change(workspace_ref(wid), workspace, workspace.record.go_back(head, now))
    commit.change(snapshot_ref(wid, snapshot.record.head.snapshot), snapshot, snapshot.record)
    if composed:
        commit.create(snapshot_ref(wid, head.snapshot), composed)
    commit.run()
    return head


def _newest_first(wid: str) -> Any:
    return workspace_ref(wid).collection("snapshots").order_by("head.at", direction=firestore.Query.DESCENDING)
