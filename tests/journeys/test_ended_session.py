"""A session that ends while its editor is open in a real browser: the window says why, and opens again."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser.looks import ENGLISH_PHONE_DARK, KOREAN_DESK_DARK
from tests.support.browser.member import PATIENCE, PICTURES, Member
from tests.support.browser.words import BROWSERS_PART, WINDOW, ending, filled_in_the_editor, in_the_editor
from tests.support.members.time_left import leave_of
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import containers, documents, until
from tests.support.stack.running import Running


def test_a_member_who_stops_elsewhere_reads_it_in_the_editor_and_opens_again(stack: Running, browser: Browser) -> None:
    with Member(browser, stack.url, "Haneul Kim", ENGLISH_PHONE_DARK) as member:
        member.sign_in()
        member.open()
        page, slot = member.page, member.slot
        Inside(containers(stack)[slot]).run("echo 1 > kept.txt")
        elsewhere = page.context.new_page()
        elsewhere.goto(stack.url)
        elsewhere.get_by_role("button", name=member.reads("home", "stop")).click()
        expect(cover(page)).to_contain_text(ending("en", "member", "title"), timeout=PATIENCE)
        saved = filled_in_the_editor("en", "saved", WINDOW, time=r"\d+:\d\d.[AP]M")
        expect(cover(page)).to_contain_text(saved, timeout=PATIENCE)
        expect_inside_the_window(page)
        page.screenshot(path=PICTURES / "ended-stopped.png")
        elsewhere.close()
        open_again(stack, member, "member")
        expect(member.explorer("kept.txt")).to_be_visible(timeout=PATIENCE)
        assert member.slot != slot


def test_a_member_who_ignores_the_warning_reads_that_nobody_worked_and_opens_again(
    stack: Running, browser: Browser
) -> None:
    with Member(browser, stack.url, "Haneul Kim", ENGLISH_PHONE_DARK) as member:
        member.sign_in()
        member.open()
        page, slot = member.page, member.slot
        Inside(containers(stack)[slot]).run("echo 1 > ignored.txt")
        keep = page.get_by_role("button", name=in_the_editor("en", "keep"))
        expect(keep).to_be_visible(timeout=PATIENCE)
        expect(cover(page)).to_contain_text(ending("en", "idle", "title"), timeout=PATIENCE)
        saved = filled_in_the_editor("en", "saved", WINDOW, time=r"\d+:\d\d.[AP]M")
        expect(cover(page)).to_contain_text(saved, timeout=PATIENCE)
        page.screenshot(path=PICTURES / "ended-idle.png")
        open_again(stack, member, "idle")
        expect(member.explorer("ignored.txt")).to_be_visible(timeout=PATIENCE)


def open_again(stack: Running, member: Member, reason: str) -> None:
    """By the button of the window that says why the session has ended."""
    cover(member.page).get_by_role("button", name=ending(member.language, reason, "button"), exact=True).click()
    member.page.wait_for_url(re.compile(re.escape(stack.url)))
    opens = member.opens
    expect(opens.or_(member.page.locator(".explorer-folders-view")).first).to_be_visible(timeout=PATIENCE)
    if opens.is_visible():  # a page that does not open by itself
        member.open()


@pytest.mark.once
def test_a_member_whose_time_runs_out_while_they_type_loses_no_word(stack: Running, browser: Browser) -> None:
    with Member(browser, stack.url, "Alan Turing", KOREAN_DESK_DARK) as member:
        member.sign_in()
        member.open()
        page = member.page
        Inside(containers(stack)[member.slot]).run("echo > notes.md")
        bid = bid_of(stack, member)
        # the editor's part in the browser has started, which keeps what is typed
        expect(member.saved()).to_be_visible(timeout=PATIENCE)
        member.explorer("notes.md").dblclick()
        page.locator(".editor-group-container.active .monaco-editor").last.click()
        page.keyboard.press("Control+Home")
        try:
            leave_of(stack, bid, seconds=10)
            typed = type_until_covered(page)
            expect(cover(page)).to_contain_text(ending("ko", "allowance", "title"), timeout=PATIENCE)
            expect(cover(page)).to_contain_text(filled_in_the_editor("ko", "saved", WINDOW), timeout=PATIENCE)
            expect(cover(page)).to_contain_text(filled_in_the_editor("ko", "kept", WINDOW, names="notes.md"))
            expect_inside_the_window(page)
            page.screenshot(path=PICTURES / "ended-allowance.png")
            cover(page).get_by_role("button", name=ending("ko", "allowance", "button")).click()
            expect(page.get_by_text(member.reads_filled("home", "usedUp")).first).to_be_visible(timeout=PATIENCE)
            expect(page.get_by_text(member.reads_filled("home", "keptText", names="notes.md"))).to_be_visible()
            page.screenshot(path=PICTURES / "ended-allowance-page.png")
        finally:  # a second try needs it too
            leave_of(stack, bid, seconds=0, plan="enterprise")
        page.goto(stack.url)
        member.open()
        restore = in_the_editor("ko", "bringBack", BROWSERS_PART)
        page.get_by_role("button", name=restore, exact=True).click(timeout=2 * PATIENCE)
        back = Inside(containers(stack)[member.slot])
        back.stay_awake()
        until(lambda: back.run("cat notes.md").startswith(typed), "the editor has every word, and writes it")


def type_until_covered(page: Page) -> str:
    """Type word after word without a pause. Returns what was typed before the last one, which the cover may cut off."""
    typed, last = "", ""
    while not cover(page).is_visible():
        typed, last = typed + last, f"word{len(typed)} "
        page.keyboard.type(last, delay=20)
    assert typed
    return typed


def cover(page: Page) -> Locator:
    return page.locator("#ondol-cover")


def expect_inside_the_window(page: Page) -> None:
    """All of the cover can be seen, and the window's edges stay free."""
    box, window = cover(page).bounding_box(), page.viewport_size
    assert box is not None and window is not None
    assert box["x"] > 0 and box["x"] + box["width"] < window["width"]
    assert box["y"] > 0 and box["y"] + box["height"] < window["height"]


def bid_of(stack: Running, member: Member) -> str:
    [session] = [
        each for each in documents(stack, "sessions") if each["slot"] == member.slot and each["state"] != "ended"
    ]
    return str(session["bid"])
