"""Whether a checkpoint becomes the head, by its verified manifest and the plan's storage."""

from datetime import datetime

from msgspec import Struct

from shared.snapshots.checkpoint import Checkpoint, CheckpointRefused, Head, Manifest, Writer, head_of
from shared.snapshots.left_out import not_kept_apart_reason
from shared.snapshots.storage_quota import Folder, StorageUse, too_large_reason, used_bytes


class NewHead(Struct, frozen=True):
    """The head that a checkpoint becomes, and the storage that it takes."""

    head: Head
    storage: StorageUse


def decide_head(
    checkpoint: Checkpoint,
    manifest: Manifest,
    largest: list[Folder],
    *,
    writer: Writer,
    limit: int | None,
    now: datetime,
) -> NewHead:
    """The head that a checkpoint becomes on a plan of `limit` bytes. `largest` are the largest folders, as the
    container names them.

    Raises CheckpointRefused if the checkpoint is too large: the plan has become smaller since it was made, or the
    container lies about sizes. The container then leaves more files out.
    """
    if reason := too_large_reason(manifest, limit):
        raise CheckpointRefused(reason)
    storage = StorageUse(used=used_bytes(manifest), limit=limit, largest=largest)
    return NewHead(head_of(checkpoint, manifest, writer, now), storage)


def decide_package(
    checkpoint: Checkpoint, manifest: Manifest, *, writer: Writer, room: int | None, now: datetime
) -> Head:
    """The snapshot that a checkpoint of left-out files becomes, where `room` bytes are free for such files.

    Raises CheckpointRefused.
    """
    if reason := not_kept_apart_reason(manifest, room):
        raise CheckpointRefused(reason)
    return head_of(checkpoint, manifest, writer, now)
