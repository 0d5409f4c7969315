"""Korean and English: by the browser, by choice, and for every problem that a browser can meet."""

import pytest
from playwright.sync_api import Browser, Page, expect

from local.front.render import ROOT
from shared.errors import TITLES
from tests.support.stack.observe import until
from tests.web.control_plane import NO_LIMIT, Plane, Refusal
from tests.web.member import press, sign_in

ONLY_SLOTS_MEET = {"stale-epoch", "checkpoint-refused"}
ONLY_OPERATORS_MEET = {"no-limit", "request-reused"}


def test_the_choice_is_kept_and_told_to_the_control_plane(page: Page, plane: Plane) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_role("button", name="한국어")).to_be_focused()
    expect(page.get_by_role("button", name="한국어")).to_have_attribute("aria-pressed", "true")
    page.reload()
    page.get_by_role("button", name="Alan Turing 님으로 로그인").click()
    expect(page.get_by_role("heading", name="Alan Turing 님, 반갑습니다")).to_be_visible()
    assert plane.asked == [("login", {"time_zone": "Asia/Seoul", "locale": "ko"})]
    page.get_by_role("button", name="열기").click()
    until(lambda: plane.asked[-1][0] == "allocate", "Open is asked for")
    assert plane.asked[-1][1]["locale"] == "ko"


def test_a_choice_goes_to_the_account(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 503")
    sign_in(page)
    page.get_by_role("button", name="한국어").click()
    until(lambda: plane.locale == "ko", "the account has it")
    plane.refuse("account/language", Refusal(503, "unavailable", "A moment.", retry_after=1))
    page.get_by_role("button", name="English").click()
    until(lambda: plane.asked[-1] == ("account/language", {"locale": "en"}), "the account is told")
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
    assert plane.locale == "ko", "the answer was lost"
    page.reload()
    until(lambda: plane.locale == "en", "it is told again")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_accounts_language_is_spoken_where_its_member_signs_in(page: Page, plane: Plane) -> None:
    plane.locale = "ko"
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
    expect(page.get_by_role("heading", name="Haneul Kim 님, 반갑습니다")).to_be_visible()
    plane.locale = "en"  # chosen on another device meanwhile
    page.reload()
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
    assert {name for name, _ in plane.asked} == {"login"}, "nothing was chosen here"


def test_a_choice_before_the_sign_in_is_the_accounts_from_then_on(page: Page, plane: Plane) -> None:
    plane.locale = "ko"
    page.get_by_role("button", name="한국어").click()
    page.get_by_role("button", name="English").click()
    sign_in(page)
    until(lambda: plane.locale == "en", "the account has it")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_press_before_the_sign_in_counts_also_where_another_account_had_agreed_on_it(
    page: Page, plane: Plane
) -> None:
    plane.locale = "ko"
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
    expect(page.get_by_role("heading", name="Haneul Kim 님, 반갑습니다")).to_be_visible()
    press(page, "로그아웃")
    plane.locale = "en"  # of whoever signs in next
    press(page, "한국어")
    page.get_by_role("button", name="Alan Turing 님으로 로그인").click()
    expect(page.get_by_role("heading", name="Alan Turing 님, 반갑습니다")).to_be_visible()
    until(lambda: plane.locale == "ko", "the account has it")


def test_a_switch_translates_what_is_shown(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 403")
    sign_in(page)
    plane.refuse("allocate", Refusal(403, "account-suspended", "This account is suspended."))
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_have_text("This account is suspended.")
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("alert")).to_contain_text("이 계정은 정지되었습니다")
    expect(page.get_by_role("button", name="열기")).to_be_visible()


def test_sizes_are_short_in_both_languages(page: Page, plane: Plane) -> None:
    plane.storage = {**NO_LIMIT, "used": 512, "limit": 100_000_000}
    sign_in(page)
    expect(page.locator(".facts").last).to_contain_text("512 B of 100 MB")
    page.get_by_role("button", name="한국어").click()
    expect(page.locator(".facts").last).to_contain_text("100MB 중 512B")


def test_a_korean_browser_gets_korean(browser: Browser, front: str, plane: Plane) -> None:
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    page.goto(front)
    expect(page.get_by_role("heading", name="나만의 VS Code")).to_be_visible()
    context.close()


@pytest.mark.parametrize("problem", sorted(TITLES.keys() - ONLY_SLOTS_MEET - ONLY_OPERATORS_MEET))
def test_every_problem_has_a_korean_sentence(problem: str) -> None:
    tables = ("problems", "refusals")
    korean = "".join((ROOT / f"web/src/strings/ko/{each}.ts").read_text() for each in tables)
    assert f'\n  "{problem}": "' in korean or f'\n  {problem}: "' in korean
