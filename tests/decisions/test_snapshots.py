"""What must be true of a checkpoint before a head may point at it."""

import msgspec
import pytest
from msgspec.structs import replace

from shared.snapshots import (
    Checkpoint,
    CheckpointRefused,
    Layer,
    Manifest,
    check_sizes,
    is_committed,
    manifest_name,
    read_manifest,
)
from tests.factories import BOOT, a_head

LAYER = Layer("boot", f"workspaces/w-1/7-{BOOT}/1-boot.tar.zst", "aa", 100, 400, 3)
OLDER = Layer("deps", "workspaces/w-1/5-bootbootbootbo/9-deps.tar.zst", "bb", 200, 600, 7)
MANIFEST = Manifest(1, "w-1", 7, BOOT, 1, "5-bootbootbootbo-9", [LAYER, OLDER])
CHECKPOINT = Checkpoint(1, manifest_name("w-1", 7, BOOT, 1), "cc", 1000, 10)


def read(manifest: Manifest, checkpoint: Checkpoint = CHECKPOINT) -> Manifest:
    return read_manifest(msgspec.json.encode(manifest), checkpoint, wid="w-1", epoch=7, boot=BOOT)


def test_an_honest_manifest_is_read() -> None:
    assert read(MANIFEST) == MANIFEST


@pytest.mark.parametrize(
    "manifest",
    [
        replace(MANIFEST, version=2),
        replace(MANIFEST, workspace="w-2"),
        replace(MANIFEST, epoch=8),
        replace(MANIFEST, boot="bootbootbootboob"),
        replace(MANIFEST, seq=2),
        replace(MANIFEST, layers=[replace(LAYER, name="workspaces/w-2/7-x/1-boot.tar.zst"), OLDER]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, name="workspaces/w-1/../w-2/5-bootbootbootbo/9-deps.tar.zst")]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, name="workspaces/w-1/5-bootbootbootbo/9-work.tar.zst")]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, tier="boot")]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, tier="more")]),
        replace(MANIFEST, layers=[OLDER, LAYER]),
        replace(MANIFEST, layers=[LAYER]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, entries=8)]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, logical_bytes=-600)]),
    ],
)
def test_a_lying_manifest_is_refused(manifest: Manifest) -> None:
    with pytest.raises(CheckpointRefused):
        read(manifest)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"version": 1}'])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(CheckpointRefused):
        read_manifest(content, CHECKPOINT, wid="w-1", epoch=7, boot=BOOT)


@pytest.mark.parametrize("size", [None, 99, 101])
def test_absent_and_mis_sized_layers_are_refused(size: int | None) -> None:
    check_sizes(MANIFEST, {LAYER.name: 100, OLDER.name: 200})
    with pytest.raises(CheckpointRefused):
        check_sizes(MANIFEST, {LAYER.name: size, OLDER.name: 200})


def test_an_earlier_checkpoint_of_the_same_container_is_not_new() -> None:
    head = a_head(seq=10)
    assert [is_committed(replace(CHECKPOINT, seq=seq), head, epoch=7, boot=BOOT) for seq in (9, 10, 11)] == [
        True,
        True,
        False,
    ]
    assert not is_committed(CHECKPOINT, None, epoch=7, boot=BOOT)
    assert not is_committed(CHECKPOINT, head, epoch=8, boot=BOOT), "the restored head is another container's"
