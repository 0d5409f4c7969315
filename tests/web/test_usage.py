"""What was used, on the page: by day, by session, as a file."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.control_plane import NEWER_REASON, Plane, Refusal
from tests.web.member import go, press, sign_in

OPENED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC).timestamp()


def a_session(number: int, seconds: float, **fields: Any) -> dict[str, Any]:
    defaults = {
        "background_seconds": 0, "pending": False, "plan": "starter", "reason": "member",
        "decision": "stopped by the member", "idle_seconds": None,
    }  # fmt: skip
    opened = OPENED - 86_400 * number
    return {
        "session": f"s-{number:020}",
        "opened": opened,
        "ended": opened + seconds,
        "seconds": seconds,
        **defaults,
        **fields,
    }


def a_day(date: str, seconds: float, background_seconds: float = 0) -> dict[str, Any]:
    return {"id": date, "seconds": seconds, "background_seconds": background_seconds, "sessions": 1}


def some_usage() -> dict[str, Any]:
    """The answer of `usage` for some days of November."""
    return {
        "plan": {"name": "starter", "title": "Starter"},
        "time_zone": "Asia/Kolkata",
        "zone_holds_until": None,
        "current": {
            "id": "2026-11",
            "starts": 0,
            "renews": time.time(),
            "granted": 18_000,
            "used": 4_500,
            "left": 13_500,
        },
        "storage": {"used": 12_000_000, "limit": 1_000_000_000},
        "periods": [a_day("2026-11", 4_500, 900)],
        "days": [a_day("2026-11-23", 3_600, 900), a_day("2026-11-22", 900)],
        "sessions": [
            a_session(0, 600, ended=None, reason=None, decision=None, pending=True),
            a_session(
                1, 3_000, reason="idle", decision="idle for 15 min: ...", idle_seconds=900, background_seconds=900
            ),
            a_session(2, 900),
            a_session(3, 30, reason=NEWER_REASON, decision="for a new reason"),
        ],
        "next": None,
    }


@pytest.fixture(autouse=True)
def some_use(plane: Plane) -> None:
    plane.used = some_usage()


def look(page: Page) -> None:
    go(page, "Usage")
    expect(page.get_by_role("heading", name="Usage")).to_be_focused()
    expect(page.get_by_role("heading", name="November 2026")).to_be_visible()


def test_what_is_left_and_what_was_used_by_day_and_by_session(page: Page) -> None:
    sign_in(page)
    look(page)
    facts = page.locator(".facts")
    for said in ("Starter", "1 h 15 min", "3 h 45 min of 5 h"):
        expect(facts).to_contain_text(said)
    expect(page.get_by_role("progressbar", name="Used of this period's time")).to_have_js_property("value", 4500)
    days = page.locator(".days li")
    expect(days).to_have_count(2)
    expect(days.first).to_contain_text("Mon, Nov 23")
    expect(days.first).to_contain_text("15 min of it without a browser")
    expect(days.last).to_contain_text("15 min")
    now, idle, stopped, new = page.locator(".sessions li").all()
    expect(now).to_contain_text("2:30 PM 10 min")  # in the account's time zone, half an hour off the browser's
    expect(now).to_contain_text("open now")
    expect(idle).to_contain_text("closed after 15 min without typing; no running process could keep it open")
    expect(idle).to_contain_text("15 min of it without a browser")
    expect(stopped).to_contain_text("you stopped your workspace")
    expect(new).to_contain_text("30 s")
    expect(new).to_contain_text("for a new reason")
    press(page, "Back")
    expect(page.get_by_role("button", name="Open")).to_be_visible()


def test_what_takes_storage_is_shown_with_what_may_go(page: Page, plane: Plane) -> None:
    packages = {"path": "proj/packages", "bytes": 9_000_000, "dependencies": True}
    plane.storage = {"largest": [packages, {"path": "data", "bytes": 2_000, "dependencies": False}]}
    sign_in(page)
    look(page)
    expect(page.get_by_text("12 MB of 1 GB")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Storage")).to_be_visible()
    expect(page.locator(".largest li")).to_have_text(["proj/packages may be deleted 9 MB", "data 2 kB"])
    expect(page.get_by_text("What may be deleted is marked")).to_be_visible()
    page.get_by_role("button", name="한국어").click()
    expect(page.locator(".largest li").first).to_contain_text("지워도 됩니다")


def test_nothing_used_and_nothing_left_are_words_and_no_zeros(page: Page, plane: Plane) -> None:
    plane.used["current"] |= {"used": 0, "left": 0}
    plane.used["storage"] = {"used": 0, "limit": 10**8}
    sign_in(page)
    look(page)
    expect(page.locator(".facts")).to_contain_text("Nothing yet")
    expect(page.get_by_text("empty, with room for 100 MB")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text(re.compile(r"\b0 (s|B)\b"))


def test_all_of_it_is_said_in_korean(page: Page) -> None:
    sign_in(page)
    look(page)
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("heading", name="2026년 11월")).to_be_visible()
    for said in (
        "5시간 중 3시간 45분",
        "그중 브라우저 없이 15분",
        "15분 동안 입력이 없었고, 세션을 유지할 작업도 실행되지 않아",
        "직접 끝내셨습니다",
    ):
        expect(page.get_by_role("main")).to_contain_text(said)


def test_other_months_are_a_press_away_and_none_is_in_the_future(page: Page, plane: Plane) -> None:
    sign_in(page)
    look(page)
    expect(page.get_by_role("button", name="December 2026")).to_be_disabled()
    press(page, "October 2026")
    expect(page.get_by_role("heading", name="October 2026")).to_be_visible()
    expect(page.locator("#earlier")).to_be_focused()
    press(page, "November 2026")
    expect(page.get_by_role("heading", name="November 2026")).to_be_visible()
    asked = [body for name, body in plane.asked if name == "usage"]
    assert asked == [{}, {"month": "2026-10"}, {"month": "2026-11"}]


def test_a_month_without_use_says_so(page: Page, plane: Plane) -> None:
    plane.used |= {"days": [], "sessions": [], "periods": []}
    sign_in(page)
    look(page)
    expect(page.get_by_text("No time was used this month.")).to_be_visible()
    expect(page.get_by_role("button", name="Download as a table")).to_have_count(0)


def test_the_rest_of_a_long_month_is_a_press_away_and_is_added_up(page: Page, plane: Plane) -> None:
    plane.used |= {"next": "2026-11-22.1"}
    sign_in(page)
    look(page)
    expect(page.get_by_text("These are the newest")).to_be_visible()
    plane.used |= {
        "next": None,
        "days": [a_day("2026-11-22", 900), a_day("2026-11-21", 60)],
        "sessions": [a_session(4, 60)],
    }
    press(page, "Show the rest")
    expect(page.locator(".days li")).to_have_count(3)
    expect(page.locator(".days li").nth(1)).to_contain_text("30 min")
    expect(page.locator(".sessions li")).to_have_count(5)
    expect(page.get_by_text("These are the newest")).to_have_count(0)
    assert ("usage", {"month": "2026-11", "after": "2026-11-22.1"}) in plane.asked


def test_the_table_is_kept_under_its_months_name(page: Page, plane: Plane, tmp_path: Path) -> None:
    sign_in(page)
    look(page)
    press(page, "October 2026")
    expect(page.get_by_role("heading", name="October 2026")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as a table").click()
    assert download.value.suggested_filename == "ondol-usage-2026-10.csv"
    download.value.save_as(tmp_path / "table")
    assert (tmp_path / "table").read_bytes() == b"session,opened\r\ns-1,2026-10\r\n"
    expect(page.get_by_role("heading", name="October 2026")).to_be_visible()


def test_a_table_that_can_not_be_had_is_said_and_the_month_stays(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 503")
    sign_in(page)
    look(page)
    plane.refuse("usage/csv", Refusal(503, "unavailable", "Not now.", retry_after=3))
    page.get_by_role("button", name="Download as a table").click()
    expect(page.get_by_role("alert")).to_have_text("Not now.")
    expect(page.locator(".days li")).to_have_count(2)


def test_a_zone_that_the_browser_does_not_know_breaks_nothing(page: Page, plane: Plane) -> None:
    plane.used |= {"time_zone": "Factory"}
    sign_in(page)
    look(page)
    expect(page.locator(".sessions li")).to_have_count(4)
