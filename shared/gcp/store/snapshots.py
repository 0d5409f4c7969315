"""Snapshots of a workspace: reads for its history."""

from google.cloud import firestore

from shared.gcp.store.accounts import workspace_ref
from shared.gcp.store.database import run
from shared.snapshots import Head, Snapshot

MOST = 4000
"""A session that saves every 30 s makes 2880 a day; they are thinned when it ends."""


def older_snapshots(wid: str, head: Head | None, limit: int) -> list[Snapshot]:
    """Up to `limit` snapshots from before `head`, newest first, without refused ones."""
    if head is None:
        return []
    snapshots = workspace_ref(wid).collection("snapshots").order_by("head.at", direction=firestore.Query.DESCENDING)
    # after the very moment: the head's own document, and those that are newer than a head which was gone back to
    found = run(snapshots.start_after({"head.at": head.at}).limit(limit + 1), Snapshot)
    return [read.record for read in found if not read.record.refused][:limit]
