"""A rotation of the signing key goes step by step, from any place where the one before was interrupted."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from deploy.rotation import RETIRED_AFTER, Keys, Step, next_step, to_wait_for
from shared.sessions.tokens import HEARTBEAT_LIFE

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def keys(signing: str, verifying: str, versions: int = 1, since: datetime = NOW) -> Keys:
    return Keys(signing=list(signing), verifying=list(verifying), signing_since=since, versions=versions)


PLACES = [
    (keys("A", "A"), Step.ANNOUNCE),
    (keys("AB", "A", 2), Step.PUBLISH),
    (keys("AB", "AB", 2), Step.SWITCH),
    (keys("BA", "AB", 3), Step.RETIRE),
    (keys("B", "AB", 4), Step.WITHDRAW),
    (keys("B", "B", 4), Step.DISABLE),
    (keys("B", "B"), Step.ANNOUNCE),
]
"""The keys that a run finds, and the step that it takes."""


@pytest.mark.parametrize(("found", "step"), PLACES)
def test_the_keys_alone_say_which_step_is_next(found: Keys, step: Step) -> None:
    assert next_step(found) == step


def test_no_step_has_a_token_signed_that_somebody_refuses() -> None:
    """While functions are brought from one place to the next, some have the old keys and others the new ones."""
    for (before, _), (after, _) in pairwise(PLACES):
        for signer, verifier in ((before, after), (after, before)):
            assert signer.signing[0] in verifier.signing


def test_the_new_key_signs_once_every_slot_knows_it() -> None:
    found = keys("AB", "AB", 2)
    assert to_wait_for(Step.SWITCH, found, [], NOW) == ""
    assert to_wait_for(Step.SWITCH, found, [["A", "B"], ["B", "A"]], NOW) == ""
    waits = to_wait_for(Step.SWITCH, found, [["A", "B"], ["A"], []], NOW)
    assert waits.startswith("2 of 3 slots do not know the new key yet.")


@pytest.mark.parametrize(("passed", "waits"), [(timedelta(0), True), (HEARTBEAT_LIFE, True), (RETIRED_AFTER, False)])
def test_the_old_key_is_accepted_as_long_as_a_token_of_it_lives(passed: timedelta, waits: bool) -> None:
    found = keys("BA", "AB", 3, since=NOW - passed)
    assert bool(to_wait_for(Step.RETIRE, found, [], NOW)) is waits
    assert RETIRED_AFTER > HEARTBEAT_LIFE


@pytest.mark.parametrize("step", [Step.ANNOUNCE, Step.PUBLISH, Step.WITHDRAW, Step.DISABLE])
def test_the_other_steps_wait_for_nothing(step: Step) -> None:
    slots: Sequence[Sequence[str]] = [["A"]]
    assert to_wait_for(step, keys("AB", "A"), slots, NOW) == ""
