"""A connection that the platform ends, a laptop that sleeps or takes another network: the editor comes back by itself,
or says how the session ended."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from shared.sessions.session import EndReason
from tests.slot.window.test_connection_browser import cover, saved
from tests.slot.window.test_window_browser import admit
from tests.support.browser.sleeping import asleep
from tests.support.slot.member import Member
from tests.support.stack.gate import Gate, gate
from tests.support.stack.observe import until

PATIENCE = 30_000


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


def test_whose_connection_is_ended_or_whose_laptop_slept_has_editor_and_terminal_again_or_reads_how_the_session_ended(
    member: Member, page: Page, way: Gate
) -> None:
    open_terminal(page)
    type_line(page, "echo before-$((40 + 2)); sleep 1; echo meanwhile > late.txt")
    expect(terminal(page)).to_contain_text("before-42", timeout=PATIENCE)
    page.evaluate("window.wasHere = true")
    # as Cloud Run does it when a WebSocket is an hour old
    with page.expect_websocket() as anew:
        way.cut()
    anew.value.wait_for_event("framereceived", timeout=PATIENCE)
    expect(cover(page)).to_be_hidden(timeout=PATIENCE)
    expect(terminal(page)).to_contain_text("before-42")
    type_line(page, "echo an-hour-$((40 + 4))")
    expect(terminal(page)).to_contain_text("an-hour-44", timeout=PATIENCE)

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


def open_terminal(page: Page) -> None:
    page.keyboard.press("Control+`")
    expect(terminal(page)).to_contain_text("$", timeout=PATIENCE)


def type_line(page: Page, line: str) -> None:
    page.locator(".xterm-helper-textarea").first.focus()
    page.keyboard.type(line)
    page.keyboard.press("Enter")


def terminal(page: Page) -> Locator:
    return page.locator(".xterm-rows").first
