"""Thousands of schedules of the real functions, in which whatever can go wrong does, at any moment.

What must always hold is in invariants.py and closed_periods.py, and what must come of it in the end in ending.py.
A failure prints the command that plays its schedule again, and tells each step and each change.
"""

from collections.abc import Mapping

import pytest
from hypothesis import given

from tests.simulation.conftest import ANY, SCHEDULES, played
from tests.simulation.functions import Loaded
from tests.simulation.schedule import play
from tests.support.checkout import SOAK

pytestmark = [pytest.mark.soak, *([pytest.mark.timeout(6 * 3600)] if SOAK else [])]


@played(SCHEDULES)
@given(ANY)
def test_whatever_goes_wrong_the_records_agree_and_everything_comes_to_rest(
    functions: Mapping[str, Loaded], schedule: bytes
) -> None:
    play(functions, schedule)


@played(SCHEDULES // 5)
@given(ANY)
def test_while_nothing_goes_wrong_nobody_uses_more_than_the_stated_bound_either(
    functions: Mapping[str, Loaded], schedule: bytes
) -> None:
    play(functions, schedule, faults=False)
