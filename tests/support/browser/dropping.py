"""Files and folders of the machine dropped on a page, as from a file manager (Chromium alone)."""

from pathlib import Path

from playwright.sync_api import Page


def drop(page: Page, *paths: Path) -> None:
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for each in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": each, "x": 200, "y": 300, "data": data})
    session.detach()
