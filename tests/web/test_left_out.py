"""What the plan has no room for, on the page: before Stop, at home, and in the history."""

import re
import time
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.support.browser.member import Member
from tests.support.stack.observe import until
from tests.web.control_plane import Plane
from tests.web.member import go, press, sign_in
from tests.web.test_history import FULL, MB


def asked(plane: Plane, function: str) -> list[dict[str, Any]]:
    return [body for name, body in plane.asked if name == function]


def a_package(**fields: Any) -> dict[str, Any]:
    defaults = {"snapshot": "6-b-9", "at": time.time(), "expires": time.time() + 30 * 86400, "bytes": 210 * MB}
    sound = {"inconsistent": [], "inconsistent_unnamed": 0}
    return {**defaults, **sound, "fits": False, "left_out": FULL["left_out"], **fields}


def test_before_stop_it_says_what_is_not_saved(page: Page, plane: Plane) -> None:
    plane.open()
    plane.storage = FULL
    sign_in(page)
    press(page, "Stop")
    expect(page.get_by_role("heading", name="These are not saved when you stop")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("proj/node_modules 210 MB")
    assert asked(plane, "release") == []
    press(page, "Back")
    press(page, "Stop")
    press(page, "Stop, and save the rest")
    until(lambda: asked(plane, "release"), "it is stopped")


def test_a_second_try_of_a_journey_stops_what_the_first_try_left_open(
    browser: Browser, front: str, plane: Plane
) -> None:
    plane.open()
    plane.storage = FULL
    plane.at_once()
    with Member(browser, front, "Haneul Kim") as member:
        member.sign_in()
        expect(member.page.get_by_role("button", name="Open", exact=True)).to_be_visible()
    assert len(asked(plane, "release")) == 1


def test_what_could_not_even_be_kept_is_told_after_the_session(page: Page, plane: Plane) -> None:
    plane.storage = {"not_kept": 157 * MB}
    sign_in(page)
    expect(page.get_by_text("Files of 157 MB from your last session are neither saved nor kept")).to_be_visible()
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_text("지난 세션의 파일 157MB는 공간이나 시간이 부족해")).to_be_visible()


def test_an_open_workspace_offers_what_was_left_out_too(page: Page, plane: Plane) -> None:
    plane.open()
    plane.storage = {"apart": 210 * MB}
    sign_in(page)
    expect(page.get_by_text("Your workspace is open")).to_be_visible()
    expect(page.get_by_text("210 MB did not fit in your plan")).to_be_visible()
    expect(page.get_by_role("button", name="See these files")).to_be_visible()
    expect(page.get_by_text("neither saved nor kept")).to_have_count(0)


def test_a_closed_workspace_offers_what_was_left_out(page: Page, plane: Plane) -> None:
    plane.storage = {"apart": 210 * MB}
    plane.left_out = [a_package()]
    sign_in(page)
    expect(page.get_by_text("210 MB did not fit in your plan")).to_be_visible()
    press(page, "See these files")
    expect(page.get_by_role("heading", name="Not saved: storage was full")).to_be_visible()
    expect(page.get_by_text("can't hold all of these files at once")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Restore, ")).first.click()
    until(lambda: asked(plane, "snapshots/restore"), "it is asked for")
    assert asked(plane, "snapshots/restore") == [{"snapshot": "6-b-9", "path": "proj/node_modules"}]
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Keep").click()
    assert asked(plane, "snapshots/discard") == []
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete permanently").click()
    expect(page.locator("#main").get_by_text("Deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="Not saved: storage was full")).to_have_count(0)


def test_all_of_it_comes_back_when_the_plan_has_room(page: Page, plane: Plane) -> None:
    plane.left_out = [a_package(fits=True)]
    sign_in(page)
    go(page, "History")
    page.get_by_role("button", name="Restore all").click()
    until(lambda: asked(plane, "snapshots/restore"), "it is asked for")
    assert asked(plane, "snapshots/restore") == [{"snapshot": "6-b-9", "path": None}]
