"""What newcomers read names all that there is: the picture in README, and the table of functions in the map."""

import re
import xml.etree.ElementTree as ET

from local.functions import load
from tests.support.checkout import ROOT

FUNCTIONS = sorted(function.name for function in load(ROOT))
SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_has_every_function_and_no_other() -> None:
    picture = ET.parse(ROOT / "docs" / "architecture.svg").getroot()  # noqa: S314  # it is our own
    assert sorted(text.text or "" for text in picture.iter(f"{SVG}text") if text.get("class") == "fn") == FUNCTIONS


def test_the_table_has_a_row_for_every_function_and_for_no_other() -> None:
    table = (ROOT / "docs" / "map.md").read_text().split("| called by | function | does |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"^\|[^|]*\| `(\w+)` \|", table, re.MULTILINE)) == FUNCTIONS
