"""Going back: composes a snapshot of the head and one path of an older snapshot, or of left-out files.

The composed objects are stored, and nothing points at them until the caller commits the snapshot.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

from shared import logs
from shared.accounts.account import Account
from shared.errors import Conflict, Refused, bad_request
from shared.gcp import buckets
from shared.gcp.store.ids import new_id
from shared.gcp.store.paying import read_paying, storage_limit
from shared.sessions.workspace import Workspace
from shared.snapshots.checkpoint import Changes, CheckpointRefused, Head, Layer, Manifest, Snapshot, first_layers
from shared.snapshots.format.layout import END, BadLayer
from shared.snapshots.left_out import Package, has_room
from shared.snapshots.merged_archive import empty_layer
from shared.snapshots.path_index import PathIndex, index_of
from shared.snapshots.path_lookup import At, at, equivalent_paths, has_entry_at, has_path, in_the_way
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
from shared.snapshots.visible_entries import TooMuch, entries
from shared.time_budget import TimeBudget, TooSlow

SEARCH_SECONDS = 25.0
"""How long one request searches the layers for a path. The browser waits for at most a minute."""
MOST_ALIKE = 4
"""The most paths of one look that an answer names."""


def limit_of(account: Account, workspace: Workspace) -> int | None:
    """Bytes that whoever pays for the account stores of the workspace; None without limit."""
    return storage_limit(read_paying(account).record, workspace.works_in, workspace.saved.use)


def fits(package: Package, workspace: Workspace, limit: int | None) -> bool:
    """Whether the plan has room for the whole package."""
    return has_room(workspace.saved.use.used, package, limit)


def with_left_out(
    workspace: Workspace, account: Account, package: Package, path: str | None, now: datetime
) -> Snapshot:
    """The head with a session's left-out files: all of them, or the file or folder at `path`.

    Raises Refused, and Conflict if the plan has no room.
    """
    left_out = _manifest(package.head)
    if path is None:
        if not fits(package, workspace, limit_of(account, workspace)):
            detail = "Your plan's storage has no room for all of these files. They are still kept."
            raise Conflict("storage-full", f"{detail} Restore one file, download them, or change to a larger plan.")
        head = _manifest(workspace.head) if workspace.head else None
        origin: dict[str, Any] = {"workspace": workspace.wid, "epoch": workspace.epoch, "base": _base(workspace)}
        try:
            return _stored(workspace, merge(head, left_out, package.left_out, **origin), None, now)
        except (TooManyLayers, CheckpointRefused) as e:
            raise _too_large("Open the workspace and save something, or download it", str(e)) from e
    path = _path_in(checked_path(path), left_out, TimeBudget(SEARCH_SECONDS))
    if not _has_entry(path, left_out):
        # Restoring an ordinary folder would replace the current one, and only parts of this folder were left out.
        raise _too_large("Name one of the files and folders that are listed", "only parts of it were left out")
    return with_path(workspace, Snapshot(sid=package.sid, head=package.head), path, now)


def with_path(workspace: Workspace, snapshot: Snapshot, path: str, now: datetime) -> Snapshot:
    """A snapshot in which `path` is restored.

    If the head already has the path as the snapshot has it, the result is the head itself: a snapshot in which nothing
    changed would take another one's place. `path` must be a result of `checked_path`. Raises Refused.
    """
    old, budget = _manifest(snapshot.head), TimeBudget(SEARCH_SECONDS)
    path = _path_in(path, old, budget)
    head = _manifest(workspace.head) if workspace.head else None
    none = Manifest(2, workspace.wid, 0, "", 0, None, {}, [])
    counted = _counted(head or none, old, path, budget)
    if workspace.head and counted and counted.is_same:
        return Snapshot(sid=None, head=workspace.head, returned=path)
    if head and counted and not any(ours.files for ours, _ in counted.tiers.values()):
        _check_way(head, path, budget)
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
            return Snapshot(sid=None, head=workspace.head, returned=path)
        encode(manifest)
    except (TooManyLayers, CheckpointRefused) as e:
        raise _too_large("Open the workspace and save something, or go back as a whole", str(e)) from e
    for each in {*empty}:
        buckets.create(each, content)
    return _stored(workspace, manifest, path, now, counted.changes if counted else None)


def paths_of(head: Head) -> PathIndex:
    """The paths of a snapshot. Raises Refused if it can't be read."""
    try:
        return index_of(entries(_manifest(head), buckets.open_layer, TimeBudget(SEARCH_SECONDS).check))
    except BadLayer as e:
        raise _broken(str(e)) from e


def checked_path(path: str) -> str:
    """The path without slashes at its ends. Raises Refused unless it is a path in a home."""
    try:
        return check_path(path)
    except BadPath as e:
        raise bad_request(f"path: {e}.") from e


def _has_entry(path: str, manifest: Manifest) -> bool:
    try:
        return has_entry_at(manifest, path, buckets.open_layer, TimeBudget(SEARCH_SECONDS).check)
    except (TooSlow, TooMuch) as e:
        raise _too_large("Download it", "it takes too long to look for the path") from e
    except BadLayer as e:
        raise _broken(str(e)) from e


def _base(workspace: Workspace) -> str | None:
    return workspace.head.snapshot if workspace.head else None


def _stored(
    workspace: Workspace, manifest: Manifest, path: str | None, now: datetime, changes: Changes | None = None
) -> Snapshot:
    """Stores a composed manifest, and returns its snapshot. Raises CheckpointRefused."""
    content = encode(manifest)
    snapshot_id = return_id(workspace.epoch, new_id("", 16))
    buckets.create(return_name(workspace.wid, snapshot_id), content)
    made = Head(
        snapshot=snapshot_id,
        manifest=return_name(workspace.wid, snapshot_id),
        sha256=sha256(content).hexdigest(),
        bytes=sum(tier.bytes for tier in manifest.tiers.values()),
        files=sum(tier.files for tier in manifest.tiers.values()),
        at=now,
        first=first_layers(manifest),
        inconsistent=manifest.inconsistent,
        inconsistent_unnamed=manifest.inconsistent_unnamed,
    )
    return Snapshot(sid=None, head=made, returned=path, changes=changes)


def _path_in(path: str, manifest: Manifest, budget: TimeBudget) -> str:
    """The path as the snapshot spells it: exactly, or else in canonically equivalent characters."""
    try:
        if has_path(manifest, path, buckets.open_layer, budget.check):
            return path
        alike = [] if path.isascii() else equivalent_paths(manifest, path, buckets.open_layer, budget.check)
    except (TooSlow, TooMuch) as e:
        raise _too_large(
            "Go back as a whole, or download the snapshot", "it takes too long to look for the path"
        ) from e
    except BadLayer as e:
        raise _broken(str(e)) from e
    if not alike:
        raise Refused("not-found", f"{path} is not in this snapshot. Choose another snapshot.", status=404)
    if len(alike) > 1:
        names = " and ".join(f"{each} ({ascii(each)[1:-1]})" for each in alike[:MOST_ALIKE])
        detail = f"This snapshot has several paths that look the same: {names}."
        raise Conflict("several-alike", f"{detail} Nothing was changed. Restore the folder that they are in.")
    return alike[0]


def _counted(head: Manifest, old: Manifest, path: str, budget: TimeBudget) -> Counted | None:
    """What the head and the old snapshot have at the path. None if counting takes too long; then only an upper bound of
    the new size is known."""
    ours, theirs = dict[str, dict[int, At]](), dict[str, dict[int, At]]()
    try:
        for tier in differing(head, old):
            ours[tier] = at(head, path, tier, buckets.open_layer, budget.check)
            theirs[tier] = at(old, path, tier, buckets.open_layer, budget.check)
    except (TooSlow, TooMuch):
        logs.info("path-not-counted", workspace=old.workspace)
        return None
    except BadLayer as e:
        raise _broken(str(e)) from e
    return count(path, ours, theirs)


def _check_way(head: Manifest, path: str, budget: TimeBudget) -> None:
    """Raises Conflict if a file of the head would have to go for a folder of the path."""
    try:
        found = in_the_way(head, path, buckets.open_layer, budget.check)
    except (TooSlow, TooMuch) as e:
        raise _too_large(
            "Go back as a whole, or download the snapshot", "it takes too long to look for the path"
        ) from e
    except BadLayer as e:
        raise _broken(str(e)) from e
    if found is not None:
        detail = f"{found} is a file now, and {path} needs a folder there. Nothing was changed."
        raise Conflict("in-the-way", f"{detail} Rename the file first, or restore {found}, which replaces it.")


def _manifest(head: Head) -> Manifest:
    try:
        return buckets.head_manifest(head)
    except CheckpointRefused as e:
        raise _broken(str(e)) from e


def _broken(reason: str) -> Refused:
    logs.error("snapshot-broken", reason=reason)
    return Refused("state-broken", f"This snapshot can't be read: {reason}. Choose another one.", status=422)


def _too_large(instead: str, reason: str) -> Refused:
    detail = f"This can't be restored by itself: {reason}. Nothing was changed. {instead}."
    return Refused("too-large", detail, status=422)
