"""What a member does in the window counts as work, and no key closes it over text that is in no file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.slot.window.test_connection_browser import saved
from tests.slot.window.test_window_browser import admit, shown
from tests.support.slot.control_plane import SID, ControlPlane
from tests.support.slot.member import Member
from tests.support.stack.observe import until

PATIENCE = 60_000
CLOCKS = 1.0
"""Seconds by which one moment may differ in two heartbeats: it is told on the control plane's clock, which is estimated
anew with each answer."""


@pytest.fixture
def page(browser: Browser, member: Member, plane: ControlPlane) -> Iterator[Page]:
    """An editor that has started, at a control plane that wants a heartbeat each three seconds."""
    plane.lease = 9
    member.attach(plane.sessions[SID]).raise_for_status()
    profile: BrowserContext = browser.new_context(locale="en-US")
    admit(profile, member)
    page = shown(profile, member)
    expect(saved(page)).to_be_visible(timeout=PATIENCE)
    yield page
    profile.close()


def test_scrolling_what_no_extension_sees_is_work(plane: ControlPlane, page: Page) -> None:
    def last() -> float:
        return plane.beats[-1].signals.editor or 0

    def stands_still() -> bool:
        """Over three heartbeats: what the opening itself did has been told."""
        seen, at = last(), len(plane.beats)
        until(lambda: len(plane.beats) > at + 3, "heartbeats go on")
        return last() < seen + CLOCKS

    until(stands_still, "nobody does anything")
    before = last()
    page.mouse.move(100, 400)

    def is_heard() -> bool:
        page.mouse.wheel(0, 50)
        return last() > before + CLOCKS

    until(is_heard, "the control plane hears of it")


def test_who_closes_the_window_over_unwritten_text_is_asked(page: Page) -> None:
    page.keyboard.press("F1")
    page.locator(".quick-input-widget input.input").fill(">File: New Untitled Text File")
    page.get_by_role("option", name="File: New Untitled Text File").first.click()
    editor = page.locator(".editor-group-container.active .monaco-editor").last
    editor.click()
    page.keyboard.type("not in any file")
    expect(page.locator(".tab.dirty")).to_be_visible()
    until(lambda: _counted(page), "it is known to be in no file")
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()


def _counted(page: Page) -> bool:
    texts: int = page.evaluate("""() => new Promise((tell) => {
      const opening = indexedDB.open("ondol-unsaved", 1);
      opening.onsuccess = () => {
        const asked = opening.result.transaction("texts").objectStore("texts").count();
        asked.onsuccess = () => { opening.result.close(); tell(asked.result); };
      };
    })""")
    return texts > 0
