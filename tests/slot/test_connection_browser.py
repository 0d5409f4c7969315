"""A real browser whose container stops answering: the editor is covered, and opens again by itself once it answers."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.observe import until
from tests.running import ROOT
from tests.slot.control_plane import ControlPlane
from tests.slot.member import Member
from tests.slot.test_window_browser import admit, shown

PATIENCE = 30_000
TEXTS = """() => new Promise((tell) => {
  const opening = indexedDB.open("ondol-unsaved", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("texts", { keyPath: "key" });
  opening.onsuccess = () => {
    const asked = opening.result.transaction("texts").objectStore("texts").getAll();
    asked.onsuccess = () => { opening.result.close(); tell(asked.result.map(({ text }) => text)); };
  };
})"""


@pytest.fixture
def profile(browser: Browser, member: Member) -> Iterator[BrowserContext]:
    """A Korean browser profile that was let in."""
    profile = browser.new_context(locale="ko-KR")
    admit(profile, member)
    yield profile
    profile.close()


def test_what_is_typed_into_an_editor_whose_container_died_is_kept_and_said(
    member: Member, profile: BrowserContext
) -> None:
    member.slot.run("echo first > notes.md")
    page = shown(profile, member)
    type_into(page, "notes.md", "before ")
    until(lambda: page.evaluate(TEXTS) == ["before first\n"], "it is kept")
    member.slot.kill()
    page.keyboard.type("after ")
    expect(cover(page)).to_be_visible(timeout=PATIENCE)
    expect(cover(page)).to_contain_text("notes.md")
    page.screenshot(path=ROOT / "build/cover-ko.png")
    expect(page.locator("[id='ondol.ondol-browser.ondol.saved']")).to_contain_text("연결 끊김")
    page.keyboard.type("nobody takes this")
    [kept] = page.evaluate(TEXTS)
    assert kept.startswith("before ")
    assert "nobody" not in kept


def test_a_container_that_is_silent_for_a_while_takes_the_cover_away_as_it_speaks_again(
    member: Member, profile: BrowserContext
) -> None:
    page = shown(profile, member)
    expect(page.locator("[id='ondol.ondol-browser.ondol.saved']")).to_be_visible(timeout=PATIENCE)
    with member.slot.frozen():
        expect(cover(page)).to_be_visible(timeout=PATIENCE)
        page.keyboard.press("Escape")
        expect(cover(page)).to_be_visible()
    expect(cover(page)).to_be_hidden(timeout=PATIENCE)


def test_a_session_that_ends_says_so(member: Member, plane: ControlPlane, profile: BrowserContext) -> None:
    page = shown(profile, member)
    member.release().raise_for_status()
    expect(cover(page)).to_contain_text("세션이 끝났습니다", timeout=PATIENCE)
    tries = page.evaluate("() => performance.getEntriesByName(new URL('/_slot/session', location.href).href).length")
    assert tries >= 1


def test_a_loss_is_shown_within_five_seconds() -> None:
    """The bounds that the script waits for, one after another, and a picture of them drawn."""
    script = (ROOT / "workspace-image/window/connection.js").read_text()
    bound = {name: int(value.replace("_", "")) for name, value in re.findall(r"const (\w+_MS) = ([\d_]+);", script)}
    longest = bound["NOT_HEARD_MS"] + 2 * bound["ANSWER_WITHIN_MS"] + bound["TICK_MS"]
    assert longest <= 5_000
    assert bound["BETWEEN_FAILURES_MS"] <= bound["ANSWER_WITHIN_MS"]


def type_into(page: Page, name: str, text: str) -> None:
    page.locator(".explorer-folders-view .monaco-list-row").filter(has_text=name).dblclick()
    editor = page.locator(".editor-group-container.active .monaco-editor").last
    expect(editor).to_be_visible(timeout=PATIENCE)
    expect(page.locator("[id='ondol.ondol-browser.ondol.saved']")).to_be_visible(timeout=PATIENCE)
    editor.click()
    page.keyboard.press("Control+Home")
    page.keyboard.type(text)


def cover(page: Page) -> Locator:
    return page.locator("#ondol-cover")
