"""Quantities between two bounds."""

from decimal import Decimal

import pytest

from shared.economics.events import total
from shared.economics.quantities import Event
from shared.economics.ranges import NOTHING, Range, between, exactly


def test_sums_and_products_are_those_of_the_bounds() -> None:
    assert between(1, 2) + exactly("0.5") == between("1.5", "2.5")
    assert between(1, 2) * between(3, 5) == between(3, 10)
    assert 3 * between(1, 2) == between(1, 2) * Decimal(3) == between(3, 6)
    assert between(1, 4).middle == Decimal("2.5")
    assert NOTHING + exactly(1) == exactly(1)


@pytest.mark.parametrize(("low", "high"), [(2, 1), (-1, 1)])
def test_a_range_goes_upwards_from_0_or_more(low: int, high: int) -> None:
    with pytest.raises(ValueError, match="a range goes from 0 or more upwards"):
        Range(Decimal(low), Decimal(high))


def test_what_no_event_uses_can_not_be_summed() -> None:
    with pytest.raises(ValueError, match="an event uses no rent"):
        total({Event.PAGE: exactly(1)}, "rent")
