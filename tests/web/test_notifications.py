"""Notifications: asked for by a click, and shown to whoever looks at something else."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack.observe import until
from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in

pytestmark = pytest.mark.whole_browser  # it asks the member whether notifications may be shown

FULL = Refusal(503, "pool-exhausted", "All containers are in use. One is usually free in a minute.", retry_after=1)
RECORDING = """
    window.asked = 0;
    const Real = window.Notification;
    window.Notification = class extends Real {
      constructor(title, options) {
        super(title, options);
        const kept = JSON.parse(sessionStorage.getItem("shown") ?? "[]");
        sessionStorage.setItem("shown", JSON.stringify([...kept, options.body]));
      }
      static requestPermission() {
        window.asked += 1;
        return Real.requestPermission();
      }
    };
"""
"""The browser's own notifications, and beside them a list of what they say."""


@pytest.fixture
def allowed(page: Page) -> Page:
    """The page in a browser whose member allows notifications when they are asked."""
    page.context.grant_permissions(["notifications"])
    page.add_init_script(RECORDING)
    page.reload()
    return page


def look_elsewhere(page: Page) -> None:
    page.evaluate("""() => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
      document.dispatchEvent(new Event("visibilitychange"));
    }""")


def shown(page: Page) -> list[str]:
    said: list[str] = page.evaluate("JSON.parse(sessionStorage.getItem('shown') ?? '[]')")
    return said


def turn_on(page: Page) -> None:
    go(page, "Settings")
    press(page, "Turn on notifications")
    expect(page.get_by_text("Your browser tells you.")).to_be_visible()


def test_the_browser_is_asked_by_a_click_and_the_choice_is_kept(allowed: Page) -> None:
    sign_in(allowed)
    go(allowed, "Settings")
    assert allowed.evaluate("asked") == 0
    press(allowed, "Turn on notifications")
    assert allowed.evaluate("asked") == 1
    allowed.reload()
    expect(allowed.get_by_text("Your browser tells you.")).to_be_visible()
    press(allowed, "Turn off")
    expect(allowed.get_by_role("button", name="Turn on notifications")).to_be_visible()


def test_where_they_are_blocked_it_is_said_how_to_allow_them(page: Page) -> None:
    page.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page.reload()
    sign_in(page)
    go(page, "Settings")
    expect(page.get_by_text("Your browser blocks notifications from this page.")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on notifications")).to_have_count(0)


def test_who_waits_for_a_full_pool_is_told_when_the_workspace_opens(
    allowed: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 503")
    sign_in(allowed)
    plane.refuse("allocate", *[FULL] * 14)
    plane.at_once()
    press(allowed, "Open")
    press(allowed, "Tell me when it opens")
    expect(allowed.locator(".notice")).to_contain_text("Your browser tells you.")
    look_elsewhere(allowed)
    # more refusals than an open outlives that is refused for another reason
    expect(allowed.get_by_role("heading", name="Editor")).to_be_visible(timeout=60_000)
    allowed.go_back()
    assert shown(allowed) == ["Your workspace is open."]


def test_a_workspace_that_is_about_to_close_is_told_of_once(allowed: Page, plane: Plane) -> None:
    allowed.clock.install()
    now = time.time()
    plane.open(idle={"warned_from": now + 400, "ends": now + 520})
    sign_in(allowed)
    turn_on(allowed)
    look_elsewhere(allowed)
    plane.open(idle={"warned_from": now - 1, "ends": now + 119})
    allowed.clock.fast_forward(401_000)
    [said] = until(lambda: shown(allowed), "a notification")
    assert said.startswith("Your workspace is idle.")
    logins = [name for name, _ in plane.asked].count("login")
    allowed.clock.fast_forward(61_000)
    until(lambda: [name for name, _ in plane.asked].count("login") > logins, "the page looks again")
    assert shown(allowed) == [said]


def test_who_sees_the_page_is_shown_none(allowed: Page, plane: Plane) -> None:
    now = time.time()
    plane.open(idle={"warned_from": now - 1, "ends": now + 119})
    sign_in(allowed)
    turn_on(allowed)
    expect(allowed.get_by_role("alert")).to_contain_text("Your workspace is idle.")
    assert shown(allowed) == []


def test_mails_about_time_are_turned_off_and_on_in_the_settings(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 503")
    sign_in(page)
    go(page, "Settings")
    choice = page.get_by_label("Tell me by mail when most of the month's time is used")
    expect(choice).to_be_checked()
    choice.click()
    until(lambda: not plane.mails_about_time, "it is turned off")
    expect(choice).not_to_be_checked()
    plane.refusals["account/tell"] = [Refusal(503, "unavailable", "A moment.", retry_after=1)]
    choice.click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(choice).not_to_be_checked()
    choice.click()
    until(lambda: plane.mails_about_time, "it is turned on again")
    expect(choice).to_be_checked()
