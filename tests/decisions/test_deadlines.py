"""What one job leaves of a run's time for the others, and with whom a job begins that never gets through."""

import time
from datetime import timedelta

import pytest

from shared.time_budget import TimeBudget, begin_elsewhere
from tests.factories import NOW


def test_each_job_has_its_share_however_long_the_others_would_take(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    run, shares = TimeBudget(80), []
    for left in (4, 3, 2, 1):
        began, share = clock[0], run.share(left)
        while not share.is_over():
            clock[0] += 1
        shares.append(clock[0] - began)
    assert shares == [20, 20, 20, 20]
    assert run.share(1).is_over()


def test_what_a_job_does_not_need_is_for_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    run = TimeBudget(80)
    run.share(4)
    last = run.share(1)
    clock[0] += 79
    assert not last.is_over()


def test_a_job_that_gets_through_a_few_begins_with_others_in_each_run() -> None:
    many, runs = list(range(100)), [NOW + n * timedelta(minutes=15) for n in range(40)]
    assert all(sorted(begin_elsewhere(many, now)) == many for now in runs)
    reached = {each for now in runs for each in begin_elsewhere(many, now)[:10]}
    assert reached == set(many)
    assert begin_elsewhere(list[int](), NOW) == []
