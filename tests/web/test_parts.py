"""The page's parts look as they did: pictures of each part in each state, compared with committed ones.

Letters are drawn as boxes (tests/support/browser/squares.py), so that neither the machine's fonts nor another version
of how Chromium draws letters changes a picture. `make parts` draws the committed ones anew.
"""

import base64
import io
import os
import re
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from PIL import Image, ImageChops
from pixelmatch.contrib.PIL import pixelmatch
from playwright.sync_api import Browser, Page, Route, expect

from local.setup.steps import NODE_BIN
from tests.support.browser.squares import squares
from tests.support.checkout import ROOT

pytestmark = pytest.mark.whole_browser  # it drew the committed pictures

COMMITTED = Path(__file__).with_name("parts")
DIFFERENT = ROOT / "build/parts-different"
ARE_DRAWN_ANEW = "DRAW_PARTS" in os.environ
ORIGIN = "http://parts.localhost"
THRESHOLD = 0.005
"""How different a colour is another one: 1 is black from white. The smallest step of one channel is below it."""
MOST = 20
"""Pixels that may differ, beside those of antialiased edges, which pixelmatch leaves out."""
WIDTH = 390
Theme = Literal["light", "dark"]
THEMES: list[Theme] = ["light", "dark"]
DRAWN_AS_A_NOTICE = {"Ending", "Standing", "Suspended", "TellMe"}
"""Parts that are other parts with a text."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    vite = [str(ROOT / NODE_BIN / "node"), "node_modules/vite/bin/vite.js", "build"]
    command = [*vite, "--config", "parts/vite.config.ts", "--outDir", str(folder), "--logLevel", "warn"]
    subprocess.run(command, cwd=ROOT / "web", check=True)
    return folder


@pytest.fixture
def parts(browser: Browser, built: Path) -> Iterator[Page]:
    """A page that may show them, on a phone that draws letters as boxes."""
    context = browser.new_context(viewport={"width": WIDTH, "height": 700}, reduced_motion="reduce")
    font = base64.b64encode(squares()).decode()
    style = (
        f"@font-face {{ font-family: squares; src: url(data:font/ttf;base64,{font}) }}"
        ":root { --font: squares !important; --font-code: squares !important }"
    )

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        route.fulfill(path=built / (path.lstrip("/") or "index.html"))

    page = context.new_page()
    page.route(f"{ORIGIN}/**", answer)
    page.add_init_script(
        f"addEventListener('DOMContentLoaded', () => document.head.append(Object.assign("
        f"document.createElement('style'), {{textContent: {style!r}}})))"
    )
    yield page
    context.close()


@pytest.mark.parametrize(("theme", "language"), [*product(THEMES, ("en", "ko"))])
def test_every_part_looks_as_it_did(parts: Page, theme: Theme, language: str) -> None:
    show(parts, theme, language)
    compare(parts.screenshot(full_page=True), f"{theme}-{language}")
    parts.locator("main > .button").last.click()
    dialog = parts.get_by_role("alertdialog")
    expect(dialog).to_be_visible()
    box = dialog.bounding_box()
    assert box
    around = {"x": 0, "y": box["y"] - 24, "width": WIDTH, "height": box["height"] + 48}
    compare(parts.screenshot(clip=around), f"{theme}-{language}-dialog")  # type: ignore[arg-type]  # it is one


@pytest.mark.parametrize("change", ["--line: #e5dcd1", "--soft: #69584d", "--space-3: 0.8rem", "--text-note: 0.9rem"])
def test_a_small_change_of_a_colour_a_space_or_a_size_is_another_look(parts: Page, change: str) -> None:
    """Each as small as somebody might make it."""
    show(parts, "light", "en")
    parts.add_style_tag(content=f":root {{ {change} }}")
    drawn = as_image(parts.screenshot(full_page=True))
    committed = as_image((COMMITTED / "light-en.png").read_bytes())
    assert drawn.size != committed.size or differences(drawn, committed) > MOST


def test_every_part_is_shown() -> None:
    shown = re.findall(r"src/parts/(\w+)\.svelte", (ROOT / "web/parts/Parts.svelte").read_text())
    assert set(shown) | DRAWN_AS_A_NOTICE == {file.stem for file in (ROOT / "web/src/parts").glob("*.svelte")}


def show(parts: Page, theme: Theme, language: str) -> None:
    parts.emulate_media(color_scheme=theme)
    parts.goto(f"{ORIGIN}/?{language}")
    expect(parts.get_by_role("heading", level=1)).to_be_visible()
    parts.evaluate("document.fonts.ready")
    for _ in range(2):  # past the link: the ring of the focus is around the first button
        parts.keyboard.press("Tab")


def compare(picture: bytes, name: str) -> None:
    """With the committed one. If they differ, what was drawn and where it differs are left in DIFFERENT."""
    drawn = as_image(picture)
    file = COMMITTED / f"{name}.png"
    if ARE_DRAWN_ANEW:
        drawn.save(file, optimize=True)
        return
    committed = as_image(file.read_bytes())
    different = Image.new("RGBA", drawn.size)
    count = -1 if drawn.size != committed.size else differences(drawn, committed, different)
    if not 0 <= count <= MOST:
        DIFFERENT.mkdir(parents=True, exist_ok=True)
        drawn.save(DIFFERENT / f"{name}.png")
        different.save(DIFFERENT / f"{name}-where.png")
    assert drawn.size == committed.size, f"another size; it is in {DIFFERENT}. If it should be: make parts"
    assert count <= MOST, f"{count} pixels differ; they are in {DIFFERENT}. If they should: make parts"


def as_image(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture)).convert("RGB")


def differences(drawn: Image.Image, committed: Image.Image, where: Image.Image | None = None) -> int:
    if ImageChops.difference(drawn, committed).getbbox() is None:
        return 0  # pixelmatch takes seconds to find that
    options: dict[str, Any] = {"threshold": THRESHOLD, "includeAA": False}
    return int(pixelmatch(drawn, committed, where, **options))
