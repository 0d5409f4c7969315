"""With one guard taken away, the simulation finds what it kept out: else it would prove nothing."""

from collections.abc import Mapping

import pytest

from tests.simulation import paying_removals, removals
from tests.simulation.functions import Loaded
from tests.simulation.removals import Removal
from tests.simulation.schedule import paying, play
from tests.simulation.searching import first_that_fails


@pytest.mark.parametrize(
    ("removal", "broken"),
    [
        (removals.the_epoch_check, "changed after its end"),
        (removals.the_first_hello_wins, "was taken over by another container"),
        (removals.the_sequence_of_beats, "was charged twice"),
        (removals.the_precondition, "is given twice"),
        (removals.one_commit_for_counter_and_session, "and its sessions were charged"),
        (removals.the_time_until_a_period_is_over_everywhere, "which was closed before"),
        (removals.the_lines_of_who_is_silent, "and its lines come to"),
        (removals.the_end_of_a_day_before_it_is_rolled_up, "which was rolled up before"),
    ],
)
def test_without_a_guard_it_fails(functions: Mapping[str, Loaded], removal: Removal, broken: str) -> None:
    """By that which the guard is there for, and by nothing else that may go wrong without it."""
    with removal(functions):
        schedule = first_that_fails(functions, broken)
    play(functions, schedule)


def test_the_ledger_is_create_only(functions: Mapping[str, Loaded]) -> None:
    """It is the precondition's second lock: whoever comes second without that still can't write a line."""
    with removals.the_session_precondition(functions), removals.create_only_lines(functions):
        schedule = first_that_fails(functions, "the ledger line")
    with removals.create_only_lines(functions):
        play(functions, schedule)
    with removals.the_session_precondition(functions):
        play(functions, schedule, heed="the ledger line")


def test_without_the_deadline_a_liar_stays_for_ever(functions: Mapping[str, Loaded]) -> None:
    with removals.the_deadline(functions):
        schedule = first_that_fails(functions, "does not come to rest")
    play(functions, schedule)


@pytest.mark.parametrize("removal", [removals.the_deadline, removals.the_sooner_look])
def test_more_is_used_than_the_bound(functions: Mapping[str, Loaded], removal: Removal) -> None:
    with removal(functions):
        schedule = first_that_fails(functions, ", and used", faults=False)
    play(functions, schedule, faults=False)


@pytest.mark.parametrize(
    ("removal", "broken"),
    [
        (paying_removals.the_guard_of_an_answer, "an older answer"),
        (paying_removals.asking_again, "an older answer"),
        (paying_removals.reading_before_asking, "an older answer"),
        (paying_removals.the_version_that_rises, "the version of the payer"),
        (paying_removals.one_commit_for_payer_and_plan, ", and its payer has"),
        (paying_removals.a_plan_by_hand_through_the_payer, ", and its payer has"),
        (paying_removals.the_cancellation_of_what_is_replaced, "still runs, which an operator's plan has replaced"),
        (paying_removals.the_daily_question, "one question says"),
        (paying_removals.the_question_about_who_is_due, "one question says"),
        (paying_removals.the_question_after_a_checkout, "one question says"),
        (paying_removals.what_a_deleted_customer_had_kept, "one question says"),
        (paying_removals.the_end_of_who_has_left, "is closed, and its payer is"),
        (paying_removals.the_look_whether_the_owner_has_left, "is closed, and its payer is"),
        (paying_removals.the_record_that_is_deleted_last, "was forgotten, and goes on to pay"),
        (paying_removals.the_look_for_a_running_subscription, "pays twice"),
        (paying_removals.one_page_at_a_time, "pays twice"),
    ],
)
def test_without_a_guard_of_payments_it_fails(functions: Mapping[str, Loaded], removal: Removal, broken: str) -> None:
    with removal(functions):
        schedule = first_that_fails(functions, broken, paying)
    play(functions, schedule)
