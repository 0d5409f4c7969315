"""The functions, loaded once, and how many schedules of which length are played."""

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.simulation.functions import Loaded, simulated
from tests.simulation.schedule import HEADER
from tests.support.checkout import SOAK

SCHEDULES = 100_000 if SOAK else 800
"""Each guard that is taken away is missed within 100 of them: tests/simulation/test_it_bites.py"""
SIZE = HEADER + 2 * 60
LENGTH = HEADER + 2 * 150 if SOAK else SIZE
ANY = st.binary(min_size=LENGTH, max_size=LENGTH)
"""Of one size: left to itself, hypothesis makes most of them too short for anything to happen."""


def played(schedules: int) -> settings:
    """The same ones in each run of the tests, others in each soak."""
    return settings(
        max_examples=schedules,
        deadline=None,
        database=None,
        derandomize=not SOAK,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")  # what they replace is everybody's
def functions() -> Iterator[Mapping[str, Loaded]]:
    with simulated() as loaded:
        yield loaded
