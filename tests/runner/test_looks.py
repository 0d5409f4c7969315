"""The journeys have a look each, and together every one there is."""

import re

from tests.support.browser import looks
from tests.support.checkout import ROOT


def test_the_journeys_together_have_every_look() -> None:
    every = {name for name, value in vars(looks).items() if isinstance(value, looks.Look)}
    assert len({getattr(looks, name) for name in every}) == 8
    uses = [name for path in (ROOT / "tests/journeys").glob("test_*.py") for name in used(path.read_text())]
    assert set(uses) == every


def used(text: str) -> list[str]:
    """The looks with which a file's members come."""
    return re.findall(r"\bMember\([^()]*, ([A-Z_]+)\)", text)
