"""A member whose container dies under them, in a real browser."""

import os
import re
import signal

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser.looks import ENGLISH_PHONE_LIGHT, KOREAN_DESK_LIGHT
from tests.support.browser.member import PATIENCE, PICTURES, Member
from tests.support.browser.words import BROWSERS_PART, WINDOW, ending, filled_in_the_editor, in_the_editor
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import containers, documents, until
from tests.support.stack.running import Running

BEFORE = "sixteen words that were typed a moment before the container was killed and that nobody had saved"


@pytest.mark.once
def test_a_member_who_was_cut_off_opens_again_and_is_told_of_what_time_the_files_are(
    stack: Running, browser: Browser
) -> None:
    with Member(browser, stack.url, "Minji Park", ENGLISH_PHONE_LIGHT) as member:
        member.sign_in()
        member.open()
        slot = member.slot
        until(lambda: is_saved(stack, slot), "it is saved once")
        os.kill(containers(stack)[slot], signal.SIGKILL)
        member.page.goto(stack.url)
        member.open()
        assert member.slot != slot
        told = member.page.get_by_text(filled_in_the_editor(member.language, "lost", ago=r"\d+ (s|min)"))
        expect(told.first).to_be_visible(timeout=PATIENCE)


@pytest.mark.once
def test_what_was_typed_before_and_after_the_loss_is_offered_by_the_next_editor(
    stack: Running, browser: Browser
) -> None:
    with Member(browser, stack.url, "Ada Lovelace", KOREAN_DESK_LIGHT) as member:
        member.sign_in()
        member.open()
        page, slot = member.page, member.slot
        home = Inside(containers(stack)[slot])
        home.stay_awake()
        home.run("echo first > notes.md")
        until(lambda: is_saved(stack, slot), "it is saved once")
        expect(member.saved()).to_contain_text(filled_in_the_editor("ko", "saved", BROWSERS_PART), timeout=PATIENCE)
        member.explorer("notes.md").dblclick()
        page.locator(".editor-group-container.active .monaco-editor").last.click()
        page.keyboard.press("Control+Home")
        page.keyboard.type(f"{BEFORE} ")
        os.kill(containers(stack)[slot], signal.SIGKILL)
        page.keyboard.type("after ")
        cover = page.locator("#ondol-cover")
        expect(cover).to_contain_text(filled_in_the_editor("ko", "kept", WINDOW, names="notes.md"), timeout=PATIENCE)
        lost, ended = (in_the_editor("ko", key, BROWSERS_PART) for key in ("lost", "ended"))
        # the second once another container has answered that the session is over
        expect(member.saved()).to_contain_text(re.compile(f"{lost}|{ended}"))
        page.screenshot(path=PICTURES / "lost-cover.png")
        to_page, to_open = in_the_editor("ko", "back", WINDOW), ending("ko", "lost", "button")
        back = cover.get_by_role("button", name=re.compile(f"^({to_page}|{to_open})$"))
        # "Open" once the control plane has said that the session is lost: the page opens by itself then
        # looked at and pressed at once, for the name may change meanwhile
        opens = back.evaluate("(button) => { const name = button.innerText; button.click(); return name; }") == to_open
        page.wait_for_url(lambda url: f"//{slot}." not in url)
        if not opens:
            kept = page.get_by_text(member.reads_filled("home", "keptText", names="notes.md"))
            expect(kept).to_be_visible(timeout=PATIENCE)
            page.screenshot(path=PICTURES / "lost-page.png")
            member.open()
        member.wait_for_editor()
        assert member.slot != slot
        restore = in_the_editor("ko", "bringBack", BROWSERS_PART)
        page.get_by_role("button", name=restore, exact=True).click(timeout=2 * PATIENCE)
        after = Inside(containers(stack)[member.slot])
        until(lambda: after.run("cat notes.md").startswith(f"{BEFORE} after"), "the editor has it, and writes it")
        page.screenshot(path=PICTURES / "lost-back.png")


def is_saved(stack: Running, slot: str) -> bool:
    """The open session of a slot has a checkpoint."""
    return any(s["slot"] == slot and s["state"] == "active" and s["head"] for s in documents(stack, "sessions"))
