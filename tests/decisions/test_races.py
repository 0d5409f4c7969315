"""Who loses a race begins anew, a little later each time, and gives up in the end."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import machine
from shared.errors import Refused, TryAgain
from shared.gcp.store.database import LostRace
from shared.gcp.store.races import ATTEMPTS, FIRST_PAUSE, LONGEST_PAUSE, pause_after, until_won
from tests.support.held_machine import HeldMachine


@pytest.fixture
def pauses() -> Iterator[list[float]]:
    """Those that were made, without waiting for them."""
    held = HeldMachine()
    with machine.replaced_by(held):
        yield held.slept


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_pause_is_drawn_from_a_time_that_doubles_up_to_a_bound(lost: int, draw: float) -> None:
    assert 0 <= pause_after(lost, draw) <= pause_after(lost, 1) <= LONGEST_PAUSE
    assert pause_after(1, 1) == FIRST_PAUSE
    assert pause_after(lost + 1, 1) == min(LONGEST_PAUSE, 2 * pause_after(lost, 1))


def test_all_pauses_together_end_long_before_a_request_does() -> None:
    assert sum(pause_after(lost, 1) for lost in range(1, ATTEMPTS)) < 5


@pytest.mark.parametrize("losses", [0, 1, 3])
def test_a_lost_race_is_run_again_and_one_that_is_won_is_not(losses: int, pauses: list[float]) -> None:
    seen = list[tuple[int, str]]()

    @until_won()
    def decide(number: int, *, name: str) -> str:
        seen.append((number, name))
        if len(seen) <= losses:
            raise LostRace("others")
        return f"{name} {number}"

    assert decide(7, name="slot") == "slot 7"
    assert seen == [(7, "slot")] * (losses + 1)
    assert len(pauses) == losses


def test_a_flow_that_asks_others_begins_anew_after_the_error_that_it_names_and_no_other(pauses: list[float]) -> None:
    seen = list[int]()

    @until_won(after=LookupError)
    def decide() -> None:
        seen.append(1)
        raise LookupError if len(seen) == 1 else LostRace("others")

    with pytest.raises(LostRace):
        decide()
    assert len(seen) == 2
    assert len(pauses) == 1


def test_whoever_always_loses_is_asked_to_try_again(pauses: list[float]) -> None:
    count = 0

    @until_won("Several requests change it at once.", attempts=5, retry_after=2)
    def decide() -> None:
        nonlocal count
        count += 1
        raise LostRace("others")

    with pytest.raises(TryAgain) as gave_up:
        decide()
    assert (gave_up.value.name, gave_up.value.detail) == ("too-busy", "Several requests change it at once.")
    assert (gave_up.value.answer_status, gave_up.value.retry_after) == (503, 2)
    assert (count, len(pauses)) == (5, 4), "nobody waits before giving up"


def test_a_refusal_is_no_lost_race(pauses: list[float]) -> None:
    @until_won()
    def decide() -> None:
        raise Refused("forbidden", "No.")

    with pytest.raises(Refused):
        decide()
    assert pauses == []
