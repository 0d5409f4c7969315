"""What docs/economics.md and the decision pages say of the model, and of the tables beside it."""

import re
from collections.abc import Mapping

import pytest

from economics.documents import PAGE, PLACE, STATED
from economics.model_report import claims, swings
from shared.billing.price_list import PRICES
from tests.support.checkout import ROOT

WARM_SLOTS = ROOT / "docs/decisions/0070-how-many-slots-are-warm.md"
POOLS = ("two", "by the hour", "adaptive")
"""The columns of the table there."""


def table(name: str) -> list[Mapping[str, str]]:
    """The rows of a table of the document, by their headings, of which the first of a name counts."""
    [place] = [each[0] for each in PLACE.finditer(PAGE.read_text()) if each[2] == name]
    heads, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in place.splitlines() if "|" in line
    ]
    return [dict(reversed([*zip(heads, row, strict=True)])) for row in rows]


def row_of(rows: list[Mapping[str, str]], members: str, pool: str) -> Mapping[str, str]:
    """In the United States."""
    [found] = [
        row
        for row in rows
        if (row["members"], row["pool"]) == (members, pool) and row.get("region") in (None, "both", "us-central1")
    ]
    return found


def test_tables_of_the_model_alone_are_those_of_the_model() -> None:
    lines = PAGE.read_text().splitlines()
    for made in (claims(PRICES), swings(PRICES)):
        assert [row for row in made.splitlines() if row not in lines] == []


@pytest.mark.parametrize(("members", "suffix"), [("1,000", ""), (STATED, "-small")])
def test_the_decision_on_warm_slots_has_the_figures_of_the_tables(members: str, suffix: str) -> None:
    served = [row_of(table(f"served{suffix}"), members, pool) for pool in POOLS]
    costs = [row_of(table(f"costs{suffix}"), members, pool)["us-central1"] for pool in POOLS]
    rounded = [re.sub(r"[\d.]+", lambda number: f"{float(number[0]):.0f}", each) for each in costs]
    misses = [re.findall(r"\((.*)\)", row["no warm slot"])[0] for row in served]
    rows = [" | ".join(misses), " | ".join(rounded), *([] if suffix else [" | ".join(row["p95"] for row in served)])]
    page = WARM_SLOTS.read_text()
    assert [row for row in rows if f"| {row} |" not in page] == []
