"""Cloud Storage: what the control plane checks of a checkpoint, and erasing."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from typing import Any

from google.api_core.exceptions import NotFound
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without types
from google.cloud.storage.retry import DEFAULT_RETRY

from shared.settings import settings
from shared.snapshots import (
    MANIFEST_BYTES,
    Checkpoint,
    CheckpointRefused,
    Manifest,
    check_sizes,
    manifest_name,
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


def verify_checkpoint(checkpoint: Checkpoint, *, wid: str, epoch: int, boot: str) -> Manifest:
    """The manifest of a declared checkpoint, after its objects were found to be there with the sizes it says.

    Raises CheckpointRefused. Sizes are asked of the storage, because a container may declare anything.
    """
    if checkpoint.manifest != manifest_name(wid, epoch, boot, checkpoint.seq):
        raise CheckpointRefused("the manifest does not lie where this container may write")
    manifest = read_manifest(_download_manifest(checkpoint), checkpoint, wid=wid, epoch=epoch, boot=boot)
    names = [layer.name for layer in manifest.layers]
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        sizes = dict(zip(names, pool.map(_size, names), strict=True))
    check_sizes(manifest, sizes)
    return manifest


def _download_manifest(checkpoint: Checkpoint) -> bytes:
    try:
        content = _bucket().blob(checkpoint.manifest).download_as_bytes(end=MANIFEST_BYTES, **CALL)
    except NotFound as e:
        raise CheckpointRefused("the manifest is absent") from e
    if len(content) > MANIFEST_BYTES:
        raise CheckpointRefused(f"the manifest is larger than {MANIFEST_BYTES} bytes")
    if sha256(content).hexdigest() != checkpoint.sha256:
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
