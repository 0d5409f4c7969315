"""Stop, and what the page says of a session that ended."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.web.control_plane import NEWER_REASON, SESSION, Plane, Refusal
from tests.web.member import press, sign_in


def test_stop_waits_until_it_is_saved(page: Page, plane: Plane) -> None:
    plane.open()
    sign_in(page)
    with page.expect_response("**/api/release"):
        press(page, "Stop")
    expect(page.get_by_role("heading", name="Saving your workspace")).to_be_focused()
    page.reload()
    expect(page.get_by_role("heading", name="Saving your workspace")).to_be_visible()
    plane.saved.set()
    expect(page.locator(".state")).to_contain_text("Saved at ")
    expect(page.get_by_role("status")).to_contain_text("Saved at ")
    expect(page.get_by_role("button", name="Open")).to_be_visible()
    assert ("release", {"session": SESSION}) in plane.asked


def test_a_session_that_ended_meanwhile_is_no_error(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 409")
    plane.open()
    sign_in(page)
    plane.session = None
    plane.refuse("release", Refusal(409, "session-elsewhere", "You have no such session."))
    press(page, "Stop")
    expect(page.get_by_role("button", name="Open")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_stop_that_does_not_work_is_said(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 500")
    plane.open()
    sign_in(page)
    plane.refuse("release", Refusal(500, "internal", "Something went wrong on our side."))
    press(page, "Stop")
    expect(page.get_by_role("alert")).to_have_text("Something went wrong on our side.")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


@pytest.mark.parametrize(
    ("reason", "saved", "sentence"),
    [
        ("idle", True, "Your workspace was idle"),
        ("lost", True, "changes after that are lost"),
        ("lost", False, "lost before the first save"),
        ("member", True, "You stopped your workspace"),
        (NEWER_REASON, True, "Your workspace was saved at"),
    ],
)
def test_how_the_last_session_ended(page: Page, plane: Plane, reason: str, saved: bool, sentence: str) -> None:
    plane.last = {"reason": reason, "ended": time.time(), "saved_at": time.time() if saved else None}
    sign_in(page)
    expect(page.locator(".last")).to_contain_text(sentence)
