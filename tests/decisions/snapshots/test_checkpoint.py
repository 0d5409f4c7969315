"""What must be true of a checkpoint before a head may point at it."""

import msgspec
import pytest
from msgspec.structs import replace

from shared.snapshots.checkpoint import (
    FIRST_BYTES,
    Checkpoint,
    CheckpointRefused,
    Layer,
    Manifest,
    Tier,
    check_sizes,
    first_layers,
    is_committed,
    new_layers,
    read_manifest,
)
from tests.support.records.factories import WRITER, a_head, a_layer, a_manifest

LAYER = a_layer(bytes=100, logical_bytes=400, entries=3)
OLD_NAME = "workspaces/w-1/5-bootbootbootbo/9-deps.tar.zst"
OLDER = a_layer("deps", name=OLD_NAME, sha256="bb", bytes=200, logical_bytes=600, entries=7)
MANIFEST = a_manifest(LAYER, OLDER, base="5-bootbootbootbo-9")
CHECKPOINT = Checkpoint(1, WRITER.manifest_name(1), "cc", 1000, 10)


def read(manifest: Manifest, checkpoint: Checkpoint = CHECKPOINT) -> Manifest:
    return read_manifest(msgspec.json.encode(manifest), checkpoint, WRITER)


def test_an_honest_manifest_is_read() -> None:
    assert read(MANIFEST) == MANIFEST


@pytest.mark.parametrize(
    "manifest",
    [
        replace(MANIFEST, version=1),
        replace(MANIFEST, workspace="w-2"),
        replace(MANIFEST, epoch=8),
        replace(MANIFEST, boot="bootbootbootboob"),
        replace(MANIFEST, seq=2),
        replace(MANIFEST, layers=[replace(LAYER, name="workspaces/w-2/7-x/1-boot.tar.zst"), OLDER]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, name="workspaces/w-1/../w-2/5-bootbootbootbo/9-deps.tar.zst")]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, name="workspaces/w-1/5-bootbootbootbo/9-work.tar.zst")]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, name=OLD_NAME.replace("/9-", f"/{'9' * 2000}-"))]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, name=OLD_NAME.replace("/9-", "/\u0669-"))]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, tier="boot")]),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, tier="more")]),
        replace(MANIFEST, layers=[OLDER, LAYER]),
        replace(MANIFEST, tiers={"boot": MANIFEST.tiers["boot"]}),
        replace(MANIFEST, tiers={**MANIFEST.tiers, "more": Tier(0, 0)}),
        replace(MANIFEST, tiers={**MANIFEST.tiers, "work": Tier(1, 0)}),
        replace(MANIFEST, tiers={**MANIFEST.tiers, "work": Tier(0, 1)}),
        replace(MANIFEST, layers=[LAYER, replace(OLDER, logical_bytes=-600)]),
        replace(MANIFEST, layers=[replace(LAYER, kind="delta"), OLDER]),
        replace(MANIFEST, layers=[LAYER, LAYER, OLDER]),
        replace(MANIFEST, layers=[replace(LAYER, only="a"), OLDER]),
        replace(MANIFEST, layers=[LAYER, replace(LAYER, kind="delta", only="a"), OLDER]),
        replace(MANIFEST, layers=[LAYER] + [replace(LAYER, kind="delta")] * 64),
        replace(MANIFEST, inconsistent=["x" * 257]),
        replace(MANIFEST, inconsistent=["x"] * 21),
    ],
)
def test_a_lying_manifest_is_refused(manifest: Manifest) -> None:
    with pytest.raises(CheckpointRefused):
        read(manifest)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"version": 2}', b"[" * 50_000])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(CheckpointRefused):
        read_manifest(content, CHECKPOINT, WRITER)


@pytest.mark.parametrize("size", [None, 99, 101])
def test_absent_and_mis_sized_layers_are_refused(size: int | None) -> None:
    check_sizes(MANIFEST.layers, {LAYER.name: 100, OLDER.name: 200})
    with pytest.raises(CheckpointRefused):
        check_sizes(MANIFEST.layers, {LAYER.name: size, OLDER.name: 200})


def test_layers_of_the_snapshot_before_are_known_and_the_containers_own_are_new() -> None:
    assert added(MANIFEST, [OLDER]) == [LAYER]
    assert added(MANIFEST, [LAYER, OLDER]) == []
    back = replace(OLDER, name=OLDER.name.replace("/9-", "/8-"), only="proj/node_modules")
    assert added(a_manifest(LAYER, OLDER, back), [OLDER, back]) == [LAYER], "a path that was brought back stays so"


@pytest.mark.parametrize("field", ["sha256", "bytes", "stream", "entries", "logical_bytes", "kind"])
def test_a_known_layer_is_not_told_otherwise(field: str) -> None:
    told = replace(OLDER, **{field: "delta" if field == "kind" else "cc" if field == "sha256" else 1})
    with pytest.raises(CheckpointRefused, match="verified as another"):
        added(replace(MANIFEST, layers=[LAYER, told]), [OLDER])


@pytest.mark.parametrize(
    ("layer", "known"),
    [
        (OLDER, []),  # of a container before, in no snapshot that this session has
        (replace(LAYER, name=LAYER.name.replace("/7-", "/8-")), [OLDER]),
        (replace(LAYER, name=LAYER.name.replace("000a/", "000b/")), [OLDER]),
        (replace(LAYER, only="a"), [OLDER]),  # only the control plane brings paths back
    ],
)
def test_a_layer_that_is_neither_known_nor_the_containers_own_is_refused(layer: Layer, known: list[Layer]) -> None:
    with pytest.raises(CheckpointRefused):
        added(replace(MANIFEST, layers=[layer]), known)


def added(manifest: Manifest, known: list[Layer]) -> list[Layer]:
    return new_layers(manifest, known, WRITER)


def test_an_earlier_checkpoint_of_the_same_container_is_not_new() -> None:
    head = a_head(seq=10)
    assert [is_committed(replace(CHECKPOINT, seq=seq), head, WRITER) for seq in (9, 10, 11)] == [
        True,
        True,
        False,
    ]
    assert not is_committed(CHECKPOINT, None, WRITER)
    assert not is_committed(CHECKPOINT, head, replace(WRITER, epoch=8)), "the restored head is another container's"


def test_a_head_names_the_small_layers_that_the_editor_waits_for() -> None:
    small, delta = a_layer(bytes=FIRST_BYTES), a_layer(seq=2, kind="delta")
    large = a_layer(seq=3, kind="delta", bytes=FIRST_BYTES + 1)
    assert first_layers(a_manifest(small, delta, large, a_layer("work"))) == [small.name, delta.name]
