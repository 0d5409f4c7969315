"""What a checkpoint counts as, and when it may not become the head."""

import pytest

from shared.billing.plans import GB, MB
from shared.snapshots.checkpoint import Tier
from shared.snapshots.storage_quota import (
    MOST_UPLOADS,
    STORED,
    StorageState,
    StorageUse,
    apart_bytes,
    lifting_plan,
    too_large_reason,
    too_many_uploads_reason,
    used_bytes,
)
from tests.support.records.factories import a_layer, a_manifest

LIMIT = 100 * MB


@pytest.mark.parametrize(
    ("used", "state"), [(0, StorageState.OK), (LIMIT, StorageState.OK), (LIMIT + 1, StorageState.OVER)]
)
def test_over_the_limit_is_warned_about(used: int, state: StorageState) -> None:
    assert StorageUse(used=used, limit=LIMIT).state == state
    assert StorageUse(used=used, limit=None).state == StorageState.OK


@pytest.mark.parametrize(("used", "fits"), [(LIMIT, True), (LIMIT * 5 // 4, True), (LIMIT * 5 // 4 + 1, False)])
def test_past_the_grace_a_checkpoint_is_too_large(used: int, fits: bool) -> None:
    manifest = a_manifest(a_layer(bytes=10), tiers={"boot": Tier(used, 3)})
    assert (too_large_reason(manifest, LIMIT) is None) == fits
    assert too_large_reason(manifest, None) is None


def test_what_a_restore_brings_counts_and_not_what_is_stored() -> None:
    deltas = a_manifest(
        *[a_layer("work", bytes=60 * MB, name=f"n{n}") for n in range(3)], tiers={"work": Tier(60 * MB, 1)}
    )
    assert used_bytes(deltas) == 60 * MB
    assert too_large_reason(deltas, LIMIT) is None


def test_who_stores_much_more_than_they_say_to_hold_lies() -> None:
    most = LIMIT * 5 // 4
    lie = a_manifest(a_layer("work", bytes=STORED * most + 1), tiers={"work": Tier(1, 1)})
    assert "its objects take" in (too_large_reason(lie, LIMIT) or "")
    twice = a_manifest(*[a_layer("work", bytes=2 * most)] * 2, tiers={"work": Tier(1, 1)})
    assert too_large_reason(twice, LIMIT) is None, "one object is stored once"


def test_what_earlier_sessions_keep_apart_takes_of_the_room() -> None:
    assert apart_bytes(LIMIT, 5, 0) == 500 * MB
    assert apart_bytes(LIMIT, 5, 400 * MB) == 100 * MB
    assert apart_bytes(LIMIT, 5, GB) == 0, "a smaller plan was taken"
    assert apart_bytes(None, 5, 0) is None


def test_the_plan_that_lifts_it_is_the_smallest_on_offer() -> None:
    assert [lifting_plan(used) for used in (MB, 101 * MB, 4 * GB, 6 * GB, 11 * GB)] == [
        "free",
        "starter",
        "pro",
        "team",
        "enterprise",
    ]


def test_what_a_session_uploads_is_bounded_in_bytes_and_in_objects() -> None:
    assert too_many_uploads_reason(900, 240 * LIMIT, LIMIT, 250) is None
    assert "may take 25000000000" in (too_many_uploads_reason(900, 251 * LIMIT, LIMIT, 250) or "")
    assert "objects" in (too_many_uploads_reason(MOST_UPLOADS + 1, 0, LIMIT, 250) or "")
    assert too_many_uploads_reason(1, 2 * GB * 1000, None, 250) is None, "without a limit the largest plan's counts"
    assert too_many_uploads_reason(1, 3 * GB * 1000, None, 250) is not None
