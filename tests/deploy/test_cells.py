"""A cell is named by settings alone: what serves members names neither a project nor a region of Google Cloud."""

import re
from pathlib import Path

import pytest

from tests.support.checkout import ROOT

SERVING = ("shared", "functions", "web/src", "web/public", "workspace-image")
REGION = re.compile(
    r"\b(?:africa|asia|australia|europe|me|northamerica|southamerica|us)-(?:north|south|east|west|central)+[0-9]\b"
)
PRICES = {ROOT / "shared/billing/prices.py", ROOT / "shared/billing/price_list.py"}
"""They say what regions cost, and not where a cell is."""
HOST = re.compile(r"\b[a-z0-9-]+\.(?:web\.app|firebaseapp\.com)\b")


def sources() -> list[Path]:
    found = [path for folder in SERVING for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [
        path for path in found if not {"node_modules", "__pycache__"}.intersection(path.parts) and path not in PRICES
    ]


def test_no_source_names_a_cell() -> None:
    named = {}
    for path in sources():
        text = path.read_text(errors="ignore")
        if found := {*REGION.findall(text), *HOST.findall(text)}:
            named[str(path.relative_to(ROOT))] = found
    assert named == {}
    assert len(sources()) > 200


@pytest.mark.parametrize("text", ["asia-northeast3", "us-central1", "europe-west4", "my-project.web.app"])
def test_a_cells_name_is_recognised(text: str) -> None:
    assert REGION.search(text) or HOST.search(text)
