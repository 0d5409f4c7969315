"""What a checkpoint counts as, when it still becomes the head, and what the member is told."""

import pytest

from shared.plans import GB, MB
from shared.quota import SHOWN, Folder, StorageState, advice, decide_storage, lifting_plan, used_bytes
from shared.snapshots import Tier
from tests.factories import a_layer, a_manifest

LIMIT = 100 * MB


@pytest.mark.parametrize(
    ("used", "state"),
    [
        (0, StorageState.OK),
        (LIMIT, StorageState.OK),
        (LIMIT + 1, StorageState.OVER),
        (LIMIT * 5 // 4, StorageState.OVER),
        (LIMIT * 5 // 4 + 1, StorageState.REFUSED),
    ],
)
def test_over_the_limit_is_warned_about_and_past_the_grace_refused(used: int, state: StorageState) -> None:
    assert decide_storage(used, LIMIT).state == state
    assert decide_storage(used, None).state == StorageState.OK


def test_what_is_really_stored_counts_when_less_was_declared() -> None:
    lies = a_manifest(a_layer(bytes=900, logical_bytes=1), a_layer("work", bytes=100, logical_bytes=0))
    assert used_bytes(lies) == 1000
    honest = a_manifest(a_layer(bytes=100), tiers={"boot": Tier(5000, 3)})
    assert used_bytes(honest) == 5000
    twice = a_manifest(*[a_layer(bytes=900, logical_bytes=1)] * 2)
    assert used_bytes(twice) == 900, "one object is stored once"


def test_the_advice_says_how_much_to_delete_where_it_lies_and_which_plan_lifts_it() -> None:
    largest = [Folder("proj/node_modules", 90 * MB), Folder("data", 30 * MB)]
    over = advice(decide_storage(120 * MB, LIMIT, largest)) or ""
    for said in ("120.0 MB", "125.0 MB", "20,000,000 bytes", "proj/node_modules 90.0 MB", "data 30.0 MB", "Starter"):
        assert said in over
    refused = advice(decide_storage(2 * GB, GB, largest)) or ""
    for said in ("not part of your workspace", "download", "1,000,000,000 bytes", "the plan Pro"):
        assert said in refused
    assert advice(decide_storage(LIMIT, LIMIT, largest)) is None


def test_the_plan_that_lifts_it_is_the_smallest_on_offer() -> None:
    assert [lifting_plan(used) for used in (MB, 101 * MB, 4 * GB, 6 * GB, 11 * GB)] == [
        "free",
        "starter",
        "pro",
        "team",
        "enterprise",
    ]


def test_a_folders_name_can_not_pass_for_something_else() -> None:
    odd = Folder("a\n\u202e\x1b[31m" + "x" * 200, MB)
    told = advice(decide_storage(2 * LIMIT, LIMIT, [odd])) or ""
    assert told.isprintable()
    assert "x" * SHOWN not in told
