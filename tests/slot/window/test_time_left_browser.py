"""The end of the plan's time, as a member sees it in the editor."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Browser, Locator, Page, expect

from tests.slot.window.test_window_browser import admit, shown
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SID, ControlPlane
from tests.support.slot.member import COOKIE, Member, opened


def test_a_member_is_warned_of_the_end_and_sees_the_last_minutes(
    member: Member, plane: ControlPlane, browser: Browser
) -> None:
    profile = browser.new_context()
    admit(profile, member)
    page = shown(profile, member)
    expect(status(page, "Saved|Not saved yet")).to_be_visible()
    expect(status(page, "min left")).to_be_hidden()

    ends_in(member, plane, 603)
    plane.reachable = False  # the extension counts on by itself
    expect(warning(page, 10)).to_be_visible()
    expect(status(page, "10 min left")).to_be_visible()
    plane.reachable = True

    ends_in(member, plane, 119)
    expect(warning(page, 2)).to_be_visible()
    expect(status(page, "2 min left")).to_be_visible()

    ends_in(member, plane, 3600)
    expect(status(page, "60 min left")).to_be_visible()
    ends_in(member, plane, 480)
    expect(warning(page, 8)).to_be_visible()
    expect(status(page, "8 min left")).to_be_visible()

    ends_in(member, plane, None)
    expect(status(page, "min left")).to_be_hidden()
    profile.close()


def test_the_warning_leads_to_the_page_that_shows_what_was_used(
    start: Callable[..., Container], plane: ControlPlane, browser: Browser
) -> None:
    origin = "https://ide.example"  # an address that the editor would ask about, were it any other
    member = opened(start(PAGE_ORIGIN=origin), plane)
    member.cookie = member.post_form(plane.enter_token(), origin=origin).cookies[COOKIE]
    profile = browser.new_context()
    profile.route(f"{origin}/**", lambda route: route.fulfill(body="what you used"))
    admit(profile, member)
    page = shown(profile, member)
    ends_in(member, plane, 300)
    with profile.expect_page() as leads_to:
        warning(page, 5).get_by_role("button", name="See what I used").click()
    leads_to.value.wait_for_url(f"{origin}/usage")
    profile.close()


def ends_in(member: Member, plane: ControlPlane, seconds: float | None) -> None:
    """The plan's time does, and the slot hears of it."""
    plane.deadline = None if seconds is None else time.time() + seconds
    member.attach(plane.sessions[SID]).raise_for_status()


def warning(page: Page, minutes: int) -> Locator:
    return page.locator(".notification-toast").filter(has_text=f"Your plan's time is used up in {minutes} min.")


def status(page: Page, text: str) -> Locator:
    return page.locator(".statusbar-item").filter(has_text=re.compile(text))
