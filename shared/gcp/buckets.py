"""Cloud Storage: verifies checkpoints, reads layers, lists and deletes objects."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import sha256
from typing import Any, BinaryIO

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without types
from google.cloud.storage.retry import DEFAULT_RETRY

from shared import logs
from shared.settings import settings
from shared.snapshots.checkpoint import (
    MANIFEST_BYTES,
    Checkpoint,
    CheckpointRefused,
    Head,
    Layer,
    Manifest,
    Writer,
    check_sizes,
    exports_prefix,
    new_layers,
    parse_manifest,
    read_manifest,
    workspace_prefix,
)
from shared.snapshots.format.layout import BadLayer
from shared.snapshots.retention import Stored

CALL: dict[str, Any] = {"retry": DEFAULT_RETRY.with_timeout(2.0), "timeout": 2.0}
"""The time after which no retry begins, and the time of one attempt. Verifying a checkpoint takes two calls in
sequence, within the 10 s that the slot waits for its heartbeat's answer. The SDK's own limits are minutes."""
AS_STORED = {"raw_download": True}
"""A container writes the object's encoding, so it is not trusted: objects are read as they are stored."""
LISTED = "items(name,timeCreated),nextPageToken"
"""Fields to ask for each listed object; there may be very many objects."""
PIECE = 4 << 20
"""Bytes of an object that one request reads."""


@lru_cache(maxsize=1)
def storage_client() -> storage.Client:
    return storage.Client(project=settings().project)


def bucket() -> storage.Bucket:
    """The bucket that holds all workspaces' state."""
    return storage_client().bucket(settings().state_bucket)


def verify_checkpoint(checkpoint: Checkpoint, writer: Writer, *, before: Sequence[Head] = ()) -> Manifest:
    """The manifest of a declared checkpoint, after verifying that its new objects exist with the declared sizes.

    `before`: verified snapshots of the session, whose layers need no second look. Raises CheckpointRefused. Cloud
    Storage is asked for sizes, because a container may declare anything.
    """
    if checkpoint.manifest != writer.manifest_name(checkpoint.seq):
        raise CheckpointRefused("the manifest does not lie where this container may write")
    content = _download(checkpoint.manifest, checkpoint.sha256)
    manifest = read_manifest(content, checkpoint, writer)
    verified_before = [layer for head in before for layer in _layers_of(head)]
    new = new_layers(manifest, verified_before, writer)
    names = [layer.name for layer in new]
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        sizes = dict(zip(names, pool.map(_size, names), strict=True))
    check_sizes(new, sizes)
    return manifest


def _layers_of(head: Head) -> list[Layer]:
    """Nothing is known of a snapshot that can't be read: its container can still save everything anew."""
    try:
        return head_manifest(head).layers
    except CheckpointRefused as e:
        logs.error("head-unreadable", snapshot=head.snapshot, reason=str(e))
        return []


def head_manifest(head: Head) -> Manifest:
    """The manifest of a verified snapshot. Raises CheckpointRefused if the object is gone or changed."""
    return _manifest(head.manifest, head.sha256)


@lru_cache(maxsize=512)
def _manifest(name: str, digest: str) -> Manifest:
    """Cached: a manifest never changes, and each checkpoint of a session asks for it."""
    return parse_manifest(_download(name, digest))


def _download(name: str, digest: str) -> bytes:
    try:
        content = bucket().blob(name).download_as_bytes(end=MANIFEST_BYTES, **AS_STORED, **CALL)
    except NotFound as e:
        raise CheckpointRefused("the manifest is absent") from e
    if len(content) > MANIFEST_BYTES:
        raise CheckpointRefused(f"the manifest is larger than {MANIFEST_BYTES} bytes")
    if sha256(content).hexdigest() != digest:
        raise CheckpointRefused("the manifest has another hash")
    return bytes(content)


def _size(name: str) -> int | None:
    blob = bucket().get_blob(name, **CALL)
    return None if blob is None else blob.size


class _Layer:
    """A layer's object, read piece by piece."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._content.read(size)
        except NotFound as e:
            raise BadLayer("it is gone") from e


@contextmanager
def open_layer(layer: Layer) -> Iterator[_Layer]:
    """Opens the layer's object. Reading raises BadLayer if the object is gone."""
    with bucket().blob(layer.name).open("rb", chunk_size=PIECE, **AS_STORED, **CALL) as content:
        yield _Layer(content)


def create(name: str, content: bytes) -> None:
    """Creates an object. If it exists already, by an earlier attempt, it stays."""
    with suppress(PreconditionFailed):
        bucket().blob(name).upload_from_string(content, if_generation_match=0, **CALL)


def list_objects(prefix: str, most: int | None = None) -> list[Stored]:
    """Objects below `prefix` with their age: all, or the first `most` by name."""
    blobs = bucket().list_blobs(prefix=prefix, max_results=most, fields=LISTED, **CALL)
    return [Stored(blob.name, blob.time_created) for blob in blobs]


def measure(prefix: str, most: int) -> tuple[int, int]:
    """The number of objects below `prefix` and their bytes; of at most `most` objects."""
    blobs = bucket().list_blobs(prefix=prefix, max_results=most, fields="items(size),nextPageToken", **CALL)
    sizes = [blob.size or 0 for blob in blobs]
    return len(sizes), sum(sizes)


def delete(names: Sequence[str]) -> int:
    """Deletes these objects. Returns how many existed."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return sum(pool.map(_delete, names))


def erase_objects(wid: str, most: int) -> int:
    """Deletes at most `most` of a workspace's objects and exports. Returns how many there were."""
    prefixes = (workspace_prefix(wid), exports_prefix(wid))
    names = [stored.name for prefix in prefixes for stored in list_objects(prefix, most)]
    delete(names[:most])
    return len(names[:most])


def _delete(name: str) -> bool:
    with suppress(NotFound):  # another run deleted it first
        bucket().blob(name).delete(**CALL)
        return True
    return False
