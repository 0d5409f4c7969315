"""What a spreadsheet takes, and its names. tests/economics/test_spreadsheet.py holds its formulas to the model."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from shared.billing.price_list import PRICES
from shared.economics.costs import Line
from shared.economics.estimate import estimate
from shared.economics.line_words import LINES as SAID
from shared.economics.line_words import PEERS, UNITS
from shared.economics.peers import peers
from shared.economics.quantities import Event
from shared.economics.ranges import exactly
from shared.economics.spreadsheet.input_words import INPUTS
from shared.economics.spreadsheet.made import spreadsheet
from shared.economics.spreadsheet.quantities import LINES
from shared.economics.spreadsheet.quantity_sheet import SECTIONS
from shared.economics.workload import Arrivals, Engine, Habits
from tests.decisions.economics.workloads import POOL, a_plan, a_workload


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"pool": replace(POOL, warm=(1,) * 168)}, "one number of warm slots"),
        ({"pool": replace(POOL, warm=(41,), most=41)}, "at most 40 warm slots"),
        ({"pool": replace(POOL, starts=Decimal(7))}, "one number of warm slots"),
        ({"counted": {Event.OPEN: exactly(7)}}, "one number of warm slots"),
        ({"arrivals": Arrivals(burst=Decimal(5))}, "one by one"),
        ({"plans": {"pro": a_plan(members=0)}}, "no mix of plans"),
        ({"plans": {"gold": a_plan()}}, "there is no plan gold"),
    ],
)
def test_what_has_no_cell_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        spreadsheet(a_workload(**changed), PRICES, "en")


def test_equal_inputs_make_equal_files() -> None:
    first, second = (spreadsheet(a_workload(), PRICES, "ko").content for _ in range(2))
    assert first == second


def test_no_input_has_the_name_of_a_row() -> None:
    """A name in a formula is the one or the other."""
    rows = {name for names in SECTIONS.values() for name in names}
    assert rows.isdisjoint(INPUTS)


def lines_of(**changed: Any) -> list[Line]:
    return list(
        estimate(
            a_workload(edge=True, habits=Habits(ai_tokens_in=Decimal(1), ai_tokens_out=Decimal(1)), **changed), PRICES
        ).lines
    )


@pytest.mark.parametrize("engine", [*Engine])
def test_the_lines_are_those_of_the_model_in_its_order(engine: Engine) -> None:
    """Lines of one price share what is free of it, the first ones first."""
    names = [line.name for line in lines_of(engine=engine)]
    assert [line.name for line in LINES if line.name in names] == names
    assert set(names) <= set(SAID) == {line.name for line in LINES}


def test_everything_has_words() -> None:
    assert {price.unit for price in PRICES.prices.values()} == set(UNITS)
    assert {peer.name for peer in peers(a_workload(), PRICES)} == set(PEERS)
