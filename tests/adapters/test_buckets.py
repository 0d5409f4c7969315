"""A checkpoint is believed only after its objects were looked at."""

import gzip
import tracemalloc
from collections.abc import Iterator
from hashlib import sha256

import msgspec
import pytest
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without types
from msgspec.structs import replace

from shared.gcp import buckets
from shared.gcp.credentials import boundary
from shared.snapshots.checkpoint import (
    Checkpoint,
    CheckpointRefused,
    Head,
    Manifest,
    Writer,
    head_of,
)
from tests.support.records.factories import BOOT, NOW, a_head, a_layer, a_manifest
from tests.support.stack.environment import SETTINGS, environment
from tests.support.stack.google_clients import state_bucket

WID, EPOCH = "w-1", 7
WRITER = Writer(WID, EPOCH, BOOT)
PREFIX = WRITER.prefix


@pytest.fixture(scope="module")
def bucket(storage_emulator: dict[str, str]) -> Iterator[storage.Bucket]:
    with environment(SETTINGS | storage_emulator), state_bucket() as bucket:
        yield bucket


def upload(bucket: storage.Bucket, manifest: Manifest, *, layer: bytes | None = b"layer") -> Checkpoint:
    """The manifest and its one layer as objects, and the checkpoint that declares them."""
    if layer is not None:
        bucket.blob(manifest.layers[0].name).upload_from_string(layer)
    content = msgspec.json.encode(manifest)
    name = WRITER.manifest_name(manifest.seq)
    bucket.blob(name).upload_from_string(content)
    return Checkpoint(
        seq=manifest.seq,
        manifest=name,
        sha256=sha256(content).hexdigest(),
        bytes=sum(tier.bytes for tier in manifest.tiers.values()),
        files=sum(tier.files for tier in manifest.tiers.values()),
    )


def verify(checkpoint: Checkpoint, *before: Head) -> Manifest:
    return buckets.verify_checkpoint(checkpoint, WRITER, before=before)


def test_an_honest_checkpoint_is_verified(bucket: storage.Bucket) -> None:
    manifest = a_manifest(seq=1)
    assert verify(upload(bucket, manifest)) == manifest


def test_layers_of_the_head_are_taken_as_they_are_and_not_looked_up_again(bucket: storage.Bucket) -> None:
    first = a_manifest(seq=20)
    head = head_of(upload(bucket, first), first, WRITER, NOW)
    delta = a_layer(seq=21, kind="delta")
    second = a_manifest(*first.layers, delta, seq=21)
    bucket.blob(delta.name).upload_from_string(b"layer")
    bucket.blob(first.layers[0].name).delete()  # whoever looked it up would find nothing
    assert verify(upload(bucket, second, layer=None), head) == second
    with pytest.raises(CheckpointRefused, match="absent"):
        verify(upload(bucket, second, layer=None))
    told = replace(first.layers[0], stream=1)
    with pytest.raises(CheckpointRefused, match="verified as another"):
        verify(upload(bucket, a_manifest(told, delta, seq=21), layer=None), head)


def test_of_a_head_that_is_gone_nothing_is_known(bucket: storage.Bucket) -> None:
    lost = replace(a_head(), manifest=WRITER.manifest_name(77))
    manifest = a_manifest(seq=22)
    assert verify(upload(bucket, manifest), lost) == manifest
    with pytest.raises(CheckpointRefused, match="absent"):
        buckets.head_manifest(lost)


def test_an_absent_layer_is_refused(bucket: storage.Bucket) -> None:
    with pytest.raises(CheckpointRefused, match="absent"):
        verify(upload(bucket, a_manifest(seq=2), layer=None))


def test_a_layer_of_another_size_is_refused(bucket: storage.Bucket) -> None:
    with pytest.raises(CheckpointRefused, match="9 bytes and declares 5"):
        verify(upload(bucket, a_manifest(seq=3), layer=b"nine byte"))


def test_an_absent_manifest_and_one_with_another_hash_are_refused(bucket: storage.Bucket) -> None:
    honest = upload(bucket, a_manifest(seq=4))
    with pytest.raises(CheckpointRefused, match="hash"):
        verify(replace(honest, sha256="00"))
    absent = replace(honest, seq=99, manifest=WRITER.manifest_name(99))
    with pytest.raises(CheckpointRefused, match="absent"):
        verify(absent)


def test_a_manifest_of_another_container_or_workspace_is_refused(bucket: storage.Bucket) -> None:
    honest = upload(bucket, a_manifest(seq=5))
    for name in (Writer(WID, EPOCH - 1, BOOT).manifest_name(5), Writer("w-2", EPOCH, BOOT).manifest_name(5)):
        with pytest.raises(CheckpointRefused, match="may write"):
            verify(replace(honest, manifest=name))


def test_a_huge_manifest_is_not_read_whole(bucket: storage.Bucket) -> None:
    name = WRITER.manifest_name(6)
    bucket.blob(name).upload_from_string(b" " * 200_000)
    with pytest.raises(CheckpointRefused, match="larger"):
        verify(Checkpoint(6, name, "00", 0, 0))


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip"])
def test_an_object_is_read_as_it_is_stored_whatever_it_says_of_its_encoding(
    bucket: storage.Bucket, encoding: str
) -> None:
    """Some hundred kilobytes, or a few, that become 64 MiB when they are decoded. A container wrote that."""
    packed = bytes(1 << 26)
    for _ in encoding.split(","):
        packed = gzip.compress(packed, mtime=0)
    name = WRITER.manifest_name(30)
    blob = bucket.blob(name)
    blob.content_encoding = encoding
    blob.upload_from_string(packed)
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointRefused, match="does not parse"):
            verify(Checkpoint(30, name, sha256(packed).hexdigest(), 0, 0))
        with buckets.open_layer(a_layer(name=name)) as content:
            assert content.read(len(packed) + 1) == packed
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def test_erasing_takes_every_object_of_the_workspace_and_no_other(bucket: storage.Bucket) -> None:
    for wid in ("w-gone", "w-gone2"):
        bucket.blob(f"workspaces/{wid}/1-x/1-boot.tar.zst").upload_from_string(b"x")
        bucket.blob(f"exports/{wid}/1-x-1.tar.zst").upload_from_string(b"x")
    assert buckets.erase_objects("w-gone", 1) == 1
    assert buckets.erase_objects("w-gone", 10) == 1
    assert buckets.erase_objects("w-gone", 10) == 0
    assert bucket.get_blob("workspaces/w-gone2/1-x/1-boot.tar.zst") is not None
    assert bucket.get_blob("exports/w-gone2/1-x-1.tar.zst") is not None


def test_no_more_objects_are_listed_than_are_asked_for(bucket: storage.Bucket) -> None:
    names = [f"workspaces/w-many/{number}" for number in range(3)]
    for name in names:
        bucket.blob(name).upload_from_string(b"x")
    assert [stored.name for stored in buckets.list_objects("workspaces/w-many/", 2)] == names[:2]
    everything = buckets.list_objects("workspaces/w-many/")
    assert [stored.name for stored in everything] == names
    assert all(stored.created.tzinfo for stored in everything)


def test_a_container_may_read_its_workspace_and_create_under_its_own_boot() -> None:
    read, create = boundary("b", WRITER)["accessBoundary"]["accessBoundaryRules"]
    objects = "projects/_/buckets/b/objects/"
    assert read["availablePermissions"] == ["inRole:roles/storage.legacyObjectReader"]
    assert read["availabilityCondition"]["expression"] == f'resource.name.startsWith("{objects}workspaces/{WID}/")'
    assert create["availablePermissions"] == ["inRole:roles/storage.objectCreator"]
    assert create["availabilityCondition"]["expression"] == f'resource.name.startsWith("{objects}{PREFIX}")'
