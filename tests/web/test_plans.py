"""The plans on the page: what each would change for a member, and how the member's own is paid for."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.web.control_plane import Plane
from tests.web.member import go, press, sign_in
from tests.web.paying import BUYING, NOTHING_SOLD, a_plan, in_days, look_at_plans, subscribed

GB = 10**9
KEPT = {"plan": a_plan("Team"), "until": in_days(61)}
BY_HAND = subscribed("Pro", "by-hand", subscribed=False, manageable=False)


def offer(page: Page, title: str) -> Locator:
    heading = page.get_by_role("heading", level=3, name=re.compile(f"^{title}"))
    return page.get_by_role("article").filter(has=heading)


def test_home_usage_and_whatever_names_a_larger_plan_lead_to_the_plans(page: Page, plane: Plane, front: str) -> None:
    plane.allowance = {"granted": 1800, "seconds": 0, "lifted_by": "Starter"}
    sign_in(page)
    for way in (page.locator(".facts"), page.locator(".notice")):
        way.get_by_role("link", name="Compare plans").click()
        expect(page.get_by_role("heading", name="Plans", exact=True)).to_be_focused()
        assert page.url == f"{front}/plans"
        press(page, "Back")
        expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
    go(page, "Usage")
    page.locator(".facts").get_by_role("link", name="Compare plans").click()
    expect(page.get_by_role("button", name="Take Starter")).to_be_visible()


def test_too_little_storage_leads_to_the_plans_and_to_the_one_that_holds_everything(page: Page, plane: Plane) -> None:
    plane.storage = {"state": "over", "used": 2 * GB, "limit": GB, "over": GB, "lifted_by": "Pro"}
    sign_in(page)
    page.locator(".notice").get_by_role("link", name="Compare plans").click()
    expect(offer(page, "Pro").get_by_role("button", name="Take Pro")).to_have_class(re.compile(r"\bmain\b"))
    expect(offer(page, "Starter").get_by_role("button")).not_to_have_class(re.compile(r"\bmain\b"))


def test_each_plan_says_what_it_changes_for_this_member(page: Page, plane: Plane, front: str) -> None:
    plane.bought = subscribed("Pro")
    plane.storage = {"used": 3_200_000_000, "limit": 5 * GB}
    look_at_plans(page, front)
    starter, team, free = (offer(page, title) for title in ("Starter", "Team", "Free"))
    for said in ("15 h less than now", "4 GB less than now", "10 fewer than now", "1 h 45 min less than now"):
        expect(starter).to_contain_text(said)
    expect(starter).to_contain_text("You store 3.2 GB, which is 2.2 GB too much.")
    for said in ("80 h more than now", "5 GB more than now", "now for you alone", "Your 3.2 GB fit."):
        expect(team).to_contain_text(said)
    expect(team.get_by_role("listitem").nth(2), "the same as now").to_have_text("20 earlier versions")
    for said in ("now 20 h a month", "now a job may run 2 h", "Cancel your subscription to go back"):
        expect(free).to_contain_text(said)
    expect(offer(page, "Pro")).to_contain_text("Your plan")
    expect(offer(page, "Pro")).not_to_contain_text("now")
    expect(offer(page, "Enterprise")).to_contain_text("now 5 GB")


def test_files_that_are_not_saved_for_lack_of_room_count_among_what_has_to_fit(
    page: Page, plane: Plane, front: str
) -> None:
    plane.bought = subscribed("Starter")
    plane.storage = {"used": GB, "limit": GB, "over": 5 * GB}
    look_at_plans(page, front)
    expect(offer(page, "Pro")).to_contain_text("You store 6 GB, which is 1 GB too much.")
    expect(offer(page, "Team")).to_contain_text("Your 6 GB fit.")


def test_whoever_leaves_a_shared_plan_is_told_for_how_many_the_other_is(page: Page, plane: Plane, front: str) -> None:
    plane.bought = subscribed("Team")
    look_at_plans(page, front)
    expect(offer(page, "Pro")).to_contain_text("For one person; now up to 3.")
    expect(offer(page, "Enterprise")).to_contain_text("now 100 h a month")


def test_a_plan_that_is_no_longer_in_the_table_is_compared_with_none(page: Page, plane: Plane, front: str) -> None:
    plane.bought = {"plan": {"name": "gone", "title": "Free"}}
    look_at_plans(page, front)
    expect(page.get_by_role("main")).not_to_contain_text("than now")
    expect(page.get_by_role("button", name=BUYING)).to_have_count(2)


def test_who_does_not_own_the_plan_is_told_who_can_change_it(page: Page, plane: Plane, front: str) -> None:
    plane.bought = {"plan": a_plan("Team"), "own": False}
    look_at_plans(page, front)
    expect(page.get_by_text("Only they can change it.")).to_be_visible()
    expect(page.get_by_role("button", name=BUYING)).to_have_count(0)
    expect(page.get_by_role("main")).not_to_contain_text("Your subscription")


def test_where_nothing_is_sold_the_operator_is_named_and_there_is_no_button(
    page: Page, plane: Plane, front: str
) -> None:
    plane.bought = {**NOTHING_SOLD, **BY_HAND}
    look_at_plans(page, front)
    expect(page.get_by_role("main")).to_contain_text("The operator of this Ondol sets plans by hand.")
    expect(page.get_by_role("main")).to_contain_text("The operator of this Ondol gave it to you.")
    expect(page.get_by_role("button", name=BUYING)).to_have_count(0)
    expect(page.get_by_text("You pay on a page")).to_have_count(0)


def test_the_operator_can_be_reached_where_they_say_how(page: Page, plane: Plane, front: str) -> None:
    def with_help(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "links": {"help": "https://help.example.com/"}})

    page.route("**/config.json", with_help)
    plane.bought = dict(NOTHING_SOLD)
    look_at_plans(page, front)
    link = page.get_by_role("main").get_by_role("link", name="How to reach the operator")
    expect(link).to_have_attribute("href", "https://help.example.com/")
    plane.bought = {}
    page.reload()
    expect(offer(page, "Enterprise").get_by_role("link", name="Ask the operator")).to_be_visible()


@pytest.mark.parametrize(
    ("answer", "english", "korean", "button"),
    [
        ({}, "You pay nothing for it.", "요금은 없습니다.", None),
        (subscribed("Pro"), "You have the Pro plan, $10 a month.", "월 US$10입니다.", "Cards, invoices, cancel"),
        (
            subscribed("Pro", "ending", until=in_days(12)),
            "The Pro plan ends on",
            "에 끝나고, 더는 결제되지 않습니다.",
            "Cards, invoices, cancel",
        ),
        (
            subscribed("Pro", following=a_plan("Starter")),
            "The Starter plan follows when the month that is paid for ends.",
            "결제한 달이 끝나면 Starter 요금제로 바뀝니다.",
            "Cards, invoices, cancel",
        ),
        (
            subscribed("Free", "unpaid"),
            "Pay the open invoice, and the plan that you bought is back at once.",
            "밀린 요금을 결제하면",
            "Pay the open invoice",
        ),
        (
            subscribed("Free", "paused"),
            "Your subscription is paused",
            "구독이 일시 정지되어",
            "Cards, invoices, cancel",
        ),
        (
            subscribed("Free", "ended", subscribed=False),
            "Your subscription has ended.",
            "구독이 끝났습니다.",
            "Cards, invoices, cancel",
        ),
        (
            subscribed("Free", "nothing-bought"),
            "Your first payment is not complete.",
            "첫 결제가 아직 끝나지 않았습니다.",
            "Cards, invoices, cancel",
        ),
        (BY_HAND, "A plan that you buy takes its place.", "구독을 시작하면", None),
        (
            {**subscribed("Free", "ended", subscribed=False), "kept": KEPT},
            "What only the Team plan has room for",
            "Team 요금제에서만 담을 수 있던",
            "Cards, invoices, cancel",
        ),
    ],
    ids=["free", "paid", "ending", "following", "unpaid", "paused", "ended", "incomplete", "by-hand", "kept"],
)
def test_how_the_plan_is_paid_for_is_said_in_both_languages(
    page: Page, plane: Plane, front: str, answer: dict[str, Any], english: str, korean: str, button: str | None
) -> None:
    plane.bought = answer
    look_at_plans(page, front)
    expect(page.get_by_role("main")).to_contain_text(english)
    portal = page.locator("#portal")
    if button:
        expect(portal).to_have_text(button)
    else:
        expect(portal).to_have_count(0)
    press(page, "한국어")
    expect(page.get_by_role("main")).to_contain_text(korean)
