"""A workspace's history, without a container: what is kept, going back to it whole or for one path, downloading it."""

from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Annotated, Any

import functions_framework
from msgspec import Meta, Struct

from shared import logs
from shared.allocation import check_may_be_opened, check_may_download, check_may_open
from shared.archives import At, TooMuch, at, empty_layer, holds, spelled_alike, stands_at
from shared.cursors import cursor, moment
from shared.deadlines import Deadline, TooSlow
from shared.endpoint import Accepted, endpoint, routes
from shared.errors import Conflict, Refused, TryAgain, bad_request
from shared.gcp import buckets, exports, tasks
from shared.gcp.identity import Member, member
from shared.gcp.sign_ins import account_of
from shared.gcp.store.accounts import plan_of, read_workspace
from shared.gcp.store.database import LostRace
from shared.gcp.store.ids import new_id
from shared.gcp.store.left_out import all_packages, bring_back, find_package, forget_packages
from shared.gcp.store.sessions import read_session
from shared.gcp.store.snapshots import go_back, page_of_snapshots, read_snapshot
from shared.left_out import Package, has_room
from shared.plans import PLANS
from shared.quota import LeftOut, newest_use
from shared.record import Read
from shared.request_rates import check_rate, one_at_a_time
from shared.returns import (
    PATH_BYTES,
    BadPath,
    Counted,
    TooManyLayers,
    check_path,
    compose,
    count,
    differing,
    empty_name,
    encode,
    merge,
    return_id,
    return_name,
)
from shared.snapshots import (
    MOST,
    Changes,
    CheckpointRefused,
    Head,
    Layer,
    Manifest,
    Snapshot,
    SnapshotId,
    first_layers,
)
from shared.tars import END, Broken
from shared.workspace import Workspace

ATTEMPTS = 5
LOOK_SECONDS = 25.0
"""How long one request looks for a path in the layers: the browser waits for a minute at most."""
POLL_SECONDS = 2
PAGE = 50
"""Snapshots that one answer tells of."""
MOST_ALIKE = 4
"""Names that a refusal tells."""
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
        package = find_package(workspace.record.wid, body.snapshot)
        if package:
            with one_at_a_time(LOOKING, caller.uid):
                check_rate(LOOKING, caller.uid)
                brought = _brought(workspace.record, package.record, body.path, now)
            if brought.head == workspace.record.head:
                return Restored(brought.head.snapshot, brought.head.at.timestamp())
            try:
                head = bring_back(workspace, package, brought, now)
            except LostRace:
                continue
            logs.info("brought-back", workspace=workspace.record.wid, snapshot=body.snapshot, head=head.snapshot)
            return Restored(head.snapshot, head.at.timestamp())
        snapshot = _snapshot(workspace.record.wid, body.snapshot)
        composed = None
        if body.path is not None:
            path = _checked(body.path)
            with one_at_a_time(LOOKING, caller.uid):
                check_rate(LOOKING, caller.uid)
                composed = _composed(workspace.record, snapshot.record, path, now)
        wanted = (composed or snapshot.record).head
        if wanted == workspace.record.head:
            return Restored(wanted.snapshot, wanted.at.timestamp())
        try:
            head = go_back(workspace, snapshot, now, composed)
        except LostRace:
            continue
        logs.info("went-back", workspace=workspace.record.wid, snapshot=body.snapshot, head=head.snapshot)
        return Restored(head.snapshot, head.at.timestamp())
    raise TryAgain("too-busy", "The workspace changes too fast. Try again.")


@endpoint(member, Download)
def download(caller: Member, body: Download, now: datetime) -> Ready | Accepted:
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
    return Accepted(Making(wanted), retry_after=POLL_SECONDS)


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


def _workspace(caller: Member, now: datetime) -> Read[Workspace]:
    """Raises Refused unless it may be changed."""
    account = account_of(caller, now)
    check_may_open(account)
    workspace = read_workspace(account.wid)
    check_may_be_opened(workspace.record)
    return workspace


def _own(caller: Member, now: datetime) -> Read[Workspace]:
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
        fits=_fits(package, workspace),
        left_out=package.left_out,
    )


def _fits(package: Package, workspace: Workspace) -> bool:
    used = newest_use(workspace.storage, workspace.head).used
    return has_room(used, package, PLANS[plan_of(workspace.owner)].bytes)


def _brought(workspace: Workspace, package: Package, path: str | None, now: datetime) -> Snapshot:
    """The head with what a session has left out: all of it, or the file or folder at `path`."""
    left_out = _manifest(package.head)
    if path is None:
        if not _fits(package, workspace):
            said = "Your plan has no room for all of it. It stays kept apart."
            raise Conflict("storage-full", f"{said} Bring one file back, download it, or take a larger plan.")
        head = _manifest(workspace.head) if workspace.head else None
        whose: dict[str, Any] = {"workspace": workspace.wid, "epoch": workspace.epoch, "base": _base(workspace)}
        try:
            return _stored(workspace, merge(head, left_out, package.left_out, **whose), None, now)
        except (TooManyLayers, CheckpointRefused) as e:
            raise _too_large("Open the workspace and save something, or download it", str(e)) from e
    path = _found(_checked(path), left_out, Deadline(LOOK_SECONDS))
    if not _stands(path, left_out):
        # as a folder of an ordinary snapshot it would take the place of what is there now
        raise _too_large("Name one of the files and folders that are listed", "only parts of it were left out")
    return _composed(workspace, Snapshot(sid=package.sid, head=package.head), path, now)


def _stands(path: str, manifest: Manifest) -> bool:
    try:
        return stands_at(manifest, path, buckets.open_layer, Deadline(LOOK_SECONDS).check)
    except (TooSlow, TooMuch) as e:
        raise _too_large("Download it", "it takes too long to look for the path") from e
    except Broken as e:
        raise _broken(str(e)) from e


def _base(workspace: Workspace) -> str | None:
    return workspace.head.snapshot if workspace.head else None


def _head(workspace: Workspace) -> Head | None:
    session = read_session(workspace.session) if workspace.session else None
    return session.record.head if session else workspace.head


def _snapshot(wid: str, snapshot: str) -> Read[Snapshot]:
    """Somebody else's is not told from one that never was."""
    found = read_snapshot(wid, snapshot)
    if found is None:
        raise Refused("not-found", "You have no such snapshot. Load the list again.", status=404)
    return found


def _composed(workspace: Workspace, snapshot: Snapshot, path: str, now: datetime) -> Snapshot:
    """A snapshot that brings the path back; its objects are stored, and nothing points at them yet.

    It is the head itself when all of the path's tiers are in it as they are in the snapshot.
    """
    old, deadline = _manifest(snapshot.head), Deadline(LOOK_SECONDS)
    path = _found(path, old, deadline)
    head = _manifest(workspace.head) if workspace.head else None
    none = Manifest(2, workspace.wid, 0, "", 0, None, {}, [])
    counted = _counted(head or none, old, path, deadline)
    content, empty = empty_layer(), []

    def empty_of(tier: str) -> Layer:
        name = empty_name(workspace.wid, int(now.timestamp() * 1000), tier)
        empty.append(name)
        return Layer(tier, "whole", name, sha256(content).hexdigest(), len(content), len(END), 0, 0)

    try:
        manifest = compose(
            head or none,
            old,
            path,
            epoch=workspace.epoch,
            base=_base(workspace),
            empty=empty_of,
            at=counted.tiers if counted else None,
        )
        if head and workspace.head and manifest.layers == head.layers:
            return Snapshot(sid=None, head=workspace.head)
        encode(manifest)
    except (TooManyLayers, CheckpointRefused) as e:
        raise _too_large("Open the workspace and save something, or go back as a whole", str(e)) from e
    for each in {*empty}:
        buckets.create(each, content)
    return _stored(workspace, manifest, path, now, counted.changes if counted else None)


def _stored(
    workspace: Workspace, manifest: Manifest, path: str | None, now: datetime, changes: Changes | None = None
) -> Snapshot:
    """A composed manifest in the bucket, and the snapshot that it is. Raises CheckpointRefused."""
    told = encode(manifest)
    snapshot_id = return_id(workspace.epoch, new_id("", 16))
    buckets.create(return_name(workspace.wid, snapshot_id), told)
    made = Head(
        snapshot=snapshot_id,
        manifest=return_name(workspace.wid, snapshot_id),
        sha256=sha256(told).hexdigest(),
        bytes=sum(tier.bytes for tier in manifest.tiers.values()),
        files=sum(tier.files for tier in manifest.tiers.values()),
        at=now,
        first=first_layers(manifest),
    )
    return Snapshot(sid=None, head=made, returned=path, changes=changes)


def _checked(path: str) -> str:
    try:
        return check_path(path)
    except BadPath as e:
        raise bad_request(f"path: {e}.") from e


def _found(path: str, manifest: Manifest, deadline: Deadline) -> str:
    """The path as the snapshot has it: that very one, or else the one that is spelled alike in other characters."""
    try:
        if holds(manifest, path, buckets.open_layer, deadline.check):
            return path
        alike = [] if path.isascii() else spelled_alike(manifest, path, buckets.open_layer, deadline.check)
    except (TooSlow, TooMuch) as e:
        raise _too_large(
            "Go back as a whole, or download the snapshot", "it takes too long to look for the path"
        ) from e
    except Broken as e:
        raise _broken(str(e)) from e
    if not alike:
        raise Refused("not-found", f"{path} is not in that snapshot. Look for another one.", status=404)
    if len(alike) > 1:
        names = " and ".join(f"{each} ({ascii(each)[1:-1]})" for each in alike[:MOST_ALIKE])
        said = f"That snapshot has several of that name, in different characters: {names}."
        raise Conflict("several-alike", f"{said} Nothing was changed. Bring back the folder that they are in.")
    return alike[0]


def _counted(head: Manifest, old: Manifest, path: str, deadline: Deadline) -> Counted | None:
    """What the head and the old snapshot have at the path; None if that takes too long: then nobody knows how much less
    than both together there will be."""
    ours, theirs = dict[str, dict[int, At]](), dict[str, dict[int, At]]()
    try:
        for tier in differing(head, old):
            ours[tier] = at(head, path, tier, buckets.open_layer, deadline.check)
            theirs[tier] = at(old, path, tier, buckets.open_layer, deadline.check)
    except (TooSlow, TooMuch):
        logs.info("not-counted", workspace=old.workspace)
        return None
    except Broken as e:
        raise _broken(str(e)) from e
    return count(path, ours, theirs)


def _manifest(head: Head) -> Manifest:
    try:
        return buckets.head_manifest(head)
    except CheckpointRefused as e:
        raise _broken(str(e)) from e


def _broken(why: str) -> Refused:
    logs.error("snapshot-broken", why=why)
    return Refused("state-broken", f"That snapshot can't be read: {why}. Choose another one.", status=422)


def _too_large(instead: str, why: str) -> Refused:
    return Refused("too-large", f"This can't be brought back: {why}. Nothing was changed. {instead}.", status=422)


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
