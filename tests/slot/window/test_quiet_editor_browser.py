"""The editor as it opens: in the member's colours and language from the first paint on, and without noise."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from tests.slot.window.test_connection_browser import saved
from tests.slot.window.test_window_browser import admit, expect_editor
from tests.support.slot.member import Member
from tests.support.stack.observe import until

SEEN = """() => {
  globalThis.ondolSeen = [];
  new MutationObserver(() => {
    const now = document.querySelector("#ondol-splash")?.innerText;
    if (now && now !== ondolSeen.at(-1)) ondolSeen.push(now);
    const panel = document.querySelector(".part.auxiliarybar .composite");
    if (panel?.checkVisibility()) ondolSeen.push("a second side bar");
    if (document.querySelector(".monaco-workbench.vs")) ondolSeen.push("a light workbench");
    for (const row of document.querySelectorAll(".explorer-folders-view .monaco-list-row")) {
      if (/[.](cache|local|config|npm)/.test(row.textContent)) ondolSeen.push(row.textContent);
    }
  }).observe(document, { childList: true, subtree: true, attributes: true });
}"""

ROWS = """() => {
  globalThis.ondolRows = {};
  const look = () => {
    globalThis.ondolIcons ??= document.querySelector("style.contributedFileIconTheme")?.textContent;
    if (document.querySelector("#ondol-splash")) return;
    for (const row of document.querySelectorAll(".explorer-folders-view .monaco-list-row")) {
      const [icon, name] = [row.querySelector(".monaco-icon-label"), row.querySelector(".label-name")];
      const { content, color, fontFamily, width } = getComputedStyle(icon, "::before");
      const drawn = content === "none" ? [content] : [content, color, fontFamily, width];
      const now = [...drawn, Math.round(name.getBoundingClientRect().x)].join(" ");
      const seen = (ondolRows[row.textContent] ??= []);
      if (!seen.includes(now)) seen.push(now);
    }
  };
  setInterval(look, 50);
}"""
"""What is seen of each row of the files once the splash has gone."""

MARKS = """() => ["didResolveExplorer", "willLoadExtensions"].map(
    (mark) => performance.getEntriesByName("code/" + mark)[0]?.startTime
)"""
"""When the member's files were shown, and when extensions began to be loaded, as the editor itself noted it."""

A_FAILED_SIGN_IN_IS_TOLD_AFTER = 6_000
"""Milliseconds: the editor gave an account of GitHub's, for chat, five seconds until it wrote an error."""


@pytest.fixture
def profile(browser: Browser, member: Member) -> Iterator[BrowserContext]:
    """An English browser with a dark system, of a member who opened it from the Korean page."""
    member.enter(language="ko")
    profile = browser.new_context(locale="en-US", color_scheme="dark")
    profile.add_init_script(f"({SEEN})(); ({ROWS})()")
    admit(profile, member)
    yield profile
    profile.close()


def test_it_opens_in_the_members_colours_and_language_and_nothing_jumps(
    member: Member, profile: BrowserContext
) -> None:
    member.slot.run("mkdir -p .cache .npm proj; echo x > .cache/x; echo 1 > left.txt")
    member.slot.run("touch a.py b.js c.html d.md e.json f.ts Dockerfile Makefile .gitignore")
    page = profile.new_page()
    page.goto(f"http://{member.slot.host}/?folder=/home/member", wait_until="commit")
    splash = page.locator("#ondol-splash")
    expect(splash).to_contain_text("작업 공간을 여는 중입니다")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('#ondol-splash')).backgroundColor") == "rgb(25, 26, 27)"
    )
    expect_editor(page)
    expect(splash).to_have_count(0)
    expect(page.locator(".monaco-workbench.vs-dark")).to_be_visible()
    expect(page.locator(".explorer-folders-view")).to_contain_text("left.txt")
    expect(saved(page)).to_contain_text("저장")
    expect(page.locator("[id='status.problems']")).to_be_visible()
    shows_icons_from_the_start(page)
    has_room_on_a_phone(page)
    seen = page.evaluate("ondolSeen")
    assert all(each.startswith("작업 공간을 여는 중입니다") for each in seen), seen


def test_the_files_come_before_the_extensions_and_extensions_come_without_files_too(
    member: Member, profile: BrowserContext
) -> None:
    page = profile.new_page()
    page.goto(f"http://{member.slot.host}/?folder=/home/member")
    expect_editor(page)
    expect(saved(page)).to_be_visible()
    files, extensions = page.evaluate(MARKS)
    assert files <= extensions
    page.goto(f"http://{member.slot.host}/?ew=true")  # a window without a folder, and so without a file
    expect(saved(page)).to_be_visible()  # by an extension of Ondol's
    files, extensions = page.evaluate(MARKS)
    assert files is None
    assert extensions is not None


def test_it_asks_for_nothing_that_is_not_there_and_its_console_has_no_error(
    member: Member, profile: BrowserContext
) -> None:
    page = profile.new_page()
    wrong = complaints(page)
    page.goto(f"http://{member.slot.host}/?folder=/home/member")
    expect_editor(page)
    expect(saved(page)).to_be_visible()
    # the last of what an editor begins by itself: the extensions that were installed have started
    expect(page.locator("[id='status.problems']")).to_be_visible()
    page.keyboard.press("Control+Backquote")
    expect(page.locator(".xterm-rows").first).to_contain_text("$")
    page.wait_for_timeout(A_FAILED_SIGN_IN_IS_TOLD_AFTER)
    assert wrong == []
    running = member.slot.run(
        "for p in /proc/[0-9]*; do { tr '\\0' ' ' < $p/cmdline; } 2>/dev/null || true; echo; done"
    )
    assert "--type=extensionHost" in running
    assert "agentHost" not in running
    assert "copilot" not in running


def shows_icons_from_the_start(page: Page) -> None:
    """Those of the languages too, which the editor learns with its extensions."""
    expect(page.locator(".explorer-folders-view .python-lang-file-icon")).to_be_visible()
    page.wait_for_timeout(1_000)
    rows = page.evaluate("ondolRows")
    assert len(rows) > len(["left.txt", "proj"])
    assert {name: looks for name, looks in rows.items() if len(looks) != 1} == {}
    assert not [name for name, [looks] in rows.items() if looks.startswith("none") and name != "proj"]
    first, last = page.evaluate("[ondolIcons, document.querySelector('style.contributedFileIconTheme').textContent]")
    assert last.startswith(first), "icons.mjs makes what the editor makes"


def has_room_on_a_phone(page: Page) -> None:
    """The status bar has, for what Ondol says."""
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("[id='status.workbench.keyboardLayout']")).to_be_hidden()
    until(lambda: seen_on(page), "what Ondol says is seen on the phone")  # a layout comes after the size


def seen_on(page: Page) -> bool:
    """Whether the last letter of what Ondol says is in the window, and nothing lies over it."""
    box = saved(page).bounding_box()
    if box is None or box["x"] < 0 or box["x"] + box["width"] > 390:
        return False
    last = [box["x"] + box["width"] - 3, box["y"] + 8]
    covering: str | None = page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.textContent", last)
    return "저장" in (covering or "")


def complaints(page: Page) -> list[str]:
    """What the page says of errors from now on."""
    told: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            told.append(message.text)

    def answered(response: Response) -> None:
        if response.status >= 400:
            told.append(f"{response.status} {response.url}")

    page.on("console", said)
    page.on("response", answered)
    page.on("pageerror", lambda error: told.append(str(error)))
    return told
