"""The charts of docs/economics.md have the figures of its tables."""

import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from economics.charts import FOLDER, charts
from economics.documents import PAGE

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = charts(PAGE.read_text())


def test_the_committed_charts_are_those_of_the_tables() -> None:
    """`make economics ARGS=--charts` draws them anew."""
    assert {file.name: file.read_text() for file in FOLDER.iterdir()} == DRAWN


def test_another_figure_makes_another_chart() -> None:
    page = PAGE.read_text()
    [figure] = set(re.findall(r"^\| 10,000 \| by the hour \| [\d,]+ to [\d,]+ .*? (0\.\d+) to", page, re.MULTILINE))
    assert charts(page.replace(f"{figure} to", "9.999 to"))["members.svg"] != DRAWN["members.svg"]


@pytest.mark.parametrize("name", DRAWN)
def test_each_bar_is_as_long_as_its_figures_say(name: str) -> None:
    drawn = ElementTree.fromstring(DRAWN[name])  # noqa: S314  our own
    bars = [Decimal(each.attrib["width"]) for each in drawn.iter(f"{SVG}rect")][1:]
    names_and_figures = [each.text or "" for each in drawn.iter(f"{SVG}text")][1:]
    for high, low, figures in zip(bars[::2], bars[1::2], names_and_figures[1::2], strict=True):
        numbers = [Decimal(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", figures)]
        for width, number in ((low, numbers[0]), (high, numbers[-1])):
            assert float(width / max(bars)) == pytest.approx(float(number / largest(names_and_figures)), abs=0.001)
        assert figures in PAGE.read_text()


def largest(names_and_figures: list[str]) -> Decimal:
    figures = " ".join(names_and_figures[1::2])
    return max(Decimal(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", figures))
