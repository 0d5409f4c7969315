"""Signing in and out, as one of the Auth emulator's made-up people."""

from playwright.sync_api import Page, expect

from tests.web.control_plane import Plane, Refusal
from tests.web.member import sign_in


def test_five_people_are_offered_and_one_signs_in(page: Page, plane: Plane) -> None:
    names = ["Haneul Kim", "Minji Park", "Ada Lovelace", "Alan Turing", "Sujin Lee"]
    expect(page.get_by_role("button", name="Sign in as")).to_have_count(len(names))
    for name in names:
        expect(page.get_by_role("button", name=f"Sign in as {name}")).to_be_visible()
    sign_in(page, "Ada Lovelace")
    expect(page.get_by_role("heading", name="Hello, Ada Lovelace")).to_be_focused()
    expect(page.get_by_text("ada@example.com")).to_be_visible()
    expect(page.get_by_text("Enterprise")).to_be_visible()
    assert plane.asked == [("login", {"time_zone": "Asia/Seoul", "locale": "en"})]


def test_a_reload_stays_signed_in_and_signing_out_does_not(page: Page, plane: Plane) -> None:
    sign_in(page)
    page.reload()
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()


def test_the_keyboard_is_enough(page: Page, plane: Plane) -> None:
    person = page.get_by_role("button", name="Sign in as Haneul Kim")
    expect(person).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="한국어")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(person).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Open")).to_be_focused()


def test_a_sign_in_that_is_no_longer_valid_is_asked_for_again(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 401")
    plane.refuse("login", Refusal(401, "not-signed-in", "The token is expired."))
    page.get_by_role("button", name="Sign in as Minji Park").click()
    expect(page.get_by_role("alert")).to_have_text("Your sign-in is no longer valid. Sign in again.")
    sign_in(page, "Minji Park")


def test_a_control_plane_that_can_not_be_reached_is_said_and_tried_again(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 502")
    plane.refuse("login", Refusal(502, None))
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
    expect(page.get_by_role("alert")).to_have_text("Ondol can't be reached. Check your network, then try again.")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
