"""A workspace's history, without a container: list snapshots, look into one, go back to one as a whole or for one path,
download one."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, NamedTuple

import functions_framework
from msgspec import Meta, Struct
from msgspec.structs import replace

from shared import logs
from shared.accounts.account import Account
from shared.cursors import cursor, end_of_page, moment
from shared.endpoint import AcceptedAnswer, endpoint, routes
from shared.errors import Conflict, Refused
from shared.flows.archives import POLL_SECONDS, archive_of
from shared.flows.going_back import MOST_ALIKE, checked_path, fits, paths_of, with_left_out, with_path
from shared.flows.sign_ins import SignedIn, may_change, may_download
from shared.gcp import path_indexes
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.left_out import bring_back, find_package, forget_packages
from shared.gcp.store.paying import keeping, paying_of, read_both, read_paying, storage_limit
from shared.gcp.store.races import until_won
from shared.gcp.store.sessions import read_session
from shared.gcp.store.snapshots import go_back, page_of, read_snapshot
from shared.record import Versioned
from shared.request_rates import check_rate, one_at_a_time
from shared.sessions.workspace import Workspace
from shared.slots.allocation import check_may_be_opened
from shared.snapshots.checkpoint import MOST, Count, Head, Snapshot, SnapshotId
from shared.snapshots.left_out import Package
from shared.snapshots.path_index import PathIndex, PathKind, children, folders_named
from shared.snapshots.path_restore import PATH_BYTES, inconsistent_at
from shared.views.archive import Making, Ready
from shared.views.history import LeftOutView, SnapshotView, left_out_view, snapshot_view

TOO_BUSY = "The workspace is being changed by several requests at once. Try again."
RESTORES = 5
"""Attempts to go back. Each attempt may compose a snapshot, which takes seconds of CPU."""
PAGE = 50
"""Snapshots and packages of left-out files in one answer."""
PAGE_PATHS = 500
"""Paths of a folder in one answer."""
SEARCHING = "look for a path"
"""The name by which shared/request_rates.py counts searches for a path. Each member may have one search at a time: a
search takes seconds of CPU."""


class Listing(Struct, forbid_unknown_fields=True):
    after: Annotated[int, Meta(ge=0, le=MOST)] | None = None
    """The `next` of the previous page."""


class Restore(Struct, forbid_unknown_fields=True):
    """The snapshot to go back to."""

    snapshot: SnapshotId
    path: Annotated[str, Meta(min_length=1, max_length=PATH_BYTES)] | None = None
    """Relative to the home, without . and ..; None restores everything."""


class Discard(Struct, forbid_unknown_fields=True):
    """Which left-out files to delete."""

    snapshot: SnapshotId


class Discarded(Struct):
    """The left-out files are deleted."""

    snapshot: SnapshotId


class Download(Struct, forbid_unknown_fields=True):
    """Which snapshot to download."""

    snapshot: SnapshotId | None = None
    """The newest snapshot if this is not given."""


class Look(Struct, forbid_unknown_fields=True):
    """The folder to look into."""

    snapshot: SnapshotId
    folder: Annotated[str, Meta(max_length=PATH_BYTES)] = ""
    """Relative to the home, without . and ..; empty for the home itself."""
    after: Annotated[str, Meta(max_length=PATH_BYTES)] | None = None
    """The `next` of the previous page."""


class History(Struct):
    """A page of the snapshots, newest first."""

    snapshots: list[SnapshotView]
    next: Count | None
    """Older snapshots exist if this is not None: ask for them with `after`."""
    left_out: list[LeftOutView]
    """Left-out files that are kept, of the time of this page, newest first."""


class PathView(Struct):
    """Something in a folder of a snapshot. Of a folder, `bytes` and `files` are the sums of all that is below it."""

    name: str
    kind: PathKind
    bytes: Count
    files: Count
    exact: bool
    """Whether it can be restored by its path: the name is valid UTF-8, and not too long."""


class FolderView(Struct):
    """A page of a folder, sorted by name."""

    folder: str
    """As the snapshot spells it."""
    alike: list[str]
    """Other folders of the snapshot that look the same, in other Unicode characters; at most four."""
    entries: list[PathView]
    next: str | None
    """More entries exist if this is not None: ask for them with `after`."""
    partial: bool
    """The snapshot has more paths than are listed here or could be read in time."""


class Restored(Struct):
    """The snapshot that the workspace opens with from now on."""

    snapshot: SnapshotId
    at: float
    inconsistent: list[str]
    """What was restored of the files that may be damaged; at most twenty by name."""
    inconsistent_unnamed: Count
    """How many more of such files were restored, at most."""


@endpoint(may_download, Listing, method="GET")
def history(caller: SignedIn, query: Listing, now: datetime) -> History:
    """The workspace's history.

    Snapshots that are kept, newest first, in pages. No container is started.
    """
    workspace = read_workspace(caller.account.wid).record
    head = _head(workspace)
    before = moment(query.after)
    snapshots = page_of(Snapshot, workspace.wid, before, PAGE + 1)
    packages = page_of(Package, workspace.wid, before, PAGE + 1)
    oldest = end_of_page([each.head.at for each in snapshots] + [each.head.at for each in packages], PAGE)
    shown = [snapshot_view(each, head) for each in snapshots if not oldest or each.head.at >= oldest]
    apart = [each for each in packages if not oldest or each.head.at >= oldest]
    return History(shown, cursor(oldest) if oldest else None, _package_views(apart, caller.account, workspace, now))


@endpoint(
    may_change,
    Restore,
    refuses={
        404: ("not-found",),
        409: ("session-open", "storage-full", "several-alike", "in-the-way"),
        422: ("too-large", "state-broken"),
    },
)
def restore(caller: SignedIn, body: Restore, now: datetime) -> Restored:
    """Go back to a snapshot.

    The next session opens with this snapshot. With `path`, the next session opens with the current files, and with this
    file or folder as it is in the snapshot. The current snapshot stays in the history. Refused while a session is open
    (`session-open`). If the snapshot has no such path, a path is restored that looks the same in other Unicode
    characters, as macOS writes them; `several-alike` names the paths if there are several. `in-the-way` names a current
    file that would have to go for a folder. Left-out files can be restored all at once if the plan's storage has room
    (`storage-full`), or one listed file or folder at a time.
    """
    return _restored(caller.accounts(now), body, now)


@until_won(TOO_BUSY, attempts=RESTORES)
def _restored(accounts: Iterator[Account], body: Restore, now: datetime) -> Restored:
    account = next(accounts)
    workspace = read_workspace(account.wid)
    check_may_be_opened(workspace.record)
    if workspace.record.session is not None:
        raise Conflict("session-open", "Your workspace is open. Stop it first, then go back.")
    plan = _restore_plan(workspace, account, body, now)
    if plan.to != workspace.record.head:
        plan.commit()
        logs.info(
            "brought-back" if plan.is_left_out else "went-back",
            workspace=workspace.record.wid,
            snapshot=body.snapshot,
            head=plan.to.snapshot,
        )
    return Restored(plan.to.snapshot, plan.to.at.timestamp(), plan.inconsistent, plan.unnamed)


class RestorePlan(NamedTuple):
    """The snapshot that the workspace opens with next, the commit that makes this snapshot the head, and whether it
    brings back what a session has left out. `inconsistent`: what is restored of the files that may be damaged, and
    `unnamed` how many more of them, at most."""

    to: Head
    commit: Callable[[], Head]
    is_left_out: bool
    inconsistent: list[str]
    unnamed: int


def _restore_plan(workspace: Versioned[Workspace], account: Account, body: Restore, now: datetime) -> RestorePlan:
    record = workspace.record
    if package := find_package(record.wid, body.snapshot):
        made = _search(account, partial(with_left_out, record, account, package.record, body.path, now))
        commit = partial(bring_back, workspace, package, made, now)
        return RestorePlan(made.head, commit, True, *_inconsistent(package.record.head, made))
    snapshot = _snapshot(record.wid, body.snapshot)
    if body.path is None:
        head = snapshot.record.head
        commit = partial(go_back, workspace, snapshot, now)
        return RestorePlan(head, commit, False, head.inconsistent, head.inconsistent_unnamed)
    made = _search(account, partial(with_path, record, snapshot.record, checked_path(body.path), now))
    commit = partial(go_back, workspace, snapshot, now, made)
    return RestorePlan(made.head, commit, False, *_inconsistent(snapshot.record.head, made))


def _inconsistent(origin: Head, made: Snapshot) -> tuple[list[str], int]:
    """What `made` restores of the origin's inconsistent files: all of them, or those at one path; and how many more at
    most."""
    path, names = made.returned, origin.inconsistent
    return names if path is None else inconsistent_at(names, path), origin.inconsistent_unnamed


def _search(account: Account, look: Callable[[], Snapshot]) -> Snapshot:
    with one_at_a_time(SEARCHING, account.uid):
        check_rate(SEARCHING, account.uid)
        return replace(look(), plan=read_paying(account).record.plan)


@endpoint(may_download, Look, method="GET", refuses={404: ("not-found",), 422: ("state-broken",)})
def files(caller: SignedIn, query: Look, now: datetime) -> FolderView:
    """Look into a snapshot.

    A folder of the snapshot, or of left-out files, without a container. The first look reads all layers, for at most
    25 s; the paths are then kept for a day, and other folders of the snapshot take one read. If the snapshot has no
    such folder, the answer is a folder that looks the same in other Unicode characters, as macOS writes them.
    """
    wid = caller.account.wid
    folder = checked_path(query.folder) if query.folder else ""
    package = find_package(wid, query.snapshot)
    head = (package or _snapshot(wid, query.snapshot)).record.head
    index = path_indexes.find(wid, query.snapshot) or _indexed(caller.account, head)
    named = folders_named(index, folder)
    if not named and index.partial:
        return FolderView(folder, [], [], None, partial=True)
    if not named:
        raise Refused("not-found", f"{folder} is not a folder of this snapshot. Choose another one.", status=404)
    found, has_more = children(index, named[0], query.after, PAGE_PATHS)
    views = [PathView(each.path.rpartition("/")[2], each.kind, each.bytes, each.files, each.exact) for each in found]
    return FolderView(named[0], named[1 : MOST_ALIKE + 1], views, views[-1].name if has_more else None, index.partial)


def _indexed(account: Account, head: Head) -> PathIndex:
    with one_at_a_time(SEARCHING, account.uid):
        check_rate(SEARCHING, account.uid)
        index = paths_of(head)
    path_indexes.keep(account.wid, head.snapshot, index)
    return index


@endpoint(may_download, Download, refuses={404: ("not-found",), 422: ("state-broken",)})
def download_snapshot(caller: SignedIn, body: Download, now: datetime) -> Ready | AcceptedAnswer[Making]:
    """Download the whole home.

    The answer is one tar.zst of the given snapshot, or of the newest. Ask again until the archive is ready.
    """
    workspace = read_workspace(caller.account.wid).record
    head = _head(workspace)
    wanted = body.snapshot or (head.snapshot if head else None)
    if wanted is None:
        raise Refused("not-found", "Nothing is saved yet. Open the workspace first.", status=404)
    found = find_package(workspace.wid, wanted) or _snapshot(workspace.wid, wanted)
    ready = archive_of(workspace.wid, wanted, found.record.head, now)
    return ready or AcceptedAnswer(Making(wanted), retry_after=POLL_SECONDS)


@endpoint(may_download, Discard)
def discard(caller: SignedIn, body: Discard, now: datetime) -> Discarded:
    """Delete left-out files that are kept.

    Their room is free for others. The same request again is no error.
    """
    _discard(caller.accounts(now), body.snapshot, now)
    return Discarded(body.snapshot)


@until_won(TOO_BUSY)
def _discard(accounts: Iterator[Account], snapshot: str, now: datetime) -> None:
    workspace = read_workspace(next(accounts).wid)
    if package := find_package(workspace.record.wid, snapshot):
        forget_packages(workspace, [package.record], now)
        logs.info("left-out-discarded", workspace=workspace.record.wid, snapshot=snapshot)


snapshots = functions_framework.http(
    routes(
        {
            "": history,
            "snapshots": history,
            "files": files,
            "restore": restore,
            "download": download_snapshot,
            "discard": discard,
        },
        "snapshots",
    )
)


def _package_views(
    packages: Sequence[Package], account: Account, workspace: Workspace, now: datetime
) -> list[LeftOutView]:
    if not packages:
        return []
    both = read_both(account)
    limit = storage_limit(paying_of(*both).record, workspace.works_in, workspace.saved.use)
    lost = keeping(account, both, now).lost
    return [left_out_view(each, lost, has_room=fits(each, workspace, limit)) for each in packages]


def _head(workspace: Workspace) -> Head | None:
    session = read_session(workspace.session) if workspace.session else None
    return session.record.head if session else workspace.head


def _snapshot(wid: str, snapshot: str) -> Versioned[Snapshot]:
    """Raises Refused if the workspace has no such snapshot. Another member's snapshot gets the same answer."""
    read = read_snapshot(wid, snapshot)
    if read is None:
        raise Refused("not-found", "This is not one of your snapshots. Load the list again.", status=404)
    return read
