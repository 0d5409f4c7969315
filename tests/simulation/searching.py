"""The first schedule that fails, while a guard is taken away."""

from collections.abc import Callable, Mapping
from random import Random

from tests.simulation.conftest import SIZE
from tests.simulation.functions import Loaded
from tests.simulation.schedule import play

WITHIN = 800
"""Schedules: as many as are played in each run of the tests. A quarter of them have members who pay, and a quarter
teams."""

Made = Callable[[bytes], bytes]


def first_that_fails(
    functions: Mapping[str, Loaded], broken: str, of_kind: Made | None = None, *, faults: bool = True
) -> bytes:
    """The first schedule in which it fails by these words; `of_kind`: of a kind that is a quarter of all.

    They are plain random bytes: each failure is among the first hundred of them. Hypothesis, whose examples resemble
    each other, needed up to ten times as many.
    """
    for seed in range(WITHIN // 4 if of_kind else WITHIN):
        schedule = Random(seed).randbytes(SIZE)  # noqa: S311
        if of_kind:
            schedule = of_kind(schedule)
        try:
            play(functions, schedule, faults=faults, heed=broken)
        except AssertionError:
            return schedule
    raise AssertionError(f"in none of {WITHIN} schedules: {broken}")
