"""A real browser whose container stops answering: the editor is covered, and opens again by itself once it answers."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.slot.window.test_window_browser import CONNECT, admit, shown, without_editor
from tests.support.checkout import ROOT
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import Member
from tests.support.stack.observe import until

PATIENCE = 30_000
PROGRAM = """import os


def main():
    for name in os.listdir("."):
        print(name)


if __name__ == "__main__":
    main()
"""
TEXTS = """() => new Promise((tell) => {
  const opening = indexedDB.open("ondol-unsaved", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("texts", { keyPath: "key" });
  opening.onsuccess = () => {
    const asked = opening.result.transaction("texts").objectStore("texts").getAll();
    asked.onsuccess = () => { opening.result.close(); tell(asked.result.map(({ text }) => text)); };
  };
})"""
WINDOWS = TEXTS.replace("({ text }) => text", "({ window }) => window")
# as editors of an earlier session left them, by window: what differs from a Markdown file that another window changed
LEAVE = """texts => new Promise((tell) => {
  const opening = indexedDB.open("ondol-unsaved", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("texts", { keyPath: "key" });
  opening.onsuccess = () => {
    const transaction = opening.result.transaction("texts", "readwrite");
    const table = transaction.objectStore("texts");
    Object.entries(texts).forEach(([window, more], changed) => {
      const [path, name] = ["/home/member/notes.md", "notes.md"];
      const document = `vscode-remote:${path}`;
      const file = { path, name, document, language: "markdown", text: window };
      const text = { window, changed, written: null, ...file, ...more };
      table.put({ ...text, key: `${window} ${text.document}` });
    });
    transaction.oncomplete = () => { opening.result.close(); tell(); };
  };
})"""

# to the page, as when a proxy closes it
CLOSED = "connection.dispatchEvent(new Event('close'))"
UNCONNECTED = "편집기가 아직 연결되지 않았습니다"


@pytest.fixture
def profile(browser: Browser, member: Member) -> Iterator[BrowserContext]:
    """A Korean browser profile that was let in."""
    profile = browser.new_context(locale="ko-KR")
    admit(profile, member)
    yield profile
    profile.close()


@pytest.mark.once
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
    expect(saved(page)).to_contain_text("연결 끊김")
    page.keyboard.type("nobody takes this")
    [kept] = page.evaluate(TEXTS)
    assert kept.startswith("before ")
    assert "nobody" not in kept


@pytest.mark.once
def test_a_text_of_no_file_is_kept_when_its_language_changes(member: Member, profile: BrowserContext) -> None:
    page = shown(profile, member)
    type_into_no_file(page, PROGRAM)
    page.locator("[id='status.editor.mode']").click()
    page.locator(".quick-input-widget input.input").fill("Python")
    expect(page.get_by_role("option", name=re.compile("^Python")).first).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Enter")
    expect(page.locator("[id='status.editor.mode']")).to_contain_text("Python", timeout=PATIENCE)
    member.slot.kill()
    expect(cover(page)).to_contain_text("Untitled-", timeout=PATIENCE)


@pytest.mark.once
def test_texts_of_no_file_and_of_two_windows_are_brought_back_and_kept_again(
    member: Member, profile: BrowserContext
) -> None:
    page = shown(profile, member)
    type_into_no_file(page, "not saved")
    until(lambda: page.evaluate(TEXTS) == ["not saved"], "it is kept")
    page.evaluate(LEAVE, {"of one window": {}, "of another window": {}})
    page.close()
    # as the next session: another window, which restores nothing by itself
    member.slot.run("rm -rf .local/share/code-server/User/Backups")
    page = shown(profile, member)
    page.get_by_role("button", name="되살리기", exact=True).click(timeout=PATIENCE)
    until(lambda: len(set(page.evaluate(WINDOWS))) == 1, "this window has all that is in no file")
    until(lambda: set(page.evaluate(TEXTS)) >= {"not saved", "of one window"}, "and keeps it again")
    until(lambda: member.slot.run("cat notes.md") == "of another window", "the newer one is in the file")
    member.slot.kill()
    expect(cover(page)).to_contain_text("Untitled-", timeout=PATIENCE)


def test_what_is_written_and_in_no_save_is_kept_when_a_later_change_is_taken_back(
    member: Member, profile: BrowserContext
) -> None:
    member.slot.run("echo first > notes.md")
    page = shown(profile, member)
    type_into(page, "notes.md", "before ")
    until(lambda: member.slot.run("cat notes.md") == "before first\n", "the editor has written it")
    page.keyboard.insert_text("x")
    page.keyboard.press("Control+z")
    until(lambda: page.evaluate(TEXTS) == ["before first\n"], "it is kept")


@pytest.mark.once
def test_what_an_earlier_session_left_stays_until_it_is_answered_and_who_leaves_it_is_asked(
    member: Member, profile: BrowserContext
) -> None:
    member.slot.run("echo first > notes.md")
    page = shown(profile, member)
    type_into(page, "notes.md", "older ")
    until(lambda: page.evaluate(TEXTS) == ["older first\n"], "it is kept")
    page.close()
    member.slot.run("echo again > notes.md")
    page = shown(profile, member)
    expect(page.get_by_role("button", name="되살리기", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".notification-toast .codicon-error")).to_be_visible()  # the editor lets only such a one stay
    type_into(page, "notes.md", "newer ")
    until(lambda: sorted(page.evaluate(TEXTS)) == ["newer again\n", "older first\n"], "both are kept")
    member.slot.kill()
    expect(cover(page)).to_contain_text("notes.md", timeout=PATIENCE)
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()


def test_a_container_that_is_silent_for_a_while_takes_the_cover_away_and_typing_goes_on_as_it_speaks_again(
    member: Member, profile: BrowserContext
) -> None:
    page = without_editor(profile, member)
    page.evaluate("document.body.append(document.createElement('textarea'))")
    written = page.locator("textarea")
    written.focus()
    with member.slot.frozen():
        expect(cover(page)).to_be_visible(timeout=PATIENCE)
        page.keyboard.press("Escape")
        expect(cover(page)).to_be_visible()
        page.keyboard.type("not received ")
    expect(cover(page)).to_be_hidden(timeout=PATIENCE)
    page.keyboard.type("received")
    expect(written).to_have_value("received")


def test_an_editor_whose_connections_are_closed_is_covered_though_the_slot_answers(
    member: Member, profile: BrowserContext
) -> None:
    page = without_editor(profile, member)
    page.evaluate(CLOSED)
    expect(cover(page)).to_contain_text(UNCONNECTED, timeout=PATIENCE)
    page.evaluate(CONNECT)
    expect(cover(page)).to_be_hidden(timeout=PATIENCE)
    page.evaluate(CLOSED)
    with page.expect_navigation():
        cover(page).get_by_role("button", name="편집기 다시 불러오기").click(timeout=PATIENCE)


def test_an_editor_whose_server_falls_silent_is_covered_though_the_slot_answers(
    member: Member, profile: BrowserContext
) -> None:
    page = without_editor(profile, member)
    page.evaluate("new Promise((tell) => { connection.onmessage = () => tell(); })")
    member.slot.run("pkill -STOP -f '[e]ditor/start.cjs'")
    expect(cover(page)).to_contain_text(UNCONNECTED, timeout=PATIENCE)
    member.slot.run("pkill -CONT -f '[e]ditor/start.cjs'")
    expect(cover(page)).to_be_hidden(timeout=PATIENCE)


def test_a_session_that_ends_says_so(member: Member, plane: ControlPlane, profile: BrowserContext) -> None:
    page = without_editor(profile, member)
    member.release().raise_for_status()
    expect(cover(page)).to_contain_text("세션이 끝났습니다", timeout=PATIENCE)
    tries = page.evaluate("() => performance.getEntriesByName(new URL('/_slot/session', location.href).href).length")
    assert tries >= 1


def type_into_no_file(page: Page, text: str) -> None:
    expect(saved(page)).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("F1")
    page.locator(".quick-input-widget input.input").fill(">New Untitled Text File")
    expect(page.get_by_role("option", name=re.compile("New Untitled Text File")).first).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Enter")
    editor = page.locator(".editor-group-container.active .monaco-editor").last
    expect(editor).to_be_visible(timeout=PATIENCE)
    editor.click()
    page.keyboard.type(text)


def type_into(page: Page, name: str, text: str) -> None:
    page.locator(".explorer-folders-view .monaco-list-row").filter(has_text=name).dblclick()
    editor = page.locator(".editor-group-container.active .monaco-editor").last
    expect(editor).to_be_visible(timeout=PATIENCE)
    expect(saved(page)).to_be_visible(timeout=PATIENCE)
    editor.click()
    page.keyboard.press("Control+Home")
    page.keyboard.type(text)


def saved(page: Page) -> Locator:
    return page.locator("[id='ondol.ondol-browser.ondol.saved']")


def cover(page: Page) -> Locator:
    return page.locator("#ondol-cover")
