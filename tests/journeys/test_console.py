"""An operator drains a slot under a member who works in it, both in real browsers."""

import re

from playwright.sync_api import Browser, expect

from tests.support.browser.looks import ENGLISH_DESK_DARK, ENGLISH_PHONE_LIGHT
from tests.support.browser.member import PATIENCE, Member
from tests.support.browser.words import WINDOW, ending, filled_in_the_editor
from tests.support.members.operator import make_operator
from tests.support.stack.observe import document, documents, until
from tests.support.stack.running import Running


def test_an_operator_drains_a_slot_under_a_working_member_who_reads_why(stack: Running, browser: Browser) -> None:
    with (
        Member(browser, stack.url, "Minji Park", ENGLISH_PHONE_LIGHT) as member,
        Member(browser, stack.url, "Alan Turing", ENGLISH_DESK_DARK) as operator,
    ):
        member.sign_in()
        member.open()
        slot = member.slot
        [sid] = [each["session"] for each in documents(stack, "slots") if each["name"] == slot]
        console = operator.page
        operator.sign_in()
        done = make_operator(stack, "alan@example.com")
        assert done.returncode == 0, done.stderr
        operator.go("account")
        operator.press("frame", "signOut")
        expect(console.get_by_role("button", name="Alan Turing")).to_be_visible(timeout=PATIENCE)
        operator.sign_in()
        operator.go("console")
        console.get_by_role("button", name="Slots", exact=True).click()
        console.get_by_role("button", name=f"Recycle: {slot}").click()
        ask = console.get_by_role("alertdialog")
        ask.get_by_label("Why").fill("an upgrade of its image")
        ask.get_by_role("button", name="Recycle").click()
        expect(console.get_by_text(re.compile(f"Done: Recycle.*{sid}"))).to_be_visible(timeout=PATIENCE)
        until(lambda: (document(stack, f"sessions/{sid}") or {})["state"] == "ended", "the session is saved and ended")
        ended = document(stack, f"sessions/{sid}") or {}
        assert (ended["reason"], ended["final"]) == ("operator", True)
        cover = member.page.locator("#ondol-cover")
        expect(cover).to_contain_text(ending("en", "operator", "title"), timeout=PATIENCE)
        expect(cover).to_contain_text(filled_in_the_editor("en", "saved", WINDOW), timeout=PATIENCE)
        member.page.goto(stack.url)
        why = member.page.get_by_text(member.reads_filled("home", "operator"))
        expect(why.first).to_be_visible(timeout=PATIENCE)
        console.get_by_role("button", name="Audit log", exact=True).click()
        expect(console.get_by_text("an upgrade of its image")).to_be_visible(timeout=PATIENCE)
