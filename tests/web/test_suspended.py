"""What a suspended member is told: why, in the operator's words, whom to write to, and what can still be done."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in

MESSAGE = "<b>A miner</b> ran here.\nWrite to us & we look at it."


def suspension(message: str | None, contact: str | None, reason: str = "abuse") -> dict[str, Any]:
    notice = None if message is None and contact is None else {"message": message, "contact": contact}
    return {"reason": reason, "notice": notice, "may_download": reason == "payment"}


def notice(page: Page) -> Locator:
    return page.get_by_role("alert")


def test_the_operators_words_and_contact_are_shown_as_text(page: Page, plane: Plane) -> None:
    plane.suspension = suspension(MESSAGE, "abuse@example.com")
    sign_in(page)
    expect(notice(page)).to_contain_text("The operator has suspended your account.")
    expect(notice(page).locator("blockquote")).to_have_text(MESSAGE)
    expect(notice(page).locator("blockquote b")).to_have_count(0)
    link = notice(page).get_by_role("link", name="abuse@example.com")
    expect(link).to_have_attribute("href", "mailto:abuse@example.com")
    expect(page.get_by_text("can't open or download")).to_be_visible()
    for action in ("Open", "New project"):
        expect(page.get_by_role("button", name=action, exact=True)).to_have_count(0)
    page.get_by_role("button", name="한국어").click()
    expect(notice(page)).to_contain_text("운영자가 이 계정을 정지했습니다.")
    expect(notice(page).locator("blockquote")).to_have_text(MESSAGE)


@pytest.mark.parametrize(
    ("contact", "leads_to"),
    [
        ("https://example.com/help", "https://example.com/help"),
        ("javascript:alert(1)", None),
        ("javascript:alert(1)@example.com", None),
        ("a@example.com?bcc=b@example.com", None),
        ("02-123-4567", None),
    ],
)
def test_a_contact_leads_only_to_a_page_or_a_mailbox(
    page: Page, plane: Plane, contact: str, leads_to: str | None
) -> None:
    plane.suspension = suspension(None, contact)
    sign_in(page)
    expect(notice(page)).to_contain_text(contact)
    if leads_to:
        expect(notice(page).get_by_role("link")).to_have_attribute("href", leads_to)
    else:
        expect(notice(page).get_by_role("link")).to_have_count(0)


def test_without_a_contact_the_operators_help_is_named(page: Page, plane: Plane, front: str) -> None:
    config = page.request.get(f"{front}/config.json").json()
    config["links"] = {**config.get("links", {}), "help": "https://example.com/help"}
    page.route("**/config.json", lambda route: route.fulfill(json=config))
    page.reload()
    plane.suspension = suspension(None, None)
    sign_in(page)
    link = notice(page).get_by_role("link", name="How to reach the operator")
    expect(link).to_have_attribute("href", "https://example.com/help")


def test_who_has_not_paid_comes_to_the_history_and_its_downloads(page: Page, plane: Plane) -> None:
    plane.suspension = suspension(None, None, "payment")
    sign_in(page)
    expect(notice(page)).to_contain_text("because a payment is missing")
    notice(page).get_by_role("button").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(notice(page)).to_contain_text("because a payment is missing")


def open_it(page: Page) -> None:
    press(page, "Open")


def begin_with_the_sample(page: Page) -> None:
    press(page, "New project")
    press(page, "Open the sample")


def look_at_the_history(page: Page) -> None:
    go(page, "History")


@pytest.mark.parametrize(
    ("function", "ask"),
    [("allocate", open_it), ("allocate", begin_with_the_sample), ("snapshots", look_at_the_history)],
)
def test_who_is_suspended_meanwhile_is_told_why_at_the_refusal(
    page: Page, plane: Plane, complaints: list[str], function: str, ask: Any
) -> None:
    complaints.append("status of 403")
    plane.last = {"reason": "member", "ended": 1e9, "saved_at": 1e9}
    sign_in(page)
    plane.suspension = suspension(MESSAGE, "abuse@example.com")
    plane.refuse(function, Refusal(403, "account-suspended", "This account is suspended."))
    ask(page)
    expect(notice(page)).to_have_count(1)
    expect(notice(page).locator("blockquote")).to_have_text(MESSAGE)
