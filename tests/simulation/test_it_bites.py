"""With one guard taken away, the simulation finds what it kept out: else it would prove nothing."""

from collections.abc import Mapping

import pytest
from hypothesis import Phase, given, settings

from tests.simulation import removals
from tests.simulation.conftest import ANY, played
from tests.simulation.functions import Loaded
from tests.simulation.removals import Removal
from tests.simulation.schedule import play

WITHIN = 1600
"""Schedules: fewer than are played in each run of the tests."""


@pytest.mark.parametrize(
    ("removal", "heed"),
    [
        (removals.the_epoch_check, ""),
        (removals.the_first_hello_wins, "taken over"),
        (removals.the_sequence_of_beats, ""),
        (removals.the_precondition, ""),
        (removals.one_commit_for_counter_and_session, "counts"),
        (removals.create_only_lines_and_the_precondition_before_them, "the ledger line"),
    ],
)
def test_without_a_guard_it_fails(functions: Mapping[str, Loaded], removal: Removal, heed: str) -> None:
    @settings(played(WITHIN), phases=[Phase.generate])
    @given(ANY)
    def any_schedule(schedule: bytes) -> None:
        play(functions, schedule, heed=heed)

    with removal(functions), pytest.raises(AssertionError):
        any_schedule()


def test_without_the_deadline_more_is_used_than_there_is(functions: Mapping[str, Loaded]) -> None:
    @settings(played(WITHIN), phases=[Phase.generate])
    @given(ANY)
    def any_schedule(schedule: bytes) -> None:
        play(functions, schedule, faults=False, heed=", and used")

    with removals.the_deadline(functions), pytest.raises(AssertionError):
        any_schedule()
