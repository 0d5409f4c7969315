"""Views that have an address: a link, the Back button and a reload lead to them, and nothing typed is lost."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in
from tests.web.test_history import a_snapshot

REPOSITORY = "https://github.com/owner/name"


@pytest.fixture(autouse=True)
def some_history(plane: Plane) -> None:
    plane.history = [a_snapshot(1, current=True), a_snapshot(2), a_snapshot(3)]


def test_back_and_reload_lead_where_the_address_says(page: Page, front: str) -> None:
    sign_in(page)
    assert page.url == f"{front}/"
    go(page, "History")
    expect(page.get_by_role("heading", name="History")).to_be_focused()
    assert page.url == f"{front}/history"
    go(page, "Settings")
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(page.get_by_role("link", name="History")).to_have_attribute("aria-current", "page")
    page.reload()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    press(page, "Back")
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
    assert page.url == f"{front}/"


def test_a_link_to_the_plans_opens_in_a_tab_of_its_own_too(page: Page, front: str) -> None:
    sign_in(page)
    link = page.get_by_role("link", name="Compare plans")
    with page.context.expect_page() as opened:
        link.click(modifiers=["Control"])
    expect(opened.value.get_by_role("heading", name="Plans", exact=True)).to_be_visible()
    assert (opened.value.url, page.url) == (f"{front}/plans", f"{front}/")
    page.bring_to_front()
    link.click()
    expect(page.get_by_role("heading", name="Plans", exact=True)).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
    page.go_forward()
    page.reload()
    expect(page.get_by_role("heading", name="Plans", exact=True)).to_be_visible()


def test_who_is_not_signed_in_gets_there_by_signing_in(page: Page, front: str) -> None:
    page.goto(f"{front}/account")
    page.get_by_role("button", name="Sign in as Ada Lovelace").click()
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    press(page, "Sign out")
    expect(page.get_by_role("button", name="Sign in as Ada Lovelace")).to_be_visible()
    assert page.url == f"{front}/", "the next one who signs in wants to see another view"


@pytest.mark.parametrize(
    ("refusal", "said", "way_on"),
    [
        (Refusal(401, "not-signed-in"), "Your sign-in is no longer valid.", "Sign in as Haneul Kim"),
        (Refusal(502, None), "Ondol can't be reached.", "Try again"),
    ],
)
def test_what_stands_in_the_way_of_a_linked_repository_leads_on_to_it(
    page: Page, plane: Plane, front: str, complaints: list[str], refusal: Refusal, said: str, way_on: str
) -> None:
    complaints.append(f"status of {refusal.status}")
    linked = f"{front}/new?repo={REPOSITORY}"
    page.goto(linked)
    plane.refuse("login", refusal)
    enter(page)
    expect(page.get_by_role("alert")).to_contain_text(said)
    assert page.url == linked
    page.get_by_role("button", name=way_on).click()
    expect(page.get_by_label("Address of the repository")).to_have_value(REPOSITORY)
    # what is refused later leads back as well
    plane.refuse("allocate", Refusal(401, "not-signed-in"))
    complaints.append("status of 401")
    press(page, "Open the repository")
    expect(page.get_by_role("alert")).to_contain_text("Your sign-in is no longer valid.")
    enter(page)
    expect(page.get_by_label("Address of the repository")).to_have_value(REPOSITORY)


def test_a_sign_in_that_fails_says_so_and_keeps_the_linked_repository(
    page: Page, front: str, complaints: list[str]
) -> None:
    complaints.append("ERR_FAILED")
    linked = f"{front}/new?repo={REPOSITORY}"
    page.goto(linked)
    page.route("**/accounts:signInWithIdp*", lambda route: route.abort(), times=1)
    enter(page)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("Sign in, then begin with a repository")).to_be_visible()
    assert page.url == linked
    enter(page)
    expect(page.get_by_label("Address of the repository")).to_have_value(REPOSITORY)


def test_a_last_save_is_waited_for_and_then_the_linked_repository_is_shown(
    page: Page, plane: Plane, front: str
) -> None:
    page.goto(f"{front}/new?repo={REPOSITORY}")
    plane.open(state="draining")
    enter(page)
    expect(page.get_by_role("heading", name="Saving your workspace")).to_be_visible()
    plane.saved.set()
    expect(page.get_by_label("Address of the repository")).to_have_value(REPOSITORY)


def test_a_view_that_fails_is_tried_again_and_left_for_home(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 500")
    sign_in(page)
    plane.refuse("snapshots", *[Refusal(500, "internal")] * 2)
    go(page, "History")
    expect(page.get_by_role("alert")).to_be_visible()
    press(page, "Try again")
    expect(page.get_by_role("alert")).to_be_visible()
    press(page, "Try again")
    expect(page.get_by_role("heading", name="History")).to_be_focused()
    plane.refuse("usage", Refusal(500, "internal"))
    go(page, "Usage")
    press(page, "Back")
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_focused()


def test_what_is_typed_stays_when_the_view_is_drawn_anew(page: Page) -> None:
    sign_in(page)
    go(page, "History")
    page.locator("summary").last.click()
    page.get_by_label("Path in your home folder").last.fill("proj/ma")
    press(page, "한국어")
    expect(page.get_by_role("heading", name="기록")).to_be_visible()
    expect(page.get_by_label("홈 폴더 안의 경로").last).to_have_value("proj/ma")
    page.get_by_role("button", name="이때로 되돌리기").first.click()
    press(page, "되돌리기")
    expect(page.get_by_role("listitem").nth(1)).to_contain_text("지금 상태")
    expect(page.get_by_label("홈 폴더 안의 경로").last).to_have_value("proj/ma")


def enter(page: Page) -> None:
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
