"""What the page says unasked: a payment that is missing, a lost plan, a subscription that ends with the account."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in
from tests.web.paying import a_plan, in_days, paid_for


@pytest.mark.parametrize(
    ("planned", "said", "korean", "button"),
    [
        (
            paid_for("Pro", "retrying", until=1_796_000_000),
            "Your Pro plan is kept until",
            "Pro 요금제는",
            ("Check your card", "카드 확인하기"),
        ),
        (
            paid_for("Free", "unpaid"),
            "the plan that you bought is back at once",
            "밀린 요금을 결제하면",
            ("Pay the open invoice", "밀린 요금 결제하기"),
        ),
        (
            paid_for("Free", "paused"),
            "Your subscription is paused",
            "일시 정지되어",
            ("Cards, invoices, cancel", "카드, 영수증, 해지"),
        ),
        (
            paid_for("Free", "nothing-bought"),
            "Your first payment is not complete.",
            "첫 결제가 아직",
            ("Cards, invoices, cancel", "카드, 영수증, 해지"),
        ),
    ],
    ids=["retrying", "unpaid", "paused", "incomplete"],
)
def test_home_says_that_a_payment_is_missing_and_leads_to_the_card(
    page: Page, plane: Plane, planned: dict[str, Any], said: str, korean: str, button: tuple[str, str]
) -> None:
    plane.planned = planned
    sign_in(page)
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text(said)
    expect(banner.get_by_role("button")).to_have_text([button[0]])
    press(page, "한국어")
    expect(banner).to_contain_text(korean)
    banner.get_by_role("button", name=button[1]).click()
    page.wait_for_url(f"{plane.slot_origin}/portal")
    assert [body for name, body in plane.asked if name == "billing/portal"] == [{"plan": None, "language": "ko"}]


def test_who_works_on_a_teams_time_is_told_that_the_own_payment_is_missing(page: Page, plane: Plane) -> None:
    plane.planned = {**paid_for("Pro", "retrying"), "plan": a_plan("Team"), "team": {"pays": True}}
    sign_in(page)
    expect(page.get_by_role("alert")).to_contain_text("Pro plan")
    press(page, "Check your card")
    page.wait_for_url(f"{plane.slot_origin}/portal")
    [body] = [body for name, body in plane.asked if name == "billing/portal"]
    assert not body.get("team"), "the own subscription is managed, and not the team's"


def test_the_banner_says_when_the_plan_ends_in_the_members_time_zone(page: Page, plane: Plane) -> None:
    plane.planned = paid_for("Pro", "retrying", until=1_796_000_000)
    sign_in(page)
    expect(page.get_by_role("alert")).to_contain_text("9:53")  # in Seoul; 0:53 UTC


def test_home_says_until_when_what_a_lost_plan_kept_is_there(page: Page, plane: Plane) -> None:
    plane.planned = {"kept": {"plan": a_plan("Team"), "until": in_days(61)}}
    sign_in(page)
    notice = page.get_by_role("status").filter(has_text="What only the Team plan has room for")
    notice.get_by_role("button", name="Earlier versions").click()
    expect(page.get_by_role("heading", name="History")).to_be_focused()


@pytest.mark.parametrize("planned", [paid_for("Pro"), paid_for("Pro", "ending", until=2e9), {}])
def test_whose_payments_are_all_there_is_told_nothing(page: Page, plane: Plane, planned: dict[str, Any]) -> None:
    plane.planned = planned
    sign_in(page)
    expect(page.get_by_role("button", name="Open")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)


def test_a_portal_that_can_not_be_opened_says_so_and_can_be_tried_again(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 503")
    plane.planned = paid_for("Pro", "retrying", until=in_days(5))
    sign_in(page)
    plane.refuse("billing/portal", Refusal(503, "unavailable", "Nothing was charged.", retry_after=5))
    press(page, "Check your card")
    expect(page.get_by_text("Nothing was charged.")).to_be_visible()
    press(page, "Check your card")
    page.wait_for_url(f"{plane.slot_origin}/portal")


@pytest.mark.parametrize("subscribed", [True, False])
def test_who_deletes_the_account_is_told_that_a_subscription_ends_with_it(
    page: Page, plane: Plane, subscribed: bool
) -> None:
    plane.planned = paid_for("Pro", "paid" if subscribed else "ended", subscribed=subscribed)
    sign_in(page)
    go(page, "Settings")
    press(page, "Delete the account")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("permanently deleted")
    said = dialog.get_by_text("Your subscription ends with the account at once")
    expect(said).to_have_count(1 if subscribed else 0)
