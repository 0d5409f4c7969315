"""Settings on the page: look, language, time zone, signing out here and everywhere, and deleting the account."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in


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
    expect(page.get_by_role("status").first).to_contain_text(
        "You are signed out of this page, but Ondol can't be reached"
    )
    expect(page.get_by_role("status").first).to_contain_text("Close its tab")
    page.unroute_all()
    page.reload()
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()


def test_signing_out_everywhere_says_what_it_does_and_has_done(page: Page, plane: Plane) -> None:
    sign_in(page)
    go(page, "Settings")
    expect(page.get_by_text("Signs you out on this and every other device")).to_be_visible()
    press(page, "Sign out everywhere")
    expect(page.get_by_role("status").first).to_contain_text("You are signed out everywhere.")
    assert [body["everywhere"] for body in plane.signed_out] == [True]


def test_an_account_is_deleted_after_a_clear_question_and_a_new_sign_in(page: Page, plane: Plane) -> None:
    sign_in(page, "Minji Park")
    go(page, "Settings")
    press(page, "Delete the account")
    dialog = page.get_by_role("alertdialog", name="Delete the account")
    for said in ("permanently deleted", "once more a day later", "a keyed mark of your address is kept"):
        expect(dialog).to_contain_text(said)
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
    go(page, "설정")
    press(page, "계정 삭제")
    page.get_by_label("이해했습니다").check()
    press(page, "모두 삭제")
    expect(page.get_by_role("alert")).to_contain_text("바뀐 것은 없습니다")
    press(page, "English")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")


def test_a_time_zone_is_changed_after_it_is_said_what_moves_when(page: Page, plane: Plane) -> None:
    page.clock.set_fixed_time(datetime(2026, 11, 23, 18, 0, tzinfo=UTC))
    sign_in(page)
    go(page, "Settings")
    expect(page.get_by_text("at midnight in UTC")).to_be_visible()
    choice = page.get_by_label("Another time zone")
    expect(choice).to_have_value("Asia/Seoul")  # the browser's own is at hand
    press(page, "Change…")
    dialog = page.get_by_role("alertdialog", name="Count days and months in Asia/Seoul?")
    for said in ("There it is Tue, Nov 24", "The next day begins there at Nov 25, 2026, 12:00 AM", "for 30 days"):
        expect(dialog).to_contain_text(said)
    dialog.get_by_role("button", name="Keep it").click()
    choice.select_option("Europe/Berlin")
    press(page, "Change…")
    expect(page.get_by_role("alertdialog")).to_contain_text("the same day")
    assert "usage/zone" not in [name for name, _ in plane.asked]
    press(page, "Change the time zone")
    expect(page.locator(".notice")).to_have_text("Days and months now follow Europe/Berlin.")
    assert ("usage/zone", {"time_zone": "Europe/Berlin"}) in plane.asked
    expect(page.get_by_text("You can change it again from")).to_be_visible()
    expect(choice).to_have_count(0)


def test_a_change_of_the_time_zone_that_is_refused_says_why(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 403")
    sign_in(page)
    go(page, "Settings")
    plane.refuse("usage/zone", Refusal(403, "too-soon", "Again from 2026-12-23 09:00 UTC on.", retry_after=86_400))
    press(page, "Change…")
    press(page, "Change the time zone")
    expect(page.get_by_role("alert")).to_have_text("Again from 2026-12-23 09:00 UTC on.")
    press(page, "한국어")
    expect(page.get_by_role("alert")).to_contain_text("30일에 한 번만")


def test_language_and_theme_are_chosen_in_the_settings_too(page: Page) -> None:
    sign_in(page)
    go(page, "Settings")
    page.get_by_role("radio", name="Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("radio", name="한국어").check()
    expect(page.get_by_role("heading", name="설정", exact=True)).to_be_visible()
    expect(page.get_by_role("radio", name="어둡게")).to_be_checked()


def test_everything_can_be_taken_along(page: Page, plane: Plane) -> None:
    sign_in(page)
    go(page, "Settings")
    press(page, "Download all files")
    page.wait_for_url("**/home.tar.zst")
    assert ("snapshots/download", {"snapshot": None}) in plane.asked
