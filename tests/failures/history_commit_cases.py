"""All that is ever committed to a workspace's history while nobody has it open, and by which function of the store."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from shared.gcp.store import accounts, database, left_out, sessions, snapshots
from shared.record import Versioned
from shared.sessions.session import EndReason
from shared.sessions.workspace import Workspace
from shared.snapshots.checkpoint import Snapshot
from shared.snapshots.left_out import Package
from shared.snapshots.storage_quota import LeftOut
from tests.failures.commit_cases import LATER, NOW, Act, a_claimed_session, accepted, read
from tests.support.records.factories import a_head


def a_history() -> Versioned[Workspace]:
    """A workspace with two snapshots that nobody has open."""
    before = a_claimed_session()
    for number in (1, 2):
        sessions.commit_beat(before, *accepted(before.record, 3 + number, a_head(number), NOW))
        before = read(before.record.sid)
    sessions.end_session(before.record.sid, NOW, EndReason.MEMBER)
    return accounts.read_workspace(before.record.wid)


def going_back() -> Act:
    workspace = a_history()
    older = snapshots.read_snapshot(workspace.record.wid, a_head(1).snapshot)
    assert older
    return lambda: snapshots.go_back(workspace, older, LATER)


def a_path_brought_back() -> Act:
    workspace = a_history()
    older = snapshots.read_snapshot(workspace.record.wid, a_head(1).snapshot)
    assert older
    composed = Snapshot(sid=None, head=replace(a_head(), snapshot="1-returns-abc", at=LATER), returned="p")
    return lambda: snapshots.go_back(workspace, older, LATER, composed)


def a_thinned_history() -> Act:
    workspace = a_history()
    [_, older] = snapshots.all_snapshots(workspace.record.wid)
    return lambda: snapshots.forget_thinned(workspace, [older], LATER)


def a_package() -> tuple[Versioned[Workspace], Versioned[Package]]:
    """A workspace that nobody has open, and what its session has left out."""
    workspace = a_history()
    package = Package(sid="s-1", head=replace(a_head(), snapshot="1-apart-3"), left_out=LeftOut(1, 5))
    database.Commit().create(accounts.left_out_ref(workspace.record.wid, package.sid), package).run()
    [found] = left_out.all_packages(workspace.record.wid)
    return workspace, found


def a_package_brought_back() -> Act:
    workspace, package = a_package()
    composed = Snapshot(sid=None, head=replace(a_head(), snapshot="1-returns-abc", at=LATER), returned="p")
    return lambda: left_out.bring_back(workspace, package, composed, LATER)


def a_forgotten_package() -> Act:
    workspace, package = a_package()
    return lambda: left_out.forget_packages(workspace, [package.record], LATER)


def a_swept_workspace() -> Act:
    workspace = a_history()
    return lambda: snapshots.commit_tidied(workspace, None)


COMMITS: dict[Callable[[], Act], set[Callable[..., Any]]] = {
    going_back: {snapshots.go_back},
    a_path_brought_back: {snapshots.go_back},
    a_thinned_history: {snapshots.forget_thinned},
    a_package_brought_back: {left_out.bring_back},
    a_forgotten_package: {left_out.forget_packages},
    a_swept_workspace: {snapshots.commit_tidied},
}
"""As in commit_cases.py."""
