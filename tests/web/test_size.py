"""How much script whoever is not signed in loads: bytes of the build, as Firebase Hosting sends them."""

import subprocess
from pathlib import Path

from playwright.sync_api import Browser, Response, expect

from local.front.render import ROOT
from tests.web.control_plane import Plane
from tests.web.deployed import without_emulator

MOST_BYTES = 60_000
BROTLI = """
const { brotliCompressSync } = require("node:zlib");
const { readFileSync } = require("node:fs");
const sizes = process.argv.slice(1).map((file) => brotliCompressSync(readFileSync(file)).length);
console.log(sizes.reduce((sum, size) => sum + size, 0));
"""


def test_the_signed_out_page_has_at_most_60_kb_of_script(browser: Browser, front: str, plane: Plane) -> None:
    """Firebase Auth is among it, though the page does not wait for it."""
    for locale, deployed in (("en-US", True), ("ko-KR", True), ("ko-KR", False)):
        scripts = scripts_of(browser, front, locale, deployed=deployed)
        assert any("accounts" in path.name for path in scripts), "Firebase Auth"
        size = int(subprocess.run(["node", "-e", BROTLI, *map(str, scripts)], capture_output=True, check=True).stdout)
        assert size <= MOST_BYTES, f"{size} bytes of {sorted(path.name for path in scripts)}"


def scripts_of(browser: Browser, front: str, locale: str, *, deployed: bool) -> set[Path]:
    """The files of the build that the signed-out page loads. `deployed`: without made-up people."""
    loaded: set[Path] = set()

    def note(answer: Response) -> None:
        if answer.request.resource_type == "script":
            loaded.add(ROOT / "build/web" / answer.url.removeprefix(f"{front}/"))

    context = browser.new_context(locale=locale, service_workers="block")
    page = context.new_page()
    page.on("response", note)
    if deployed:
        without_emulator(page, front)
    page.goto(front, wait_until="networkidle")
    expect(page.get_by_role("heading", name="VS Code")).to_be_visible()
    context.close()
    return loaded
