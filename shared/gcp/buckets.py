"""Cloud Storage: what the control plane checks of a checkpoint, and erasing."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from typing import Any

from google.api_core.exceptions import NotFound
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without types
from google.cloud.storage.retry import DEFAULT_RETRY

from shared import logs
from shared.settings import settings
from shared.snapshots import (
    MANIFEST_BYTES,
    Checkpoint,
    CheckpointRefused,
    Head,
    Layer,
    Manifest,
    check_sizes,
    manifest_name,
    new_layers,
    parse_manifest,
    read_manifest,
    workspace_prefix,
)

CALL: dict[str, Any] = {"retry": DEFAULT_RETRY.with_timeout(2.0), "timeout": 2.0}
"""How long retries may begin, and one attempt may take. A checkpoint is verified by two calls, one after the other, in
the 10 s that the slot waits for the answer to a heartbeat; the client's own patience is minutes."""


@lru_cache(maxsize=1)
def _client() -> storage.Client:
    return storage.Client(project=settings().project)


def _bucket() -> storage.Bucket:
    return _client().bucket(settings().state_bucket)


def verify_checkpoint(
    checkpoint: Checkpoint, *, wid: str, epoch: int, boot: str, before: Sequence[Head] = ()
) -> Manifest:
    """The manifest of a declared checkpoint, after its new objects were found to be there with the sizes it says.

    `before`: verified snapshots of the session, whose layers are known. Raises CheckpointRefused. Sizes are asked of
    the storage, because a container may declare anything.
    """
    if checkpoint.manifest != manifest_name(wid, epoch, boot, checkpoint.seq):
        raise CheckpointRefused("the manifest does not lie where this container may write")
    content = _download(checkpoint.manifest, checkpoint.sha256)
    manifest = read_manifest(content, checkpoint, wid=wid, epoch=epoch, boot=boot)
    known = [layer for head in before for layer in _known_layers(head)]
    new = new_layers(manifest, known, wid=wid, epoch=epoch, boot=boot)
    names = [layer.name for layer in new]
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        sizes = dict(zip(names, pool.map(_size, names), strict=True))
    check_sizes(new, sizes)
    return manifest


def _known_layers(head: Head) -> list[Layer]:
    """Nothing is known of a snapshot that can't be read: its container can still save everything anew."""
    try:
        return head_manifest(head).layers
    except CheckpointRefused as e:
        logs.error("head-unreadable", snapshot=head.snapshot, why=str(e))
        return []


def head_manifest(head: Head) -> Manifest:
    """The manifest of a verified snapshot. Raises CheckpointRefused when it is gone, or not what it was."""
    return _manifest(head.manifest, head.sha256)


@lru_cache(maxsize=512)
def _manifest(name: str, digest: str) -> Manifest:
    """Immutable, and asked for with every checkpoint of a session."""
    return parse_manifest(_download(name, digest))


def _download(name: str, digest: str) -> bytes:
    try:
        content = _bucket().blob(name).download_as_bytes(end=MANIFEST_BYTES, **CALL)
    except NotFound as e:
        raise CheckpointRefused("the manifest is absent") from e
    if len(content) > MANIFEST_BYTES:
        raise CheckpointRefused(f"the manifest is larger than {MANIFEST_BYTES} bytes")
    if sha256(content).hexdigest() != digest:
        raise CheckpointRefused("the manifest has another hash")
    return bytes(content)


def _size(name: str) -> int | None:
    blob = _bucket().get_blob(name, **CALL)
    return None if blob is None else blob.size


def erase_workspace(wid: str) -> int:
    """Delete every object of a workspace; how many."""
    blobs = list(_bucket().list_blobs(prefix=workspace_prefix(wid), **CALL))
    for blob in blobs:
        with suppress(NotFound):  # another sweep was faster
            blob.delete(**CALL)
    return len(blobs)
