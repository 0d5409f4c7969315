"""A laptop that sleeps, or takes another network: its editor comes back by itself, or says how the session ended."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from shared.sessions.session import EndReason
from tests.slot.window.test_connection_browser import cover, saved
from tests.slot.window.test_window_browser import admit
from tests.support.slot.member import Member
from tests.support.stack.gate import Gate, gate
from tests.support.stack.observe import until

PATIENCE = 30_000
LONGEST_PAUSE = """() => {
  let last = performance.now();
  window.longestPause = 0;
  setInterval(() => {
    window.longestPause = Math.max(window.longestPause, performance.now() - last);
    last = performance.now();
  }, 50);
}"""
"""The milliseconds in which no timer ran, at most."""


@pytest.fixture
def way(member: Member) -> Iterator[Gate]:
    """The network between the browser and the slot."""
    with gate(int(member.slot.url.rpartition(":")[2])) as way:
        yield way


@pytest.fixture
def page(browser: Browser, member: Member, way: Gate) -> Iterator[Page]:
    """The editor beyond it, as a member sees it on a dark desk."""
    profile = browser.new_context(locale="ko-KR", color_scheme="dark", viewport={"width": 1280, "height": 800})
    admit(profile, member)
    page = profile.new_page()
    page.goto(f"http://{member.slot.host.partition(':')[0]}:{way.port}/?folder=/home/member")
    expect(saved(page)).to_be_visible(timeout=PATIENCE)
    yield page
    profile.close()


def test_a_laptop_that_slept_has_its_editor_and_terminal_again_or_says_how_the_session_ended(
    member: Member, page: Page, way: Gate
) -> None:
    open_terminal(page)
    type_line(page, "echo before-$((40 + 2)); sleep 1; echo meanwhile > late.txt")
    expect(terminal(page)).to_contain_text("before-42", timeout=PATIENCE)
    page.evaluate("window.wasHere = true")
    with asleep(page):
        way.shut()
        until(lambda: member.slot.run("cat late.txt 2>/dev/null || true") == "meanwhile\n", "its programs go on")
    expect(cover(page)).to_be_visible(timeout=PATIENCE)
    expect(terminal(page)).to_contain_text("before-42")
    way.open()
    expect(cover(page)).to_be_hidden(timeout=PATIENCE)
    expect(terminal(page)).to_contain_text("before-42")
    type_line(page, "echo after-$((40 + 3))")
    expect(terminal(page)).to_contain_text("after-43", timeout=PATIENCE)
    expect(page.locator(".explorer-folders-view").get_by_text("late.txt")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("window.wasHere"), "nobody had to load it anew"

    with asleep(page):
        member.release(reason=EndReason.IDLE).raise_for_status()
    expect(cover(page)).to_contain_text("한동안 쓰지 않아 세션이 끝났습니다", timeout=PATIENCE)


@contextmanager
def asleep(page: Page) -> Iterator[None]:
    """In the block all of Chromium stands still: timers, and what the network brings."""
    browser = page.context.browser
    assert browser
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    page.evaluate(LONGEST_PAUSE)
    processes = [int(each["id"]) for each in told]
    fell_asleep = time.monotonic()
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            os.kill(each, signal.SIGCONT)
    seconds = time.monotonic() - fell_asleep
    until(lambda: page.evaluate("window.longestPause") >= 1000 * seconds - 100, "the page has slept")


def open_terminal(page: Page) -> None:
    page.keyboard.press("Control+`")
    expect(terminal(page)).to_contain_text("$", timeout=PATIENCE)


def type_line(page: Page, line: str) -> None:
    page.locator(".xterm-helper-textarea").first.focus()
    page.keyboard.type(line)
    page.keyboard.press("Enter")


def terminal(page: Page) -> Locator:
    return page.locator(".xterm-rows").first
