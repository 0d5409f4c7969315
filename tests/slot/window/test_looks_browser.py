"""The cover over the editor and the splash before it, without a slot: no fault that axe-core finds, in either theme and
language."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser.axe import THEMES, faults_by_theme
from tests.support.checkout import ROOT

WINDOW = ROOT / "workspace-image/window"
ORIGIN = "http://ws-1.localhost"
REASONS = re.findall(r'^    "?([\w-]*)"?: \{', (WINDOW / "words.js").read_text().partition("  ko: {")[0], re.MULTILINE)
LOSSES: list[dict[str, Any]] = [
    {"how": "quiet", "savedAt": 1_800_000_000_000},
    {"how": "unconnected", "savedAt": None},
    {"how": "out"},
    *({"how": "ended", "reason": reason, "saved": "saved", "savedAt": 1_800_000_000_000} for reason in REASONS),
]


def block(language: str, names: tuple[str, ...], then: str) -> str:
    """The window's scripts as the slot serves them, and what is done with them."""
    scripts = "const { open } = IDBFactory.prototype;\n" + "".join((WINDOW / name).read_text() for name in names)
    return f"{{\nconst STATE = {json.dumps({'language': language})};\n{scripts}\n{then}\n}}"


@pytest.fixture(params=["en", "ko"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    body = "<!doctype html><html lang=en><title>Ondol</title><div id=vscode-workbench-web-configuration></div>"
    page.route(f"{ORIGIN}/", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(ORIGIN)
    yield page
    page.close()


def test_the_cover_is_accessible_whatever_it_says(page: Page, language: str) -> None:
    then = "const cover = new Cover('https://ide.example'); globalThis.cover = (loss) => cover.show(loss);"
    page.add_script_tag(content=block(language, ("words.js", "unsaved.js", "cover.js"), then))
    found = {}
    for loss in LOSSES:
        page.evaluate("(loss) => cover(loss)", loss)
        name = f"cover-{loss.get('reason', loss['how']) or 'any'}-{language}"
        # the colours are the same whatever it says
        if faults := faults_by_theme(page, name, THEMES if loss is LOSSES[0] else ["light"]):
            found[name] = faults
    assert found == {}


def test_the_splash_is_accessible(page: Page, language: str) -> None:
    then = "const splash = new Splash({}); splash.show(); splash.reach(1);"
    then = f"const ICONS = {{ languages: '', font: 'none' }};\n{then}"
    page.add_script_tag(content=block(language, ("words.js", "unsaved.js", "splash.js"), then))
    expect(page.locator("#ondol-splash [aria-current]")).to_be_visible()
    assert faults_by_theme(page, f"splash-{language}") == {}
