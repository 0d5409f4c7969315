"""The plan's time on the page: what is left, what ends when, and how the page learns of it without asking often."""

import re
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack.observe import until
from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in

SEOUL = ZoneInfo("Asia/Seoul")
LONGEST_TIMER = 2**31 - 1
"""Milliseconds: a browser takes a longer delay for none."""
NOTE_DELAYS = """
    window.delays = [];
    const setTimer = window.setTimeout;
    window.setTimeout = (work, delay, ...given) => {
        if (delay !== undefined) window.delays.push(delay); // Svelte has work done at once, without a delay
        return setTimer(work, delay, ...given);
    };
"""
USED_UP = {"granted": 1800, "seconds": 0, "lifted_by": "Starter"}


def on_the_clock(moment: float) -> str:
    """The hour and minute, as the page's browser has them."""
    return f"{datetime.fromtimestamp(moment, SEOUL):%-I:%M}"


def logins(plane: Plane) -> int:
    return [name for name, _ in plane.asked].count("login")


def asked_again(plane: Plane, before: int) -> None:
    until(lambda: logins(plane) == before + 1, "the page asked once more")


def some_time_left(plane: Plane, seconds: float, **fields: object) -> None:
    """A session is open, and its time ends in so many seconds."""
    plane.allowance = {"granted": 1800, "seconds": seconds}
    plane.open(deadline=time.time() + seconds, **fields)


def pass_time(page: Page, plane: Plane, seconds: int) -> None:
    """In the page, and for the session."""
    assert plane.session
    plane.session["deadline"] -= seconds
    page.clock.fast_forward(seconds * 1000)


def test_what_is_left_of_what_and_when_there_is_more(page: Page, plane: Plane) -> None:
    plane.allowance = {"granted": 5 * 3600, "seconds": 4 * 3600 + 12 * 60 + 30, "renews": time.time() + 9 * 86_400}
    sign_in(page)
    expect(page.get_by_text("4 h 12 min of 5 h left")).to_contain_text(on_the_clock(plane.allowance["renews"]))
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_text("5시간 중 4시간 12분 남음")).to_be_visible()


def test_without_a_limit_nothing_is_counted_and_nothing_asked_again(page: Page, plane: Plane) -> None:
    page.clock.install()
    plane.open()
    sign_in(page)
    expect(page.get_by_text("without limit")).to_be_visible()
    page.clock.fast_forward(3_600_000)
    assert logins(plane) == 1


def test_a_refused_open_says_when_it_renews_here_and_what_lifts_it(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 403")
    sign_in(page)
    plane.allowance = {**USED_UP, "renews": time.time() + 3 * 3600}
    plane.refuse("allocate", Refusal(403, "allowance-exhausted", "It renews at 15:00 UTC.", retry_after=10_800))
    press(page, "Open")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("time is used up")
    expect(notice).to_contain_text(on_the_clock(plane.allowance["renews"]))
    expect(notice).to_contain_text("The Starter plan ($5 a month) has more.")
    page.get_by_role("button", name="한국어").click()
    expect(notice).to_contain_text("Starter 요금제")


def test_what_is_used_up_is_said_before_anybody_presses_open(page: Page, plane: Plane) -> None:
    plane.allowance = USED_UP
    sign_in(page)
    expect(page.locator(".notice")).to_contain_text("time is used up")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("button", name="Open"), "it would do nothing").to_have_count(0)
    expect(page.locator(".facts")).to_contain_text("all of 30 min used; renews at")
    expect(page.get_by_role("main")).not_to_contain_text(re.compile(r"\b0 (s|B)\b"))
    page.get_by_role("button", name="한국어").click()
    expect(page.locator(".facts")).to_contain_text("30분을 모두 사용함")
    expect(page.locator(".notice")).to_contain_text("Starter 요금제(월 US$5)")


def test_an_open_workspace_counts_down_what_is_left_of_its_time(page: Page, plane: Plane) -> None:
    page.clock.install()
    some_time_left(plane, 3_000)
    sign_in(page)
    expect(page.locator(".facts").first).to_contain_text("Time left 50 min")
    pass_time(page, plane, 61)
    expect(page.locator(".facts").first).to_contain_text("Time left 49 min")


def test_the_end_is_warned_of_at_ten_minutes_and_at_two(page: Page, plane: Plane) -> None:
    page.clock.install()
    some_time_left(plane, 630)
    sign_in(page)
    expect(page.locator(".notice")).to_have_count(0)
    pass_time(page, plane, 32)
    expect(page.locator(".notice")).to_contain_text("10 min left of your plan's time")
    expect(page.get_by_role("status").last).to_contain_text("10 min left")
    expect(page.get_by_role("alert")).to_have_count(0)
    pass_time(page, plane, 480)
    expect(page.get_by_role("alert")).to_contain_text("2 min left of your plan's time")
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("alert")).to_contain_text("2분 뒤면 요금제의 사용 시간이 끝납니다")


def test_the_end_is_warned_of_while_something_else_is_looked_at(page: Page, plane: Plane) -> None:
    page.clock.install()
    some_time_left(plane, 630)
    sign_in(page)
    go(page, "History")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)
    pass_time(page, plane, 32)
    expect(page.locator(".notice")).to_contain_text("10 min left of your plan's time")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    pass_time(page, plane, 480)
    expect(page.get_by_role("alert")).to_contain_text("2 min left of your plan's time")
    plane.session = None
    before = logins(plane)

    def is_asked() -> bool:
        """The timer of the next question may be set only now: after the answer to the last one."""
        page.clock.fast_forward(61_000)
        return logins(plane) > before

    until(is_asked, "the page asks once more")
    expect(page.locator(".notice")).to_have_count(0)


def test_an_end_that_is_weeks_away_is_waited_for_in_peace(page: Page, plane: Plane) -> None:
    """A timer bears 24 days; one that is set for longer rings at once, and again, and again."""
    page.clock.install()
    page.add_init_script(NOTE_DELAYS)
    page.reload()
    some_time_left(plane, 30 * 86_400)
    sign_in(page)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.clock.run_for(1_000)
    delays = page.evaluate("delays")
    assert delays, "the page sets timers, and all of them are noted"
    assert [delay for delay in delays if not 1 <= delay <= LONGEST_TIMER] == []


def test_others_who_use_the_same_time_bring_the_end_nearer(page: Page, plane: Plane) -> None:
    page.clock.install()
    some_time_left(plane, 7_200)
    sign_in(page)
    some_time_left(plane, 300)
    page.clock.fast_forward(299_000)
    assert logins(plane) == 1, "not every minute while it is far"
    page.clock.fast_forward(1_500)
    expect(page.locator(".notice")).to_contain_text("left of your plan's time")


def test_nobody_asks_more_often_than_once_a_minute_nor_for_a_page_that_is_hidden(page: Page, plane: Plane) -> None:
    page.clock.install()
    some_time_left(plane, 500)
    sign_in(page)
    for asked in range(1, 5):
        assert logins(plane) == asked
        page.clock.fast_forward(59_000)
        assert logins(plane) == asked
        page.clock.fast_forward(1_500)
        asked_again(plane, asked)
    page.evaluate(
        """() => {
            Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    asked = logins(plane)
    page.clock.fast_forward(600_000)
    assert logins(plane) == asked


def test_a_look_that_does_not_work_leaves_the_page_as_it_is(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 503")
    page.clock.install()
    some_time_left(plane, 500)
    sign_in(page)
    plane.refuse("login", Refusal(503, "unavailable", "Not now.", retry_after=3))
    page.clock.fast_forward(61_000)
    asked_again(plane, 1)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.clock.fast_forward(61_000)
    asked_again(plane, 2)


def test_a_session_that_ended_meanwhile_is_seen_to_have_ended(page: Page, plane: Plane) -> None:
    page.clock.install()
    some_time_left(plane, 100)
    sign_in(page)
    plane.session, plane.allowance = None, USED_UP
    plane.last = {"reason": "allowance", "ended": time.time(), "saved_at": time.time()}
    page.clock.fast_forward(101_000)
    expect(page.locator(".last")).to_contain_text("Your plan's time was used up. Your workspace was saved at")


def test_a_job_without_a_browser_is_said_with_its_end_and_can_be_stopped(page: Page, plane: Plane) -> None:
    until_then = time.time() + 1800
    plane.open(background=until_then)
    sign_in(page)
    said = page.get_by_text("A job keeps running without a browser")
    expect(said).to_contain_text(on_the_clock(until_then))
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


@pytest.mark.parametrize(("reason", "said"), [("allowance", "plan's time was used up"), ("suspended", "was suspended")])
def test_what_ended_it_is_said(page: Page, plane: Plane, reason: str, said: str) -> None:
    plane.last = {"reason": reason, "ended": time.time(), "saved_at": time.time()}
    sign_in(page)
    expect(page.locator(".last")).to_contain_text(said)
