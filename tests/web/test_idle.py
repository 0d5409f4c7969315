"""An open workspace in which nothing happens: the page warns as the editor does, and leads back to it."""

import time

from playwright.sync_api import Page, expect

from tests.support.stack.observe import until
from tests.web.control_plane import Plane
from tests.web.member import go, press, sign_in


def open_idly(plane: Plane, until_warned: float, until_end: float) -> None:
    now = time.time()
    plane.open(idle={"warned_from": now + until_warned, "ends": now + until_end})


def logins(plane: Plane) -> int:
    return [name for name, _ in plane.asked].count("login")


def wait_for_logins(plane: Plane, count: int) -> None:
    until(lambda: logins(plane) >= count, "the page asks")


def test_who_is_warned_goes_to_the_editor_and_keeps_the_workspace(page: Page, plane: Plane) -> None:
    plane.at_once()
    open_idly(plane, -1, 119)
    sign_in(page)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("In 2 min your workspace is saved and closed")
    press(page, "한국어")
    expect(notice).to_contain_text("2분 뒤에 저장하고 닫습니다")
    press(page, "편집기로 가기")
    expect(page.get_by_role("heading", name="Editor")).to_be_visible()


def test_the_warning_comes_by_itself_while_the_page_is_looked_at_and_goes_with_new_activity(
    page: Page, plane: Plane
) -> None:
    page.clock.install()
    open_idly(plane, 400, 520)
    sign_in(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.clock.fast_forward(390_000)
    assert logins(plane) == 1
    open_idly(plane, -1, 119)
    page.clock.fast_forward(11_000)
    expect(page.get_by_role("alert")).to_contain_text("In 2 min your workspace is saved and closed")
    assert logins(plane) == 2
    open_idly(plane, 700, 820)

    def asked_again() -> bool:
        """The page's next question may not be set yet when the clock moves."""
        page.clock.fast_forward(31_000)
        page.wait_for_timeout(200)
        return logins(plane) > 2

    until(asked_again, "the page asks")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_warning_comes_while_something_else_is_looked_at(page: Page, plane: Plane) -> None:
    page.clock.install()
    open_idly(plane, 400, 520)
    sign_in(page)
    go(page, "History")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    open_idly(plane, -1, 119)
    page.clock.fast_forward(401_000)
    expect(page.get_by_role("alert")).to_contain_text("your workspace is saved and closed")
    expect(page.get_by_role("heading", name="History")).to_be_visible()


def test_a_member_who_is_active_is_asked_about_no_more_than_once_a_minute(page: Page, plane: Plane) -> None:
    page.clock.install()
    open_idly(plane, 5, 125)
    sign_in(page)
    for asked in range(1, 4):
        wait_for_logins(plane, asked)
        open_idly(plane, 5, 125)
        page.clock.fast_forward(59_000)
        assert logins(plane) == asked
        page.clock.fast_forward(1_500)
        expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
