"""A member's laptop that loses its network, or sleeps: nothing typed is lost, and page and editor come back.

What one container and its window do meanwhile is tested in tests/slot/window/test_waking_browser.py and its neighbours.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser.looks import ENGLISH_PHONE_DARK, KOREAN_DESK_DARK
from tests.support.browser.member import PATIENCE, PICTURES, Member
from tests.support.browser.sleeping import asleep
from tests.support.browser.words import BROWSERS_PART, WINDOW, ending, filled_in_the_editor, in_the_editor
from tests.support.members.open_workspace import saved
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import containers, document, documents, until
from tests.support.stack.running import Running

pytestmark = pytest.mark.timeout(600)

KEPT = "navigator.serviceWorker.ready.then(() => true)"
"""Whether the browser has the page for when there is no network."""


def test_a_member_without_a_network_sees_what_was_last_known_and_goes_on_where_they_were(
    stack: Running, browser: Browser
) -> None:
    with Member(browser, stack.url, "Ada Lovelace", KOREAN_DESK_DARK) as member:
        member.sign_in()
        member.page.evaluate(KEPT)
        member.open()
        page = member.page
        home = Inside(containers(stack)[member.slot])
        home.stay_awake()
        sid = session_on(stack, member.slot)
        home.run("echo > notes.md")
        expect(member.saved()).to_contain_text(filled_in_the_editor("ko", "saved", BROWSERS_PART), timeout=PATIENCE)
        member.explorer("notes.md").dblclick()
        page.locator(".editor-group-container.active .monaco-editor").last.click()
        page.keyboard.press("Control+Home")
        page.keyboard.type("before ")

        page.context.set_offline(True)
        page.keyboard.type("without ")
        expect(cover(page)).to_contain_text(in_the_editor("ko", "quiet", WINDOW), timeout=PATIENCE)
        typed = first_line(page)  # the cover lets no more letters through
        assert typed.startswith("before w")
        page.screenshot(path=PICTURES / "offline-editor.png")
        beside = page.context.new_page()
        beside.goto(stack.url)
        expect(beside.get_by_role("heading", name=member.reads("home", "offline"))).to_be_visible(timeout=PATIENCE)
        expect(beside.get_by_text(member.reads_filled("home", "asOf", time=r".*\d+:\d\d"))).to_be_visible()
        beside.screenshot(path=PICTURES / "offline-page.png")

        page.context.set_offline(False)
        stops = beside.get_by_role("button", name=member.reads("home", "stop"), exact=True)
        expect(stops).to_be_visible(timeout=PATIENCE)
        beside.close()
        expect(cover(page)).to_be_hidden(timeout=PATIENCE)
        page.keyboard.type("after")
        until(lambda: home.run("cat notes.md").strip() == f"{typed}after", "the editor writes all of it")
        until(lambda: saved(stack, session(stack, sid)["head"], "notes.md") == f"{typed}after", "and it is saved")


def test_a_member_whose_session_ended_while_the_laptop_slept_reads_so_and_opens_again(
    stack: Running, browser: Browser
) -> None:
    with Member(browser, stack.url, "Minji Park", ENGLISH_PHONE_DARK) as member:
        member.sign_in()
        member.open()
        page, slot = member.page, member.slot
        container, sid = containers(stack)[slot], session_on(stack, slot)
        Inside(container).run("echo 1 > kept.txt")
        expect(member.saved()).to_contain_text(filled_in_the_editor("en", "saved", BROWSERS_PART), timeout=PATIENCE)
        with asleep(page):
            until(lambda: session(stack, sid)["state"] == "ended", "nobody used it")
            until(lambda: containers(stack).get(slot) not in (None, container), "another container is in its place")
        assert session(stack, sid)["reason"] == "idle"
        # the container that knew why is gone
        expect(cover(page)).to_contain_text(ending("en", "", "title"), timeout=PATIENCE)
        since = filled_in_the_editor("en", "savedSince", WINDOW, time=r"\d+:\d\d.[AP]M")
        expect(cover(page)).to_contain_text(since)
        page.screenshot(path=PICTURES / "slept-past-the-end.png")
        with page.expect_navigation(url=re.compile(re.escape(stack.url)), wait_until="commit"):
            cover(page).get_by_role("button", name=ending("en", "", "button"), exact=True).click()
        member.wait_for_editor()
        expect(member.explorer("kept.txt")).to_be_visible(timeout=PATIENCE)


def session_on(stack: Running, slot: str) -> str:
    [sid] = [each["session"] for each in documents(stack, "slots") if each["name"] == slot]
    return str(sid)


def session(stack: Running, sid: str) -> dict[str, Any]:
    return document(stack, f"sessions/{sid}") or {}


def cover(page: Page) -> Locator:
    return page.locator("#ondol-cover")


def first_line(page: Page) -> str:
    """Of the document that is being edited, as it stands on the screen."""
    line = page.locator(".editor-group-container.active .view-line").first.text_content() or ""
    return line.replace("\xa0", " ")
