"""The workbook: cells, formulas with the model's own values beside them, names, looks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, Literal

from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from shared.economics.line_words import Language
from shared.economics.spreadsheet.words import say

Value = Decimal | int | str
Bound = Literal["low", "high"]
BOUNDS: Sequence[Bound] = ("low", "high")
MADE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""In the file's properties: equal inputs make equal files."""
DOLLARS, QUANTITY, PART = '"$"#,##0.00;[Red]-"$"#,##0.00', "#,##0.######", "0.00%"
INK, FAINT, INPUT, HEAD, LINE = "#1f2328", "#6e7781", "#fff8c5", "#f0f3f6", "#d0d7de"

OF_TEXT = {"name in formulas", "unit", "price name", "driver", "why", "what it is", "source", "read", "verified", "how"}
"""Headings of columns with text, which stands on the left."""


class Place(Struct, frozen=True):
    """A cell, for formulas of any sheet."""

    sheet: str
    row: int
    column: int

    def __str__(self) -> str:
        return f"'{self.sheet}'!{xl_rowcol_to_cell(self.row, self.column, row_abs=True, col_abs=True)}"


def span(first: Place, last: Place) -> str:
    """The range from one cell to another of its sheet."""
    return f"{first}:{xl_rowcol_to_cell(last.row, last.column, row_abs=True, col_abs=True)}"


class _Worksheet(Worksheet):  # type: ignore[misc]  # it has no types
    """A worksheet whose formulas are written as they are. XlsxWriter looks in each for 30 functions that Excel has had
    since 2019, of which none is used here; that took half of the time."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


class Book:
    """A workbook that is being written. `values` has what the model says of each formula, by sheet and cell."""

    def __init__(self, language: Language) -> None:
        self._content = BytesIO()
        self._language = language
        self._book = Workbook(self._content, {"in_memory": True})
        self._book.set_properties({"title": say("title", language), "created": MADE})
        self._book.set_size(2600, 1600)
        self._formats = dict[tuple[tuple[str, Any], ...], Any]()
        self.values = dict[tuple[str, str], Value]()

    def sheet(self, key: str) -> "Sheet":
        name = say(key, self._language)
        return Sheet(self, self._book.add_worksheet(name, worksheet_class=_Worksheet), name, self._language)

    def look(self, **look: Any) -> Any:
        whole = {"font_name": "Arial", "font_size": 10, "font_color": INK, "valign": "top", **look}
        key = tuple(sorted(whole.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(whole)
        return self._formats[key]

    def name(self, name: str, place: Place) -> None:
        """Lets formulas use the name of an input."""
        self._book.define_name(name, f"={place}")

    def chart(self, kind: dict[str, str]) -> Any:
        return self._book.add_chart(kind)

    def content(self) -> bytes:
        """The .xlsx file. Nothing can be written afterwards."""
        self._book.close()
        return self._content.getvalue()


class Sheet:
    """One sheet."""

    def __init__(self, book: Book, worksheet: Any, name: str, language: Language) -> None:
        self.book, self.name, self._language, self._cells = book, name, language, worksheet
        worksheet.hide_gridlines(2)
        worksheet.set_landscape()
        worksheet.fit_to_pages(1, 0)

    def place(self, row: int, column: int) -> Place:
        return Place(self.name, row, column)

    def say(self, key: str) -> str:
        return say(key, self._language)

    def widths(self, *widths: float) -> None:
        for column, width in enumerate(widths):
            self._cells.set_column(column, column, width)

    def freeze(self, row: int, column: int) -> None:
        self._cells.freeze_panes(row, column)

    def title(self, key: str, about: str) -> None:
        """In the first two rows: what the sheet shows, and how to read it."""
        self._cells.set_row(0, 26)
        self._cells.write_string(0, 0, self.say(key), self.book.look(bold=True, font_size=16))
        self._cells.write_string(1, 0, self.say(about), self.book.look(font_color=FAINT))

    def heads(self, row: int, keys: Sequence[str], at: int = 0) -> None:
        self._cells.set_row(row, 28)
        for column, key in enumerate(keys, at):
            look = {"bold": True, "bg_color": HEAD, "bottom": 1, "bottom_color": LINE, "text_wrap": True}
            if column:
                look |= {"indent": 1} if key in OF_TEXT else {"align": "right"}
            self._cells.write_string(row, column, self.say(key) if key else "", self.book.look(**look))

    def section(self, row: int, key: str) -> None:
        self._cells.write_string(row, 0, self.say(key), self.book.look(bold=True, font_size=12))

    def text(self, row: int, column: int, words: str, **look: Any) -> Place:
        indent = {"indent": 1} if column and "align" not in look else {}
        self._cells.write_string(row, column, words, self.book.look(**indent, **look))
        return self.place(row, column)

    def number(self, row: int, column: int, number: Decimal | int, form: str = QUANTITY, **look: Any) -> Place:
        self._cells.write_number(row, column, float(number), self.book.look(num_format=form, **look))
        return self.place(row, column)

    def given(self, row: int, column: int, value: Value, form: str = QUANTITY, choices: Sequence[Value] = ()) -> Place:
        """An input, for the reader to change."""
        look = self.book.look(num_format=form, bg_color=INPUT, border=1, border_color=LINE, align="right")
        self._cells.write(row, column, float(value) if isinstance(value, Decimal) else value, look)
        if choices:
            self._cells.data_validation(row, column, row, column, {"validate": "list", "source": list(choices)})
        return self.place(row, column)

    def formula(self, row: int, column: int, formula: str, value: Value, form: str = QUANTITY, **look: Any) -> Place:
        """A formula, and what the model says of it, which programs show that do not calculate."""
        kept = float(value) if isinstance(value, Decimal) else value
        if isinstance(value, str):
            look["indent"] = 1
        self._cells.write_formula(row, column, f"={formula}", self.book.look(num_format=form, **look), kept)
        self.book.values[self.name, xl_rowcol_to_cell(row, column)] = value
        return self.place(row, column)

    def insert(self, row: int, column: int, chart: Any, width: int, height: int) -> None:
        chart.set_size({"width": width, "height": height})
        self._cells.insert_chart(row, column, chart)
