"""Put a whole home together for download, from the layers of one snapshot, without starting a container."""

from datetime import datetime
from functools import partial

import functions_framework
from msgspec import Struct

from shared import logs
from shared.endpoint import endpoint
from shared.gcp import buckets, exports
from shared.gcp.identity import invoker
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.left_out import find_package
from shared.gcp.store.snapshots import read_snapshot
from shared.sessions.workspace import WorkspaceId
from shared.snapshots.checkpoint import CheckpointRefused, Head, SnapshotId
from shared.snapshots.format.tar_reader import BrokenArchive
from shared.snapshots.merged_archive import TooMuch, home
from shared.time_budget import TimeBudget, TooSlow

SECONDS = 800.0
"""How long an export may take before its member is told that there is none. The function's own timeout, of 900 s, would
only have the task delivered again, to the same end."""


class Export(Struct, forbid_unknown_fields=True):
    workspace: WorkspaceId
    snapshot: SnapshotId


class Done(Struct):
    snapshot: str
    outcome: str


@functions_framework.http
@endpoint(partial(invoker, function="export"), Export, task=True)
def export(_caller: str, body: Export, now: datetime) -> Done:
    wid, snapshot = body.workspace, body.snapshot
    head = _head(wid, snapshot)
    if head is None or read_workspace(wid).record.closed:
        return Done(snapshot, "there is no such snapshot")
    if exports.find(wid, snapshot, now):
        return Done(snapshot, "done before")
    try:
        manifest = buckets.head_manifest(head)
        exports.write(wid, snapshot, home(manifest, buckets.open_layer, TimeBudget(SECONDS).check))
    except (CheckpointRefused, BrokenArchive, TooMuch, TooSlow) as e:
        logs.error("export-failed", workspace=wid, snapshot=snapshot, why=str(e))
        exports.fail(wid, snapshot, f"This snapshot can't be put together: {e}. Choose another one.")
        return Done(snapshot, "it can't be put together")
    logs.info("exported", workspace=wid, snapshot=snapshot)
    return Done(snapshot, "done")


def _head(wid: str, snapshot: str) -> Head | None:
    """Of a snapshot, or of what a session has left out."""
    found = read_snapshot(wid, snapshot) or find_package(wid, snapshot)
    return found.record.head if found else None
