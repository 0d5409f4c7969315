"""A member whose container dies under them, in a real browser."""

import os
import re
import signal

from playwright.sync_api import Browser, expect

from tests.journeys.browser import PATIENCE, Member
from tests.observe import containers, documents, until
from tests.running import Running


def test_a_member_who_was_cut_off_opens_again_and_is_told_of_what_time_the_files_are(
    stack: Running, browser: Browser
) -> None:
    with Member(browser, stack.url, "Minji Park") as member:
        member.sign_in()
        member.open()
        slot = member.slot
        until(lambda: is_saved(stack, slot), "it is saved once")
        os.kill(containers(stack)[slot], signal.SIGKILL)
        member.page.goto(stack.url)
        member.open()
        assert member.slot != slot
        told = member.page.get_by_text(
            re.compile(r"Your files are as saved \d+ (s|min) ago: the last session was cut off")
        )
        expect(told.first).to_be_visible(timeout=PATIENCE)


def is_saved(stack: Running, slot: str) -> bool:
    """The open session of a slot has a checkpoint."""
    return any(s["slot"] == slot and s["state"] == "active" and s["head"] for s in documents(stack, "sessions"))
