"""The charts of docs/economics.md, drawn from its tables: `make economics ARGS=--docs` writes both, and `ARGS=--charts`
the charts alone."""

import re
from collections.abc import Mapping, Sequence
from html import escape

from msgspec import Struct

from economics.documents import PAGE, PLACE
from economics.report import EVERYWHERE

FOLDER = PAGE.with_name("economics")
WIDTH, NAMES, FIGURES, ROW, TOP = 900, 420, 150, 26, 46
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
INK, SOFT, BAR, SPREAD, GROUND = "#211a15", "#65574c", "#b3421a", "#e3b39c", "#ffffff"


class Row(Struct, frozen=True):
    """A bar: full to `low`, lighter to `high`."""

    name: str
    low: float
    high: float
    figures: str
    """As the table has them."""


def charts(page: str) -> Mapping[str, str]:
    """The SVG files by name, from the document's tables."""
    tables = {name: _cells(text) for name, text in _places(page)}
    small, served, costs = tables["costs-small"], tables["served-small"], tables["costs"]
    members = [line for line in costs if line["pool"] == "by the hour"]
    region, column = "us-central1", "1,000 in us-central1"
    return {
        "pools.svg": _bars(
            f"1,000 members, 100 hours in all: dollars a month in {region}",
            [_row(line["pool"], line[region]) for line in small],
        ),
        "waits.svg": _bars(
            "1,000 members, 100 hours in all: seconds that 95 of 100 Opens wait at most",
            [_row(line["pool"], line["p95"]) for line in served if line["region"] in (EVERYWHERE, region)],
        ),
        "members.svg": _bars(
            f"Dollars a month for each of so many members in {region}, a pool by the hour",
            [_row(line["members"], line["a member"]) for line in members],
        ),
        "elsewhere.svg": _bars(
            f"1,000 members in {region}: dollars a month",
            [_row(line[""].partition(" (")[0], line[column].partition(" (")[0]) for line in tables["beside"]],
        ),
    }


def write_charts(page: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, drawn in charts(page).items():
        (FOLDER / name).write_text(drawn)


def _places(page: str) -> list[tuple[str, str]]:
    return [(place[2], place[0]) for place in PLACE.finditer(page)]


def _cells(text: str) -> list[Mapping[str, str]]:
    """The rows of a table by their headings, of which the first of a name counts."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    heads, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [dict(reversed([*zip(heads, row, strict=True)])) for row in rows]


def _row(name: str, figures: str) -> Row:
    numbers = [float(found.replace(",", "")) for found in NUMBER.findall(figures)]
    return Row(name, numbers[0], numbers[-1], figures)


def _bars(title: str, rows: Sequence[Row]) -> str:
    most, height = max(row.high for row in rows), TOP + ROW * len(rows) + 12
    scale = (WIDTH - NAMES - FIGURES) / most
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="{INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="{GROUND}"/>',
        f'<text x="14" y="26" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    for number, row in enumerate(rows):
        y = TOP + ROW * number
        drawn += [
            f'<text x="{NAMES - 10}" y="{y + 14}" text-anchor="end" fill="{SOFT}">{escape(row.name)}</text>',
            f'<rect x="{NAMES}" y="{y + 2}" width="{row.high * scale:.1f}" height="16" rx="3" fill="{SPREAD}"/>',
            f'<rect x="{NAMES}" y="{y + 2}" width="{row.low * scale:.1f}" height="16" rx="3" fill="{BAR}"/>',
            f'<text x="{NAMES + row.high * scale + 8:.1f}" y="{y + 14}">{escape(row.figures)}</text>',
        ]
    return "\n".join([*drawn, "</svg>", ""])
