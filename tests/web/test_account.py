"""The member's account on the page: signing out here and everywhere, and deleting it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.member import press, sign_in
from tests.web.plane import Plane, Refusal


def test_signing_out_tells_the_control_plane_which_browser_it_is(page: Page, plane: Plane) -> None:
    plane.at_once()
    sign_in(page)
    press(page, "Open")
    expect(page.get_by_role("heading", name="Editor")).to_be_visible()
    page.go_back()
    page.reload()
    press(page, "Sign out")
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()
    [told] = plane.signed_out
    [opened] = [body for function, body in plane.asked if function == "allocate"]
    assert told == {"browser": opened["browser"], "everywhere": False}
    assert re.fullmatch("[0-9a-f]{32}", told["browser"])
    sign_in(page)
    press(page, "Sign out")
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()
    assert plane.signed_out[1]["browser"] != told["browser"], "each sign-in has an id of its own"


@pytest.mark.parametrize("way", ["refused", "unreachable", "silent"])
def test_nobody_stays_signed_in_because_the_control_plane_can_not_be_told(
    page: Page, plane: Plane, complaints: list[str], way: str
) -> None:
    complaints += ["status of 502", "net::ERR_FAILED"]
    sign_in(page)
    if way == "refused":
        plane.refuse("account/sign-out", Refusal(502, None))
    else:
        page.route("**/api/account/sign-out", lambda route: route.abort() if way == "unreachable" else None)
    press(page, "Sign out")
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("You are signed out here, but Ondol can't be reached")
    expect(page.get_by_role("status").first).to_contain_text("close its tab")
    page.unroute_all()
    page.reload()
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()


def test_signing_out_everywhere_says_what_it_does_and_has_done(page: Page, plane: Plane) -> None:
    sign_in(page)
    press(page, "Account")
    expect(page.get_by_text("Ends every sign-in to this account")).to_be_visible()
    press(page, "Sign out everywhere")
    expect(page.get_by_role("status").first).to_contain_text("You are signed out everywhere.")
    assert [body["everywhere"] for body in plane.signed_out] == [True]


def test_an_account_is_deleted_after_a_clear_question_and_a_new_sign_in(page: Page, plane: Plane) -> None:
    sign_in(page, "Minji Park")
    press(page, "Account")
    press(page, "Delete the account")
    dialog = page.get_by_role("alertdialog", name="Delete the account")
    expect(dialog).to_contain_text("deleted for good")
    expect(dialog.get_by_role("button", name="Delete everything")).to_be_disabled()
    dialog.get_by_role("button", name="Keep the account").click()
    expect(dialog).to_have_count(0)
    press(page, "Delete the account")
    dialog.get_by_label("I understand").check()
    dialog.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("status").first).to_have_text("Your account is deleted. Its files are being erased now.")
    [age] = plane.deleted
    assert age < 60, "the sign-in is a new one"
    expect(page.get_by_role("button", name="Sign in as Minji Park")).to_be_visible()


def test_a_deletion_that_is_refused_leaves_everything_and_says_so(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 403")
    plane.refuse("account/delete", Refusal(403, "sign-in-again"))
    sign_in(page)
    press(page, "한국어")
    press(page, "계정")
    press(page, "계정 삭제")
    page.get_by_label("이해했습니다").check()
    press(page, "모두 삭제")
    expect(page.get_by_role("alert")).to_contain_text("바뀐 것은 없습니다")
    press(page, "English")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
