"""Snapshots that go back: composed of the head and of what an older snapshot, or what was left out, has at a path.

Their objects are stored, and nothing points at them until the caller commits it.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

from shared import logs
from shared.billing.plans import PLANS
from shared.errors import Conflict, Refused, bad_request
from shared.gcp import buckets
from shared.gcp.store.accounts import plan_of
from shared.gcp.store.ids import new_id
from shared.sessions.workspace import Workspace
from shared.snapshots.checkpoint import Changes, CheckpointRefused, Head, Layer, Manifest, Snapshot, first_layers
from shared.snapshots.format.tar_reader import END, BrokenArchive
from shared.snapshots.left_out import Package, has_room
from shared.snapshots.merged_archive import At, TooMuch, at, empty_layer, holds, spelled_alike, stands_at
from shared.snapshots.path_restore import (
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
from shared.snapshots.storage_quota import newest_use
from shared.time_budget import TimeBudget, TooSlow

LOOK_SECONDS = 25.0
"""How long one request looks for a path in the layers: the browser waits for a minute at most."""
MOST_ALIKE = 4
"""Names that a refusal tells."""


def fits(package: Package, workspace: Workspace) -> bool:
    """Whether the plan has room for all of it."""
    used = newest_use(workspace.storage, workspace.head).used
    return has_room(used, package, PLANS[plan_of(workspace.owner)].bytes)


def brought(workspace: Workspace, package: Package, path: str | None, now: datetime) -> Snapshot:
    """The head with what a session has left out: all of it, or the file or folder at `path`.

    Raises Refused, and Conflict without room for it.
    """
    left_out = _manifest(package.head)
    if path is None:
        if not fits(package, workspace):
            said = "Your plan has no room for all of it. It stays kept apart."
            raise Conflict("storage-full", f"{said} Bring one file back, download it, or take a larger plan.")
        head = _manifest(workspace.head) if workspace.head else None
        whose: dict[str, Any] = {"workspace": workspace.wid, "epoch": workspace.epoch, "base": _base(workspace)}
        try:
            return _stored(workspace, merge(head, left_out, package.left_out, **whose), None, now)
        except (TooManyLayers, CheckpointRefused) as e:
            raise _too_large("Open the workspace and save something, or download it", str(e)) from e
    path = _found(checked(path), left_out, TimeBudget(LOOK_SECONDS))
    if not _stands(path, left_out):
        # as a folder of an ordinary snapshot it would take the place of what is there now
        raise _too_large("Name one of the files and folders that are listed", "only parts of it were left out")
    return composed(workspace, Snapshot(sid=package.sid, head=package.head), path, now)


def composed(workspace: Workspace, snapshot: Snapshot, path: str, now: datetime) -> Snapshot:
    """A snapshot that brings the path back.

    It is the head itself when all of the path's tiers are in it as they are in the snapshot. `path` is a
    `checked` one. Raises Refused.
    """
    old, deadline = _manifest(snapshot.head), TimeBudget(LOOK_SECONDS)
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


def checked(path: str) -> str:
    """Raises Refused unless it is the path of a file or folder in a home."""
    try:
        return check_path(path)
    except BadPath as e:
        raise bad_request(f"path: {e}.") from e


def _stands(path: str, manifest: Manifest) -> bool:
    try:
        return stands_at(manifest, path, buckets.open_layer, TimeBudget(LOOK_SECONDS).check)
    except (TooSlow, TooMuch) as e:
        raise _too_large("Download it", "it takes too long to look for the path") from e
    except BrokenArchive as e:
        raise _broken(str(e)) from e


def _base(workspace: Workspace) -> str | None:
    return workspace.head.snapshot if workspace.head else None


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


def _found(path: str, manifest: Manifest, deadline: TimeBudget) -> str:
    """The path as the snapshot has it: that very one, or else the one that is spelled alike in other characters."""
    try:
        if holds(manifest, path, buckets.open_layer, deadline.check):
            return path
        alike = [] if path.isascii() else spelled_alike(manifest, path, buckets.open_layer, deadline.check)
    except (TooSlow, TooMuch) as e:
        raise _too_large(
            "Go back as a whole, or download the snapshot", "it takes too long to look for the path"
        ) from e
    except BrokenArchive as e:
        raise _broken(str(e)) from e
    if not alike:
        raise Refused("not-found", f"{path} is not in that snapshot. Look for another one.", status=404)
    if len(alike) > 1:
        names = " and ".join(f"{each} ({ascii(each)[1:-1]})" for each in alike[:MOST_ALIKE])
        said = f"That snapshot has several of that name, in different characters: {names}."
        raise Conflict("several-alike", f"{said} Nothing was changed. Bring back the folder that they are in.")
    return alike[0]


def _counted(head: Manifest, old: Manifest, path: str, deadline: TimeBudget) -> Counted | None:
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
    except BrokenArchive as e:
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
