"""A member with more files than their plan holds, in a real browser: told there and on the page; nothing is lost."""

import re

from playwright.sync_api import Browser, expect

from shared.gcp.store.billing import billing_ref
from tests.support.browser.looks import ENGLISH_PHONE_LIGHT
from tests.support.browser.member import PATIENCE, Member
from tests.support.browser.words import filled_in_the_editor
from tests.support.slot.container_processes import Inside
from tests.support.stack.environment import environment
from tests.support.stack.observe import containers, documents, until
from tests.support.stack.running import Running

FILL = "mkdir -p proj && echo mine > proj/small.txt && head -c 140M /dev/urandom > proj/clip.mp4"
GROW = "head -c 17M /dev/urandom >> proj/clip.mp4"


def test_a_member_whose_file_is_larger_than_their_plan_loses_nothing(stack: Running, browser: Browser) -> None:
    with Member(browser, stack.url, "Minji Park", ENGLISH_PHONE_LIGHT) as member:
        member.sign_in()
        put_on_free(stack, "minji@example.com")
        member.open()
        home = Inside(containers(stack)[member.slot])
        home.stay_awake()
        home.run(FILL)
        told = member.page.get_by_text(filled_in_the_editor("en", "leftOut", names=r"proj/clip\.mp4 \(\d+ MB\)"))
        expect(told.first).to_be_visible(timeout=PATIENCE)
        home.run(GROW)  # the message stays as it was; the status has the size of now, and tells it when it is pressed
        status = member.page.get_by_role("button", name=filled_in_the_editor("en", "notSaved", bytes="165 MB"))
        expect(status).to_be_visible(timeout=PATIENCE)
        status.click()
        expect(member.page.get_by_text("proj/clip.mp4 (165 MB)").first).to_be_visible(timeout=PATIENCE)
        member.page.goto(stack.url)
        expect(member.page.get_by_role("alert")).to_contain_text("proj/clip.mp4", timeout=PATIENCE)
        member.press("home", "stop")
        expect(member.page.get_by_role("alert")).to_contain_text("Starter")
        member.press("stopping", "anyway")
        expect(member.page.get_by_text(member.reads_filled("storage", "apartHere"))).to_be_visible(timeout=PATIENCE)

        member.open()
        back = Inside(containers(stack)[member.slot])
        until(lambda: back.run("cat proj/small.txt 2>/dev/null || true").strip() == "mine", "the small file is back")
        assert "clip" not in back.run("ls proj")
        member.page.goto(stack.url)
        member.press("home", "stop")
        member.press("storage", "apartLook")
        restore = member.reads("history", "bringBack")
        member.page.get_by_role("button", name=re.compile(f"^{restore}, ")).first.click()
        told = member.page.get_by_text(member.reads_filled("history", "broughtBack", path="proj/clip.mp4")).first
        expect(told).to_be_visible(timeout=PATIENCE)
        member.page.goto(stack.url)
        member.open()
        again = Inside(containers(stack)[member.slot])
        until(lambda: "clip.mp4" in again.run("ls proj 2>/dev/null || true"), "the large file is back")


def put_on_free(stack: Running, email: str) -> None:
    """As an operator would, whose console is yet to come."""
    [account] = [each for each in documents(stack, "accounts") if each["email"] == email]
    with environment(stack.env):
        billing_ref(account["bid"]).update({"plan": "free"})
