"""Together the journeys see Ondol in every look: in each language, at each width, in each theme."""

import re
from collections import Counter
from pathlib import Path

from tests.support.browser import looks
from tests.support.browser.looks import Look

LOOKS = {name: look for name, look in vars(looks).items() if isinstance(look, Look)}
FEWEST = 4
"""The journeys that see each language, each width and each theme."""


def looks_by_journey() -> dict[str, set[Look]]:
    """The looks that somebody has in each test of the journeys, by the test's name."""
    found: dict[str, set[Look]] = {}
    for path in Path(__file__).parent.glob("test_*.py"):
        for name, body in re.findall(
            r"^def (test_\w+)(.*?)(?=^def |^@|\Z)", path.read_text(), re.MULTILINE | re.DOTALL
        ):
            used = {LOOKS[look] for look in re.findall(r"Member\(browser, stack\.url, \"[^\"]+\", (\w+)\)", body)}
            if used:
                found[name] = used
    return found


def test_each_look_is_that_of_a_journey_and_each_language_width_and_theme_that_of_several() -> None:
    journeys = looks_by_journey().values()
    assert set().union(*journeys) == set(LOOKS.values())
    assert len(LOOKS) == 8, "two languages, two widths, two themes"
    parts = Counter(part for used in journeys for part in {part for look in used for part in vars(look).values()})
    assert min(parts.values()) >= FEWEST, parts
