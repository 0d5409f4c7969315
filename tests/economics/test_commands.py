"""The commands of `make economics` and `make spreadsheet`, with their arguments."""

import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

import economics.__main__ as simulation
from economics import spreadsheet
from shared.economics.line_words import Language

CHARTS = "http://schemas.openxmlformats.org/drawingml/2006/chart"
CELLS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def run(command: Sequence[str], monkeypatch: pytest.MonkeyPatch, main: object) -> None:
    monkeypatch.setattr(sys, "argv", ["economics", *command])
    assert callable(main) and main() == 0


def test_a_simulation_prints_the_tables_of_what_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--members", "200", "--pool", "two", "--processes", "1", "--into", f"{tmp_path}"]
    run(asked, monkeypatch, simulation.main)
    tables = capsys.readouterr().out
    assert (tmp_path / "tables.md").read_text() == tables
    assert "| 200 | two | both | 1 |" in tables


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_spreadsheet_has_four_charts_of_cells_that_are_filled(
    language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "costs.xlsx"
    run(["--language", language, "--region", "us-central1", "--into", f"{file}"], monkeypatch, spreadsheet.main)
    with zipfile.ZipFile(file) as book:
        sheets = dict(filled(book))
        charts = [name for name in book.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
        references = [each.text or "" for name in charts for each in parsed(book, name).iter(f"{{{CHARTS}}}f")]
    assert len(charts) == 4 < len(references)
    for each in references:
        sheet, _, cells = each.rpartition("!")
        assert set(cells_of(cells)) <= sheets[sheet.strip("'")], each


def filled(book: zipfile.ZipFile) -> Iterator[tuple[str, set[str]]]:
    """Each sheet's name, and its cells with something in them."""
    names = [each.attrib["name"] for each in parsed(book, "xl/workbook.xml").iter(f"{{{CELLS}}}sheet")]
    for number, name in enumerate(names, 1):
        sheet = parsed(book, f"xl/worksheets/sheet{number}.xml")
        yield name, {each.attrib["r"] for each in sheet.iter(f"{{{CELLS}}}c") if len(each)}


def parsed(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(book.read(name))  # noqa: S314  our own


def cells_of(cells: str) -> Iterator[str]:
    """Of a range in columns A to Z."""
    ends = re.findall(r"\$([A-Z])\$(\d+)", cells)
    (column, row), (last_column, last_row) = ends[0], ends[-1]
    for at in range(int(row), int(last_row) + 1):
        for letter in range(ord(column), ord(last_column) + 1):
            yield f"{chr(letter)}{at}"
