"""No screen has a fault that axe-core finds, in either theme and language; `make screenshots` also keeps pictures.

A theme and a language change nothing but looks and words, so each screen is reached once.
"""

import re
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.axe import AXE, THEMES, take_pictures, violations
from tests.support.checkout import ROOT
from tests.web.control_plane import Plane
from tests.web.screen import Screen
from tests.web.screens import SCREENS

WEB = ROOT / "web/src"
LOOKS = list(product(THEMES, ("en", "ko")))


@pytest.mark.parametrize("screen", SCREENS, ids=[screen.name for screen in SCREENS])
def test_a_screen_is_accessible_in_both_themes_and_languages(
    page: Page, plane: Plane, complaints: list[str], screen: Screen
) -> None:
    complaints += screen.complaints
    page.emulate_media(reduced_motion="reduce")
    screen.reach(page, plane)
    expect(page.locator("main")).to_have_attribute("data-view", screen.view)
    page.evaluate(AXE.read_text())
    found = {}
    for theme, language in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.evaluate("(language) => document.querySelector(`button[lang=${language}]`).click()", language)
        page.locator(f"html[lang={language}]").wait_for(state="attached")
        if faults := violations(page):
            found[theme, language] = faults
        take_pictures(page, f"{screen.name}-{theme}-{language}")
    assert found == {}


def test_each_view_and_each_tab_of_the_console_is_among_the_screens() -> None:
    [fields] = re.findall(
        r"^interface Fields \{(.*?)^\}", (WEB / "state/views.ts").read_text(), re.MULTILINE | re.DOTALL
    )
    kinds = set(re.findall(r'^  "?([\w-]+)"?: ', fields, re.MULTILINE))
    assert {screen.view for screen in SCREENS} == kinds - {"starting"}, "while it starts, it only says to wait"
    [tabs] = re.findall(r"const TABS: Tab\[\] = \[(.*?)\]", (WEB / "console/Console.svelte").read_text())
    first, *others = re.findall(r"\w+", tabs)
    names = [screen.name for screen in SCREENS]
    assert {"console", *(f"console-{tab}" for tab in others)} <= set(names), first
    assert len(names) == len(set(names))
