"""Signing in by a link in an email: in the browser that asked for it, in another one, and a second time."""

from collections.abc import Iterator
from secrets import token_hex

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.control_plane import Plane
from tests.web.member import press


@pytest.fixture
def auth(auth_emulator: dict[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{auth_emulator['FIREBASE_AUTH_EMULATOR_HOST']}", timeout=10) as client:
        yield client


@pytest.fixture
def address() -> str:
    return f"reader-{token_hex(4)}@example.com"


def ask_for_link(page: Page, address: str) -> None:
    page.get_by_label("Or by a link in an email").fill(address)
    press(page, "Send me a link")
    expect(page.get_by_role("status").filter(has_text=address)).to_be_visible()


def link_to(auth: httpx.Client, address: str) -> str:
    sent = auth.get("/emulator/v1/projects/demo-ondol/oobCodes").raise_for_status().json()["oobCodes"]
    [link] = [code["oobLink"] for code in sent if (code["requestType"], code["email"]) == ("EMAIL_SIGNIN", address)]
    return str(link)


def expect_signed_in(page: Page, address: str) -> None:
    expect(page.get_by_role("heading", name="Hello", exact=True)).to_be_visible()
    expect(page.get_by_text(address)).to_be_visible()


def test_the_link_signs_in_and_leads_to_where_it_was_asked_for(
    page: Page, plane: Plane, auth: httpx.Client, address: str, front: str
) -> None:
    page.goto(f"{front}/new?repo=https://github.com/owner/name")
    ask_for_link(page, address)
    page.goto(link_to(auth, address))
    expect(page.get_by_label("Address of the repository")).to_have_value("https://github.com/owner/name")
    assert "oobCode" not in page.url, "the address is no link any more"
    page.goto(front)
    expect_signed_in(page, address)


def test_another_browser_asks_for_the_address_and_takes_no_other(
    page: Page, plane: Plane, auth: httpx.Client, address: str, browser: Browser, complaints: list[str]
) -> None:
    ask_for_link(page, address)
    other = browser.new_context(locale="ko-KR", service_workers="block").new_page()
    other.goto(link_to(auth, address))
    expect(other.get_by_text("메일을 받은 주소를 입력해 주세요.")).to_be_visible()
    field = other.get_by_label("이메일 링크로")
    field.fill("somebody-else@example.com")
    other.get_by_role("button", name="로그인", exact=True).click()
    expect(other.get_by_role("alert")).to_contain_text("다른 주소로 보낸 것입니다")
    field.fill(address)
    other.get_by_role("button", name="로그인", exact=True).click()
    expect(other.get_by_text(address)).to_be_visible()
    other.context.close()


def test_a_used_link_says_so_and_another_one_can_be_sent(
    page: Page, plane: Plane, auth: httpx.Client, address: str, complaints: list[str]
) -> None:
    complaints.append("status of 400")
    ask_for_link(page, address)
    link = link_to(auth, address)
    page.goto(link)
    expect_signed_in(page, address)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Or by a link in an email")).to_be_visible()
    page.goto(link)
    page.get_by_label("Or by a link in an email").fill(address)
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("This link was used already")
    expect(page.get_by_role("button", name="Send me a link")).to_be_visible()


def test_what_is_no_address_sends_nothing(page: Page, plane: Plane) -> None:
    page.get_by_label("Or by a link in an email").fill("no address")
    press(page, "Send me a link")
    expect(page.get_by_label("Or by a link in an email")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="We sent")).to_have_count(0)
