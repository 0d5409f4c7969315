"""Export: pack a whole home for download, from the layers of one snapshot, without starting a container."""

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
from shared.snapshots.format.layout import BadLayer
from shared.snapshots.merged_archive import home
from shared.snapshots.visible_entries import TooMuch
from shared.time_budget import TimeBudget, TooSlow

SECONDS = 800.0
"""How long an export may take. After this the member is told that the export failed. The function's own timeout is 900
s, and would only have the task delivered again, with the same result."""


class Export(Struct, forbid_unknown_fields=True):
    workspace: WorkspaceId
    snapshot: SnapshotId


class ExportAnswer(Struct):
    """What was done."""

    snapshot: str
    outcome: str


@functions_framework.http
@endpoint(partial(invoker, function="export"), Export, task=True)
def export(_caller: str, body: Export, _now: datetime) -> ExportAnswer:
    """Pack a home for download."""
    wid, snapshot = body.workspace, body.snapshot
    head = _head(wid, snapshot)
    if head is None or read_workspace(wid).record.closed:
        return ExportAnswer(snapshot, "there is no such snapshot")
    if exports.exists(wid, snapshot):
        return ExportAnswer(snapshot, "done before")
    try:
        manifest = buckets.head_manifest(head)
        exports.write(wid, snapshot, home(manifest, buckets.open_layer, TimeBudget(SECONDS).check))
    except (CheckpointRefused, BadLayer, TooMuch, TooSlow) as e:
        logs.error("export-failed", workspace=wid, snapshot=snapshot, reason=str(e))
        exports.fail(wid, snapshot, f"This snapshot can't be put together: {e}. Choose another one.")
        return ExportAnswer(snapshot, "it can't be put together")
    logs.info("export-finished", workspace=wid, snapshot=snapshot)
    return ExportAnswer(snapshot, "done")


def _head(wid: str, snapshot: str) -> Head | None:
    """The head of a snapshot, or of a package of left-out files."""
    read = read_snapshot(wid, snapshot) or find_package(wid, snapshot)
    return read.record.head if read else None
