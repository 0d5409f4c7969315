"""What sessions have left out and kept apart: read, brought back, and forgotten."""

from collections.abc import Sequence
from datetime import datetime

from google.cloud import firestore

from shared.gcp.store.accounts import left_out_ref, snapshot_ref, workspace_ref
from shared.gcp.store.database import Commit, run
from shared.record import Versioned
from shared.sessions.workspace import Workspace
from shared.snapshots.checkpoint import Head, Snapshot
from shared.snapshots.left_out import Package

MOST = 1000
"""Packages of a workspace that are read. Each has at least a file that had no room, and all together are bounded."""


def all_packages(wid: str) -> list[Versioned[Package]]:
    """Newest first."""
    query = workspace_ref(wid).collection("left_out").order_by("head.at", direction=firestore.Query.DESCENDING)
    return run(query.limit(MOST), Package)


def find_package(wid: str, snapshot: str) -> Versioned[Package] | None:
    """By its snapshot's id."""
    return next((each for each in all_packages(wid) if each.record.head.snapshot == snapshot), None)


def bring_back(workspace: Versioned[Workspace], package: Versioned[Package], composed: Snapshot, now: datetime) -> Head:
    """Make a snapshot the head that was composed with a package. Raises LostRace: somebody opened the workspace, or the
    package was forgotten."""
    wid, head = workspace.record.wid, composed.head
    commit = Commit().change(workspace_ref(wid), workspace, workspace.record.go_back(head, now))
    commit.change(left_out_ref(wid, package.record.sid), package, package.record)
    commit.create(snapshot_ref(wid, head.snapshot), composed)
    commit.run()
    return head


def forget_packages(workspace: Versioned[Workspace], packages: Sequence[Package], due: datetime) -> None:
    """Their objects are swept when it is looked again, when `due`. Raises LostRace."""
    record = workspace.record
    commit = Commit().change(workspace_ref(record.wid), workspace, record.forget_apart(_bytes(packages), due))
    for package in packages:
        commit.drop(left_out_ref(record.wid, package.sid))
    commit.run()


def _bytes(packages: Sequence[Package]) -> int:
    return sum(package.head.bytes for package in packages)
