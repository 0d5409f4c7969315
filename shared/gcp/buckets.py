"""Cloud Storage: what the control plane checks of a checkpoint, and erasing."""

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
    check_sizes,
    exports_prefix,
    manifest_name,
    new_layers,
    parse_manifest,
    read_manifest,
    workspace_prefix,
)
from shared.snapshots.format.tar_reader import BrokenArchive
from shared.snapshots.retention import Stored

CALL: dict[str, Any] = {"retry": DEFAULT_RETRY.with_timeout(2.0), "timeout": 2.0}
"""How long retries may begin, and one attempt may take. A checkpoint is verified by two calls, one after the other, in
the 10 s that the slot waits for the answer to a heartbeat; the client's own patience is minutes."""
AS_STORED = {"raw_download": True}
"""An object says itself how it is encoded, and whoever made it wrote that: a container. It is read as it is stored."""
LISTED = "items(name,timeCreated),nextPageToken"
"""What is asked of each object that is listed: there may be very many."""
PIECE = 4 << 20
"""Bytes of an object that one request brings."""


@lru_cache(maxsize=1)
def _client() -> storage.Client:
    return storage.Client(project=settings().project)


def bucket() -> storage.Bucket:
    """The bucket of all state."""
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
    """A layer's object that is read piece by piece."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._content.read(size)
        except NotFound as e:
            raise BrokenArchive("it is gone") from e


@contextmanager
def open_layer(layer: Layer) -> Iterator[_Layer]:
    """The layer's object. Reading it raises Broken when it is gone."""
    with bucket().blob(layer.name).open("rb", chunk_size=PIECE, **AS_STORED, **CALL) as content:
        yield _Layer(content)


def create(name: str, content: bytes) -> None:
    """A new object. One that is there already, by the same attempt of ours, stays."""
    with suppress(PreconditionFailed):
        bucket().blob(name).upload_from_string(content, if_generation_match=0, **CALL)


def list_objects(prefix: str, most: int | None = None) -> list[Stored]:
    """Every object below `prefix`, or the first `most` of them by their names, with its age."""
    found = bucket().list_blobs(prefix=prefix, max_results=most, fields=LISTED, **CALL)
    return [Stored(blob.name, blob.time_created) for blob in found]


def measure(prefix: str, most: int) -> tuple[int, int]:
    """How many objects there are below `prefix`, and how many bytes they have; of `most` objects at most."""
    found = bucket().list_blobs(prefix=prefix, max_results=most, fields="items(size),nextPageToken", **CALL)
    sizes = [blob.size or 0 for blob in found]
    return len(sizes), sum(sizes)


def delete(names: Sequence[str]) -> int:
    """Delete these objects; how many there still were."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return sum(pool.map(_delete, names))


def erase_objects(wid: str, most: int) -> int:
    """Delete `most` of a workspace's objects and exports at most; how many were found."""
    prefixes = (workspace_prefix(wid), exports_prefix(wid))
    found = [stored.name for prefix in prefixes for stored in list_objects(prefix, most)]
    delete(found[:most])
    return len(found[:most])


def _delete(name: str) -> bool:
    with suppress(NotFound):  # another sweep was faster
        bucket().blob(name).delete(**CALL)
        return True
    return False
