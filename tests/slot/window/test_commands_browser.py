"""Ondol's commands in the editor, in the language of the page, and the one message before a session ends."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.slot.window.test_connection_browser import saved
from tests.slot.window.test_time_left_browser import ends_in
from tests.slot.window.test_window_browser import admit, shown
from tests.support.checkout import ROOT
from tests.support.slot.control_plane import SID, ControlPlane
from tests.support.slot.member import Member
from tests.support.stack.observe import until

PATIENCE = 60_000
WARNINGS_GO_AFTER = 12_000
"""Milliseconds for which the editor shows a warning, while its window has the focus."""


@contextmanager
def editor(browser: Browser, member: Member) -> Iterator[Page]:
    """In an English browser, of a member who opened it from the Korean page."""
    member.enter(language="ko")
    profile: BrowserContext = browser.new_context(locale="en-US")
    admit(profile, member)
    page = shown(profile, member)
    expect(saved(page)).to_contain_text("저장", timeout=PATIENCE)
    yield page
    profile.close()


@pytest.fixture(scope="module")
def standing_editor(browser: Browser, standing: Member) -> Iterator[Page]:
    """The one that the first tests use one after the other; the last of them stops the session."""
    with editor(browser, standing) as page:
        yield page


def test_the_status_leads_to_the_commands_and_save_now_saves(standing: Member, standing_editor: Page) -> None:
    page = standing_editor
    standing.slot.run("echo 1 > a.txt")
    saved(page).click()
    expect(option(page, "지금 저장")).to_be_visible(timeout=PATIENCE)
    page.screenshot(path=ROOT / "build/menu-ko.png")
    option(page, "지금 저장").click()
    expect(page.get_by_text("모두 저장되었습니다").first).to_be_visible(timeout=PATIENCE)
    head = standing.plane.sessions[SID].head
    assert head is not None


def test_the_end_of_the_plans_time_is_told_once_and_not_contradicted(standing: Member, standing_editor: Page) -> None:
    plane, toasts = standing.plane, standing_editor.locator(".notification-toast")
    plane.directive, plane.idle_at = "warn", time.time() + 118
    ends_in(standing, plane, 118)
    told = toasts.filter(has_text="요금제의 사용 시간이 2분 뒤에 끝납니다")
    expect(told).to_be_visible(timeout=PATIENCE)
    expect(toasts.filter(has_text="분 뒤에")).to_have_count(1)
    for button in ("계속 작업하기", "저장하고 끝내기"):
        expect(told.get_by_role("button", name=button)).to_be_visible()
    plane.directive, plane.idle_at = "continue", None
    ends_in(standing, plane, None)


def test_the_palette_has_them_by_the_name_of_ondol_and_stop_ends_the_session(
    standing: Member, standing_editor: Page
) -> None:
    page = standing_editor
    page.keyboard.press("F1")
    page.locator(".quick-input-widget input.input").fill(">Ondol")
    expect(option(page, "Ondol 온돌: 이 파일의 이전 버전")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("option").filter(has_text="Save Now")).to_have_count(0)
    option(page, "Ondol 온돌: 저장하고 끝내기").click()
    page.locator(".monaco-dialog-box").get_by_role("button", name="저장하고 끝내기", exact=True).click()
    until(lambda: any(beat.stop for beat in standing.plane.beats), "the control plane hears of it")


def test_an_idle_end_can_be_put_off_or_taken_at_once(member: Member, plane: ControlPlane, browser: Browser) -> None:
    with editor(browser, member) as page:
        plane.directive, plane.idle_at = "warn", time.time() + 118
        member.attach(plane.sessions[SID]).raise_for_status()
        toast = page.locator(".notification-toast").filter(has_text="작업을 계속하지 않으면 2분 뒤에")
        expect(toast).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(WARNINGS_GO_AFTER + 1_000)
        expect(toast).to_be_visible()
        toast.get_by_role("button", name="저장하고 끝내기").click()
        until(lambda: any(beat.stop for beat in plane.beats), "the control plane hears of it")


def option(page: Page, name: str) -> Locator:
    return page.get_by_role("option").filter(has_text=name.rpartition(": ")[2]).first
