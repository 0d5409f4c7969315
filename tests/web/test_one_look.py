"""What stands outside of the page's build looks as the page does: its colours and its font are those of tokens.css."""

import re

import pytest

from tests.support.checkout import ROOT

TOKENS = ROOT / "web/src/design/tokens.css"
SURFACES = (
    "web/public/mail-link.css",
    "workspace-image/agent/edge/pages.py",
    "workspace-image/window/cover.js",
    "workspace-image/window/splash.js",
)
COLOUR = r"#[0-9a-f]{3,8}\b|rgba?\("
OF_THE_EDITOR = "--editor"
"""So begin the names of the colours in which the editor paints first."""


def named(text: str) -> dict[str, str]:
    """The values by their names, without the differences of how lines are broken."""
    found = re.findall(r"(?<![\w(-])(--[\w-]+):\s*([^;{}]+?)\s*[;}]", text)
    return {name: re.sub(r"\s+", " ", value) for name, value in found}


@pytest.mark.parametrize("file", SURFACES)
def test_a_colour_is_that_of_the_page_and_has_its_name(file: str) -> None:
    tokens, text = named(TOKENS.read_text()), (ROOT / file).read_text()
    ours = {name: value for name, value in named(text).items() if not name.startswith(OF_THE_EDITOR)}
    assert {"--accent", "--font"} <= set(ours)
    assert ours == {name: tokens.get(name) for name in ours}
    elsewhere = re.sub(r"(?<![\w(-])--[\w-]+:\s*[^;{}]+", "", text)
    assert re.findall(COLOUR, elsewhere) == []
