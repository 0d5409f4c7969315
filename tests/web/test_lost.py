"""A container that is lost while its session is open: the page notices, and keeps what the editor could not save."""

import json
from urllib.parse import parse_qs, urlencode

from playwright.sync_api import Page, expect

from tests.web.control_plane import Plane
from tests.web.member import press, sign_in


def test_a_slot_that_serves_nobody_any_more_is_said_and_so_is_that_it_answers_again(page: Page, plane: Plane) -> None:
    plane.open()
    sign_in(page)
    expect(page.locator(".state")).to_have_text("Your workspace is open.")
    plane.attached = False
    expect(page.locator(".state")).to_have_text("Your workspace does not answer.")
    expect(page.get_by_role("alert")).to_contain_text("Your files were last saved at")
    expect(page.get_by_role("button", name="Open", exact=True)).to_be_visible()
    press(page, "한국어")
    expect(page.locator(".state")).to_have_text("작업 공간이 응답하지 않습니다.")
    press(page, "English")
    plane.attached = True
    expect(page.locator(".state")).to_have_text("Your workspace is open.")


def test_a_save_that_is_late_is_said_and_for_how_long_until_it_is_made(page: Page, plane: Plane) -> None:
    plane.open()
    sign_in(page)
    expect(page.locator(".state")).to_have_text("Your workspace is open.")
    plane.unsaved_for = 185
    notice = page.locator(".card").get_by_role("status")
    expect(notice).to_contain_text("have not been saved for 3 min")
    press(page, "한국어")
    expect(notice).to_contain_text("3분째 저장되지 않고 있습니다")
    press(page, "English")
    plane.attached = False
    expect(page.locator(".state")).to_have_text("Your workspace does not answer.")
    expect(notice).to_have_count(0)
    plane.attached = True
    expect(notice).to_contain_text("have not been saved for")
    plane.unsaved_for = None
    expect(notice).to_have_count(0)


def test_text_that_the_editor_hands_over_is_kept_and_goes_into_the_next_session(
    page: Page, plane: Plane, front: str
) -> None:
    seal = entered(page, plane)
    page.goto(front + handed_over(seal, "notes.md"))
    expect(page.get_by_text("kept in this browser: notes.md")).to_be_visible()
    assert "#" not in page.url
    page.reload()
    plane.session = None
    plane.last = {"reason": "lost", "ended": 1.0, "saved_at": 1.0}
    page.reload()
    expect(page.get_by_text("kept in this browser: notes.md")).to_be_visible()
    press(page, "Open")
    expect(page.get_by_role("heading", name="Editor")).to_be_visible()
    assert parse_qs(page.url.partition("#")[2]) == {"seal": [seal], "unsaved": ["packed"]}
    page.goto(front)
    expect(page.locator(".state")).to_have_text("Your workspace is open.")
    expect(page.get_by_text("kept in this browser")).to_have_count(0)


def test_text_from_anybody_but_the_editor_that_was_entered_is_refused(page: Page, plane: Plane, front: str) -> None:
    entered(page, plane)
    page.goto(front + handed_over("made-up", "evil.md"))
    expect(page.locator(".state")).to_be_visible()
    expect(page.get_by_text("kept in this browser")).to_have_count(0)
    assert "#" not in page.url


def test_text_can_be_discarded_and_goes_when_its_member_signs_out(page: Page, plane: Plane, front: str) -> None:
    seal = entered(page, plane)
    page.goto(front + handed_over(seal, "notes.md"))
    press(page, "Discard the text")
    expect(page.get_by_text("kept in this browser")).to_have_count(0)
    page.goto(front + handed_over(seal, "notes.md"))
    page.reload()
    expect(page.get_by_text("kept in this browser")).to_be_visible()
    press(page, "Sign out")
    sign_in(page, "Ada Lovelace")
    expect(page.get_by_text("kept in this browser")).to_have_count(0)
    assert page.evaluate("localStorage.getItem('ondol.unsaved')") is None


def entered(page: Page, plane: Plane) -> str:
    """Signs in and goes to the editor; the seal that the page gave along."""
    plane.at_once()
    sign_in(page)
    press(page, "Open")
    expect(page.get_by_role("heading", name="Editor")).to_be_visible()
    return parse_qs(page.url.partition("#")[2])["seal"][0]


def handed_over(seal: str, *names: str) -> str:
    """The end of the address to which the editor's page leads back. The query makes it another page's than the last."""
    return "/?back#" + urlencode({"seal": seal, "names": json.dumps(names), "unsaved": "packed"})


def test_open_on_an_ended_session_opens_for_who_brings_the_seal_and_for_no_strangers_link(
    page: Page, plane: Plane, front: str
) -> None:
    seal = entered(page, plane)
    plane.session = None
    page.goto(f"{front}/#seal=a-strangers&open=1")
    expect(page.get_by_role("button", name="Open", exact=True)).to_be_visible()
    assert "#" not in page.url
    page.goto("about:blank")
    page.goto(f"{front}/#seal={seal}&open=1")
    expect(page.get_by_role("heading", name="Editor")).to_be_visible()
