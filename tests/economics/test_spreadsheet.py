"""The spreadsheet says what the model says: LibreOffice calculates every formula anew."""

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from shared.billing.price_list import PRICES, US
from shared.economics.claims import working
from shared.economics.estimate import estimate
from shared.economics.line_words import Language
from shared.economics.spreadsheet.made import Spreadsheet, spreadsheet
from tests.support.any_workload import any_prices, any_workload
from tests.support.spreadsheets import NEVER, differing, formulas, recalculated, with_wrong_values

WORKBOOKS = 100
LANGUAGES: Sequence[Language] = ("ko", "en")
IN_BOTH = {"IF", "OR", "MIN", "MAX", "SUM", "SUMIF", "SUMPRODUCT", "COUNTIF", "INDEX", "MATCH", "ROUND", "ROUNDUP"}
"""Functions that Excel and Google Sheets have, and calculate alike."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Spreadsheet]]:
    """Workbooks of any inputs, whose formulas bring a wrong value each."""
    folder, draw = tmp_path_factory.mktemp("made"), Random(15)  # noqa: S311
    (folder / "wrong").mkdir()
    books = list[tuple[Path, Spreadsheet]]()
    for number in range(WORKBOOKS):
        language, free_tiers = draw.choice(LANGUAGES), draw.random() < 0.5
        misses = Decimal(draw.randint(1, 200)) / 1000
        each = spreadsheet(any_workload(draw), any_prices(draw), language, free_tiers=free_tiers, misses=misses)
        file = folder / f"{number}.xlsx"
        file.write_bytes(each.content)
        books.append((with_wrong_values(file, folder / "wrong"), each))
    return books


def test_every_formula_is_what_the_model_says(made: list[tuple[Path, Spreadsheet]], tmp_path: Path) -> None:
    for cells, (file, book) in zip(recalculated([file for file, _ in made], tmp_path), made, strict=True):
        assert list(differing(cells, book.values)) == [], file.name


def test_nothing_is_what_the_model_says_where_libreoffice_does_not_calculate(
    made: list[tuple[Path, Spreadsheet]], tmp_path: Path
) -> None:
    """So the test above reads what LibreOffice calculated, and neither values that the file brought nor nothing."""
    file, book = made[0]
    cells = recalculated([file], tmp_path, when=NEVER)[0]
    assert len(list(differing(cells, book.values))) == len(book.values)


def test_only_functions_that_excel_and_google_sheets_both_have(made: list[tuple[Path, Spreadsheet]]) -> None:
    file, book = made[0]
    assert set(formulas(file)) == set(book.values)
    used = {name for text in formulas(file).values() for name in re.findall(r"([A-Z.]+)\(", text)}
    assert used <= IN_BOTH


def test_the_file_brings_the_values_for_programs_that_do_not_calculate(tmp_path: Path) -> None:
    book = spreadsheet(working(US), PRICES, "en")
    (file := tmp_path / "book.xlsx").write_bytes(book.content)
    assert list(differing(recalculated([file], tmp_path / "out", when=NEVER)[0], book.values)) == []


def test_the_total_is_that_of_the_estimate() -> None:
    """The model's values are not only those of the spreadsheet's own making."""
    costs = estimate(working(US), PRICES).total
    assert {costs.low, costs.high} <= set(spreadsheet(working(US), PRICES, "en").values.values())
