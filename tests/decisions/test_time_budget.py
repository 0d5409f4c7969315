"""What one job leaves of a run's time for the others, and with whom a job begins that never gets through."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared import machine
from shared.time_budget import TimeBudget, rotated
from tests.support.held_machine import HeldMachine
from tests.support.records.factories import NOW


@pytest.fixture
def held() -> Iterator[HeldMachine]:
    held = HeldMachine()
    with machine.replaced_by(held):
        yield held


def test_each_job_has_its_share_however_long_the_others_would_take(held: HeldMachine) -> None:
    run, shares = TimeBudget(80), []
    for left in (4, 3, 2, 1):
        began, share = held.monotonic(), run.share(left)
        while not share.is_over():
            held.go_on(1)
        shares.append(held.monotonic() - began)
    assert shares == [20, 20, 20, 20]
    assert run.share(1).is_over()


def test_what_a_job_does_not_need_is_for_those_behind_it(held: HeldMachine) -> None:
    run = TimeBudget(80)
    run.share(4)
    last = run.share(1)
    held.go_on(79)
    assert not last.is_over()


def test_a_job_that_gets_through_a_few_begins_with_others_in_each_run() -> None:
    many, runs = list(range(100)), [NOW + n * timedelta(minutes=15) for n in range(40)]
    assert all(sorted(rotated(many, now)) == many for now in runs)
    reached = {each for now in runs for each in rotated(many, now)[:10]}
    assert reached == set(many)
    assert rotated(list[int](), NOW) == []
