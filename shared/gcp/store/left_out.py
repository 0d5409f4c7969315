"""Packages of left-out files: read, restored and deleted."""

from collections.abc import Sequence
from datetime import datetime

from google.cloud.firestore_v1.base_query import FieldFilter

from shared.gcp.store.accounts import left_out_ref, snapshot_ref, workspace_ref
from shared.gcp.store.database import Commit, run
from shared.gcp.store.snapshots import newest_first
from shared.record import Versioned
from shared.sessions.workspace import Workspace
from shared.snapshots.checkpoint import Head, Snapshot
from shared.snapshots.left_out import Package

MOST = 1000
"""The most packages that are read of a workspace. Each has at least one file, and their total size is limited."""


def all_packages(wid: str) -> list[Versioned[Package]]:
    """All packages, newest first."""
    return run(newest_first(Package, wid).limit(MOST), Package)


def find_package(wid: str, snapshot: str) -> Versioned[Package] | None:
    """The package with this snapshot id; None if there is none."""
    query = workspace_ref(wid).collection("left_out").where(filter=FieldFilter("head.snapshot", "==", snapshot))
    return next(iter(run(query.limit(1), Package)), None)


def bring_back(workspace: Versioned[Workspace], package: Versioned[Package], composed: Snapshot, now: datetime) -> Head:
    """Makes a snapshot the head that was composed with a package. Raises LostRace if the workspace was opened or the
    package was deleted."""
    wid, head = workspace.record.wid, composed.head
    commit = Commit().change(workspace_ref(wid), workspace, workspace.record.go_back(head, now))
    commit.change(left_out_ref(wid, package.record.sid), package, package.record)
    commit.create(snapshot_ref(wid, head.snapshot), composed)
    commit.run()
    return head


def forget_packages(workspace: Versioned[Workspace], packages: Sequence[Package], due: datetime) -> None:
    """Deletes the packages' documents. Their objects are deleted at the next tidying, at `due`. Raises LostRace."""
    record = workspace.record
    commit = Commit().change(workspace_ref(record.wid), workspace, record.forget_apart(_bytes(packages), due))
    for package in packages:
        commit.drop(left_out_ref(record.wid, package.sid))
    commit.run()


def _bytes(packages: Sequence[Package]) -> int:
    return sum(package.head.bytes for package in packages)
