"""A session that ends while its editor is open in a real browser: the window says why, and opens again."""

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser.member import PATIENCE, PICTURES, Member
from tests.support.members.time_left import leave_of
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import containers, documents
from tests.support.stack.running import Running


def test_a_member_who_stops_elsewhere_reads_it_in_the_editor_and_opens_again(stack: Running, browser: Browser) -> None:
    with Member(browser, stack.url, "Haneul Kim") as member:
        member.sign_in()
        member.open()
        page, slot = member.page, member.slot
        Inside(containers(stack)[slot]).run("echo 1 > kept.txt")
        elsewhere = page.context.new_page()
        elsewhere.goto(stack.url)
        elsewhere.get_by_role("button", name="Stop").click()
        expect(cover(page)).to_contain_text("Ended: you stopped your workspace", timeout=PATIENCE)
        expect(cover(page)).to_contain_text(re.compile(r"Everything is saved, as of \d+:\d\d"), timeout=PATIENCE)
        page.screenshot(path=PICTURES / "ended-stopped.png")
        elsewhere.close()
        cover(page).get_by_role("button", name="Open", exact=True).click()
        page.wait_for_url(re.compile(re.escape(stack.url)))
        opens = page.get_by_role("button", name=re.compile("^(Open|Go to the editor)$"))
        expect(opens.or_(page.locator(".explorer-folders-view")).first).to_be_visible(timeout=PATIENCE)
        if opens.is_visible():  # a page that does not open by itself
            member.open()
        expect(member.explorer("kept.txt")).to_be_visible(timeout=PATIENCE)
        assert member.slot != slot


def test_a_member_whose_time_is_used_up_reads_it(stack: Running, browser: Browser) -> None:
    with Member(browser, stack.url, "Alan Turing") as member:
        member.sign_in()
        member.open()
        Inside(containers(stack)[member.slot]).run("echo first > notes.md")
        bid = bid_of(stack, member)
        leave_of(stack, bid, seconds=20)
        expect(cover(member.page)).to_contain_text("Ended: your plan's time is used up", timeout=PATIENCE)
        expect(cover(member.page)).to_contain_text("Everything is saved, as of", timeout=PATIENCE)
        member.page.screenshot(path=PICTURES / "ended-allowance.png")
        expect(cover(member.page).get_by_role("button", name="See when it renews")).to_be_visible()
        leave_of(stack, bid, seconds=0, plan="enterprise")


def cover(page: Page) -> Locator:
    return page.locator("#ondol-cover")


def bid_of(stack: Running, member: Member) -> str:
    [session] = [
        each for each in documents(stack, "sessions") if each["slot"] == member.slot and each["state"] != "ended"
    ]
    return str(session["bid"])
