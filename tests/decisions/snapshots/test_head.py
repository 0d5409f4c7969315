"""Whether a verified checkpoint becomes the head, and what a final one brings to be kept apart."""

import pytest

from shared.sessions.heartbeats import Declared, checkpoint_to_verify, new_package
from shared.snapshots.checkpoint import CheckpointRefused
from shared.snapshots.head import decide_head, decide_package
from shared.snapshots.storage_quota import GRACE, Folder, StorageUse
from tests.support.records.factories import BOOT, NOW, WRITER, a_beat, a_head, a_layer, a_manifest, a_session

CHECKPOINT = Declared(seq=2, manifest="m", sha256="00", bytes=100, files=1)
LIMIT = 1000
WITH_GRACE = int(LIMIT * (1 + GRACE))


def test_a_checkpoint_that_fits_becomes_the_head_with_what_it_takes() -> None:
    manifest, largest = a_manifest(a_layer(logical_bytes=WITH_GRACE)), [Folder("work", 900)]
    new = decide_head(CHECKPOINT, manifest, largest, limit=LIMIT, writer=WRITER, now=NOW)
    assert (new.head.snapshot, new.head.at, new.head.bytes) == (f"7-{BOOT}-2", NOW, 100)
    assert new.storage == StorageUse(used=WITH_GRACE, limit=LIMIT, largest=largest)


@pytest.mark.parametrize("limit", [LIMIT, None])
def test_one_that_the_plan_has_no_room_for_does_not(limit: int | None) -> None:
    manifest = a_manifest(a_layer(logical_bytes=WITH_GRACE + 1))
    if limit is None:
        assert decide_head(CHECKPOINT, manifest, [], limit=None, writer=WRITER, now=NOW).storage.limit is None
        return
    with pytest.raises(CheckpointRefused, match=f"takes {WITH_GRACE + 1} bytes, and may take {WITH_GRACE}"):
        decide_head(CHECKPOINT, manifest, [], limit=limit, writer=WRITER, now=NOW)


@pytest.mark.parametrize(("room", "kept"), [(500, True), (499, False), (None, True)])
def test_what_is_kept_apart_needs_room(room: int | None, kept: bool) -> None:
    manifest = a_manifest(a_layer(logical_bytes=500))
    if kept:
        head = decide_package(CHECKPOINT, manifest, room=room, writer=WRITER, now=NOW)
        assert head.snapshot == f"7-{BOOT}-2"
        return
    with pytest.raises(CheckpointRefused, match="there is room for 499"):
        decide_package(CHECKPOINT, manifest, room=room, writer=WRITER, now=NOW)


def test_an_old_beat_and_a_committed_checkpoint_bring_nothing_new() -> None:
    session = a_session(seq=3, head=a_head(1))
    assert checkpoint_to_verify(session, a_beat(4, checkpoint=CHECKPOINT)) == CHECKPOINT
    assert checkpoint_to_verify(session, a_beat(3, checkpoint=CHECKPOINT)) is None
    assert checkpoint_to_verify(session, a_beat(4)) is None
    assert checkpoint_to_verify(a_session(seq=3, head=a_head(2)), a_beat(4, checkpoint=CHECKPOINT)) is None


def test_only_a_final_beat_brings_something_to_be_kept_apart() -> None:
    session = a_session(seq=3)
    assert new_package(session, a_beat(4, apart=CHECKPOINT, final=True)) == CHECKPOINT
    assert new_package(session, a_beat(4, apart=CHECKPOINT)) is None
    assert new_package(session, a_beat(3, apart=CHECKPOINT, final=True)) is None
    assert new_package(session, a_beat(4, final=True)) is None
