"""LibreOffice without a screen, which recalculates spreadsheets."""

import csv
import re
import subprocess
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import isclose, nan
from pathlib import Path

Cells = Mapping[tuple[str, str], str]
"""By sheet and cell, what the cell shows: of a number all its digits."""
NEAR = {"rel_tol": 1e-9, "abs_tol": 1e-5}
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
"""LibreOffice's filter and its options: commas, quotes, UTF-8, all digits, a file for each sheet
(https://help.libreoffice.org/latest/en-US/text/shared/guide/csv_params.html)."""
OPTIONS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>{}</value></prop></item></oor:items>"""
ALWAYS, NEVER = 0, 1


def recalculated(files: Sequence[Path], into: Path, *, when: int = ALWAYS) -> list[Cells]:
    """What LibreOffice makes of the cells of each file. By itself it keeps the values that a file brings; `when` says
    whether it calculates them anew."""
    profile = into / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user/registrymodifications.xcu").write_text(OPTIONS.format(when))
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", EVERY_SHEET]
    subprocess.run([*command, "--outdir", str(into), *map(str, files)], check=True, capture_output=True)
    return [_cells(into, file.stem) for file in files]


def _cells(folder: Path, stem: str) -> Cells:
    found = dict[tuple[str, str], str]()
    for table in folder.glob(f"{stem}-*.csv"):
        with table.open(newline="") as lines:
            for row, cells in enumerate(csv.reader(lines), 1):
                for column, held in enumerate(cells):
                    found[table.stem.removeprefix(f"{stem}-"), f"{_letters(column)}{row}"] = held
    return found


def _letters(column: int) -> str:
    return (_letters(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)


def differing(cells: Cells, values: Mapping[tuple[str, str], Decimal | int | str]) -> Iterator[str]:
    """The cells that do not hold these values. Numbers may differ by a thousandth of a cent, or the thousand-millionth
    part."""
    for (sheet, cell), value in values.items():
        held = cells.get((sheet, cell), "")
        same = held == value if isinstance(value, str) else isclose(_number(held), value, **NEAR)
        if not same:
            yield f"{sheet}!{cell} is {held!r}, and the model says {value}"


def _number(held: str) -> float:
    """Of a part as a percentage too. What is no number is near nothing."""
    try:
        return float(held.removesuffix("%")) / (100 if held.endswith("%") else 1)
    except ValueError:
        return nan


def with_wrong_values(file: Path, into: Path) -> Path:
    """The file with another number in the place of what each formula's value was."""
    wrong = into / file.name
    with zipfile.ZipFile(file) as parts, zipfile.ZipFile(wrong, "w", zipfile.ZIP_DEFLATED) as changed:
        for part in parts.namelist():
            content = parts.read(part)
            if part.startswith("xl/worksheets/sheet"):
                content = re.sub(rb"</f><v>[^<]*</v>", b"</f><v>-271828</v>", content)
            changed.writestr(part, content)
    return wrong


def formulas(file: Path) -> Mapping[tuple[str, str], str]:
    """The formulas of a file, by sheet and cell."""
    found = dict[tuple[str, str], str]()
    with zipfile.ZipFile(file) as parts:
        names = re.findall(r'<sheet name="([^"]*)"', parts.read("xl/workbook.xml").decode())
        for number, name in enumerate(names, 1):
            content = parts.read(f"xl/worksheets/sheet{number}.xml").decode()
            for cell, formula in re.findall(r'<c r="([A-Z]+[0-9]+)"[^>]*><f>([^<]*)</f>', content):
                found[name, cell] = formula
    return found
