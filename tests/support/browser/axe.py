"""What axe-core finds on a page, and pictures of it for people (`make screenshots`)."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

from tests.support.checkout import ROOT

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
PICTURES = os.environ.get("SCREENSHOTS")
"""The folder for pictures; none are made without it."""
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 800}}
Theme = Literal["light", "dark"]
THEMES: list[Theme] = ["light", "dark"]


def violations(page: Page) -> list[str]:
    """The rules of axe-core that the page breaks, each with where. The page has axe-core already."""
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']]}" for each in found]


def faults_by_theme(page: Page, name: str, themes: Sequence[Theme] = THEMES) -> dict[str, list[str]]:
    """The rules that the page breaks. `name` is that of the pictures, which are of both themes."""
    page.evaluate(AXE.read_text())
    found: dict[str, list[str]] = {}
    for theme in THEMES if PICTURES else themes:
        page.emulate_media(color_scheme=theme)
        if faults := violations(page):
            found[theme] = faults
        take_pictures(page, f"{name}-{theme}")
    return found


def take_pictures(page: Page, name: str) -> None:
    """On a phone and at a desk, if pictures are wanted."""
    if not PICTURES:
        return
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)  # type: ignore[arg-type]  # it is one
        page.screenshot(path=Path(PICTURES) / f"{name}-{size}.png", full_page=True)
    page.set_viewport_size(SIZES["desk"])  # type: ignore[arg-type]
