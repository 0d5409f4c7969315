"""How often news is told."""

import pytest
from agent.spacing import Spacing


def test_a_few_at_once_and_then_one_in_five_seconds() -> None:
    spacing, now, done = Spacing(3), 100.0, 0
    for _ in range(10_000):  # a flood of a hundred a second, for a hundred seconds
        if spacing.wait(now, 5.0) == 0:
            spacing.take(now, 5.0)
            done += 1
        now += 0.01
    assert done == 3 + 19


def test_what_was_saved_up_is_a_few_at_most() -> None:
    spacing = Spacing(3)
    for _ in range(3):
        assert spacing.wait(1e6, 5.0) == 0
        spacing.take(1e6, 5.0)
    assert spacing.wait(1e6, 5.0) == 5
    assert spacing.wait(1e6 + 4, 5.0) == pytest.approx(1)
