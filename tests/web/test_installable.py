"""The page as an app on a phone or a desk: its icons, and that Chromium offers to install it."""

import struct
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route

from tests.support.browser.chromium import ARGUMENTS, PROGRAM

PNG = b"\x89PNG\r\n\x1a\n"
CORNER = """async (src) => {
    const image = await createImageBitmap(await (await fetch(src)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return canvas.getImageData(0, 0, 1, 1).data[3];
}"""
"""How opaque the first pixel is, 0 to 255."""


def icons(front: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{front}/manifest.webmanifest").json()["icons"]
    return found


def test_each_icon_of_the_manifest_is_there_in_the_size_that_it_says(front: str) -> None:
    drawn = [icon for icon in icons(front) if icon["type"] == "image/png"]
    for icon in drawn:
        answer = httpx.get(front + icon["src"])
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png"), icon
        assert answer.content.startswith(PNG)
        width, height = struct.unpack(">II", answer.content[16:24])
        assert f"{width}x{height}" == icon["sizes"], icon
    found = {(icon["sizes"], icon.get("purpose", "any")) for icon in drawn}
    assert found == {(size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")}
    [scalable] = [icon for icon in icons(front) if icon not in drawn]
    assert httpx.get(front + scalable["src"]).headers["Content-Type"] == scalable["type"] == "image/svg+xml"


def test_a_maskable_icon_fills_its_square_and_the_plain_one_is_round_at_its_corners(page: Page, front: str) -> None:
    opaque = {(each.get("purpose"), page.evaluate(CORNER, each["src"])) for each in icons(front)[1:]}
    assert opaque == {("maskable", 255), (None, 0)}


@pytest.mark.parametrize("with_icons", [True, False])
def test_chromium_finds_nothing_that_keeps_the_page_from_being_installed_but_looks_for_it(
    front: str, browser: Browser, tmp_path: Path, with_icons: bool
) -> None:
    """In a profile that stays: no other one may install anything."""
    with browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=PROGRAM, args=ARGUMENTS, service_workers="block"
    ) as context:
        page = context.new_page()
        if not with_icons:
            page.route("**/manifest.webmanifest", without_icons)
        page.goto(front)
        tools = context.new_cdp_session(page)
        assert tools.send("Page.getAppManifest")["errors"] == []
        found = {each["errorId"] for each in tools.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert found == (set() if with_icons else {"manifest-missing-suitable-icon", "no-acceptable-icon"})


def without_icons(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "icons": []})
