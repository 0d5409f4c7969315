"""A workspace's history, without a container: what is kept, going back to it whole or for one path, downloading it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, NamedTuple

import functions_framework
from msgspec import Meta, Struct

from shared import logs
from shared.cursors import cursor, moment
from shared.endpoint import AcceptedAnswer, endpoint, routes
from shared.errors import Conflict, Refused, TryAgain
from shared.flows.going_back import brought, checked, composed, fits
from shared.flows.sign_ins import account_of
from shared.gcp import exports, tasks
from shared.gcp.identity import Member, member
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.database import LostRace
from shared.gcp.store.left_out import all_packages, bring_back, find_package, forget_packages
from shared.gcp.store.sessions import read_session
from shared.gcp.store.snapshots import go_back, page_of_snapshots, read_snapshot
from shared.record import Versioned
from shared.request_rates import check_rate, one_at_a_time
from shared.sessions.workspace import Workspace
from shared.slots.allocation import check_may_be_opened, check_may_download, check_may_open
from shared.snapshots.checkpoint import MOST, Changes, Head, Snapshot, SnapshotId
from shared.snapshots.left_out import Package
from shared.snapshots.path_restore import PATH_BYTES
from shared.snapshots.storage_quota import LeftOut

ATTEMPTS = 5
POLL_SECONDS = 2
PAGE = 50
"""Snapshots that one answer tells of."""
LOOKING = "look for a path"
"""What is counted, in shared/request_rates.py, and done once at a time for each member: it takes seconds of CPU."""


class Listing(Struct, forbid_unknown_fields=True):
    after: Annotated[int, Meta(ge=0, le=MOST)] | None = None
    """The `next` of the page before."""


class Restore(Struct, forbid_unknown_fields=True):
    snapshot: SnapshotId
    path: Annotated[str, Meta(min_length=1, max_length=PATH_BYTES)] | None = None


class Discard(Struct, forbid_unknown_fields=True):
    snapshot: SnapshotId


class Discarded(Struct):
    snapshot: str


class Download(Struct, forbid_unknown_fields=True):
    snapshot: SnapshotId | None = None
    """The newest one unless it is given."""


class SnapshotView(Struct):
    snapshot: str
    at: float
    bytes: int
    files: int
    current: bool
    final: bool
    """A session was stopped with it."""
    returned: str | None
    """The path that it brought back."""
    changes: Changes | None
    """What of the member's changed with it."""


class LeftOutView(Struct):
    """What a session has left out and kept apart. `fits`: the plan has room for all of it."""

    snapshot: str
    at: float
    expires: float
    bytes: int
    fits: bool
    left_out: LeftOut


class History(Struct):
    snapshots: list[SnapshotView]
    next: int | None
    """There are older ones, if not None: ask for them with `after`."""
    left_out: list[LeftOutView]
    """With the first page."""


class Restored(Struct):
    """What the workspace opens with from now on."""

    snapshot: str
    at: float


class Making(Struct):
    snapshot: str


class Ready(Struct):
    snapshot: str
    url: str
    expires: float


@partial(endpoint, method="GET")(member, Listing)
def history(caller: Member, query: Listing, now: datetime) -> History:
    workspace = _own(caller, now).record
    head = _head(workspace)
    found = page_of_snapshots(workspace.wid, moment(query.after), PAGE + 1)
    shown = found[:PAGE]
    apart = [_package_view(each, workspace) for each in _packages(workspace)] if query.after is None else []
    older = cursor(shown[-1].head.at) if len(found) > PAGE else None
    return History([_view(each, head) for each in shown], older, apart)


@endpoint(member, Restore)
def restore(caller: Member, body: Restore, now: datetime) -> Restored:
    for _ in range(ATTEMPTS):
        workspace = _workspace(caller, now)
        if workspace.record.session is not None:
            raise Conflict("session-open", "Your workspace is open. Stop it first, then go back.")
        way = _way_back(workspace, caller.uid, body, now)
        if way.to != workspace.record.head:
            try:
                way.commit()
            except LostRace:
                continue
            logs.info(way.told, workspace=workspace.record.wid, snapshot=body.snapshot, head=way.to.snapshot)
        return Restored(way.to.snapshot, way.to.at.timestamp())
    raise TryAgain("too-busy", "The workspace changes too fast. Try again.")


class WayBack(NamedTuple):
    """What the workspace is to open with, the commit that makes it so, and what the log calls that."""

    to: Head
    commit: Callable[[], Head]
    told: str


def _way_back(workspace: Versioned[Workspace], uid: str, body: Restore, now: datetime) -> WayBack:
    record = workspace.record
    if package := find_package(record.wid, body.snapshot):
        made = _looked_for(uid, partial(brought, record, package.record, body.path, now))
        return WayBack(made.head, partial(bring_back, workspace, package, made, now), "brought-back")
    snapshot = _snapshot(record.wid, body.snapshot)
    if body.path is None:
        return WayBack(snapshot.record.head, partial(go_back, workspace, snapshot, now), "went-back")
    made = _looked_for(uid, partial(composed, record, snapshot.record, checked(body.path), now))
    return WayBack(made.head, partial(go_back, workspace, snapshot, now, made), "went-back")


def _looked_for(uid: str, look: Callable[[], Snapshot]) -> Snapshot:
    with one_at_a_time(LOOKING, uid):
        check_rate(LOOKING, uid)
        return look()


@endpoint(member, Download)
def download(caller: Member, body: Download, now: datetime) -> Ready | AcceptedAnswer:
    workspace = _own(caller, now).record
    head = _head(workspace)
    wanted = body.snapshot or (head.snapshot if head else None)
    if wanted is None:
        raise Refused("not-found", "Nothing is saved yet. Open the workspace first.", status=404)
    if find_package(workspace.wid, wanted) is None:
        _snapshot(workspace.wid, wanted)
    found = exports.find(workspace.wid, wanted, now)
    if isinstance(found, exports.Failed):
        raise Refused("state-broken", found.detail, status=422)
    if found:
        return Ready(wanted, found.url, found.expires.timestamp())
    tasks.export_home(workspace.wid, wanted, now)
    return AcceptedAnswer(Making(wanted), retry_after=POLL_SECONDS)


@endpoint(member, Discard)
def discard(caller: Member, body: Discard, now: datetime) -> Discarded:
    """Give up what a session has kept apart: its room is free for others. The same again is no error."""
    for _ in range(ATTEMPTS):
        workspace = _own(caller, now)
        package = find_package(workspace.record.wid, body.snapshot)
        if package is None:
            return Discarded(body.snapshot)
        try:
            forget_packages(workspace, [package.record], now)
        except LostRace:
            continue
        logs.info("left-out-discarded", workspace=workspace.record.wid, snapshot=body.snapshot)
        return Discarded(body.snapshot)
    raise TryAgain("too-busy", "The workspace changes too fast. Try again.")


snapshots = functions_framework.http(
    routes(
        {"": history, "snapshots": history, "restore": restore, "download": download, "discard": discard}, "snapshots"
    )
)


def _workspace(caller: Member, now: datetime) -> Versioned[Workspace]:
    """Raises Refused unless it may be changed."""
    account = account_of(caller, now)
    check_may_open(account)
    workspace = read_workspace(account.wid)
    check_may_be_opened(workspace.record)
    return workspace


def _own(caller: Member, now: datetime) -> Versioned[Workspace]:
    """Raises Refused unless what is saved may be looked at and fetched: also without time left, over the plan's
    storage, and while a payment is missing."""
    account = account_of(caller, now)
    check_may_download(account)
    return read_workspace(account.wid)


def _packages(workspace: Workspace) -> list[Package]:
    return [package.record for package in all_packages(workspace.wid)]


def _package_view(package: Package, workspace: Workspace) -> LeftOutView:
    return LeftOutView(
        snapshot=package.head.snapshot,
        at=package.head.at.timestamp(),
        expires=package.expires.timestamp(),
        bytes=package.head.bytes,
        fits=fits(package, workspace),
        left_out=package.left_out,
    )


def _head(workspace: Workspace) -> Head | None:
    session = read_session(workspace.session) if workspace.session else None
    return session.record.head if session else workspace.head


def _snapshot(wid: str, snapshot: str) -> Versioned[Snapshot]:
    """Somebody else's is not told from one that never was."""
    found = read_snapshot(wid, snapshot)
    if found is None:
        raise Refused("not-found", "You have no such snapshot. Load the list again.", status=404)
    return found


def _view(snapshot: Snapshot, current: Head | None) -> SnapshotView:
    head = snapshot.head
    return SnapshotView(
        snapshot=head.snapshot,
        at=head.at.timestamp(),
        bytes=head.bytes,
        files=head.files,
        current=current is not None and head.snapshot == current.snapshot,
        final=snapshot.final,
        returned=snapshot.returned,
        changes=snapshot.changes,
    )
