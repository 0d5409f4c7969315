"""The ways from the page to the payment provider's pages, and back: what is asked for, and what is said meanwhile."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.asked import asked
from tests.web.control_plane import Plane, Refusal
from tests.web.member import press, sign_in
from tests.web.paying import BUYING, NOTHING_SOLD, a_plan, begun, look_at_plans, paid_for, paying, subscribed


def test_to_take_a_plan_opens_its_payment_page_in_the_members_language(page: Page, plane: Plane, front: str) -> None:
    look_at_plans(page, front)
    expect(page.get_by_role("button", name=BUYING)).to_have_text(["Take Starter", "Take Pro"])
    expect(page.get_by_role("button", name="Cards, invoices, cancel"), "there are none").to_have_count(0)
    press(page, "한국어")
    press(page, "Pro 구독하기")
    page.wait_for_url(f"{plane.slot_origin}/checkout")
    assert asked(plane, "billing/checkout") == [{"plan": "pro", "language": "ko"}]
    assert asked(plane, "billing/portal") == []


def test_with_a_subscription_a_plan_is_changed_and_none_is_bought(page: Page, plane: Plane, front: str) -> None:
    plane.bought = subscribed("Pro")
    look_at_plans(page, front)
    expect(page.get_by_role("button", name=BUYING)).to_have_text(["Change to Starter"])
    press(page, "Change to Starter")
    page.wait_for_url(f"{plane.slot_origin}/portal")
    page.go_back()
    press(page, "Cards, invoices, cancel")
    page.wait_for_url(f"{plane.slot_origin}/portal")
    assert asked(plane, "billing/portal") == [{"plan": "starter", "language": "en"}, {"plan": None, "language": "en"}]
    assert asked(plane, "billing/checkout") == []


def test_a_plan_is_taken_with_the_keyboard_alone(page: Page, plane: Plane) -> None:
    sign_in(page)
    link = page.get_by_role("link", name="Compare plans")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Plans", exact=True)).to_be_focused()
    take = page.get_by_role("button", name="Take Pro")
    expect(take).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Take Starter")).to_be_focused()
    page.keyboard.press("Tab")
    expect(take).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{plane.slot_origin}/checkout")


def test_a_payment_page_that_is_still_open_is_gone_on_with(page: Page, plane: Plane, front: str) -> None:
    plane.bought = begun("Pro")
    look_at_plans(page, front)
    expect(page.locator("#portal"), "nothing was bought that could be managed").to_have_count(0)
    expect(page.get_by_role("button", name=BUYING)).to_have_text(["Take Starter", "Continue with Pro"])


def test_while_a_payment_page_opens_no_other_button_works(page: Page, plane: Plane, front: str) -> None:
    look_at_plans(page, front)
    page.route(
        "**/checkout", lambda route: route.fulfill(status=204) if route.request.method == "GET" else route.continue_()
    )
    press(page, "Take Pro")
    expect(page.get_by_role("button", name="Opening the payment page…")).to_be_disabled()
    expect(page.get_by_role("button", name="Take Starter")).to_be_disabled()
    # by the Back button, from the payment page to the page as it stood
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.get_by_role("button", name="Take Pro")).to_be_enabled()
    assert page.url == f"{front}/plans"


def test_a_failed_payment_says_until_when_the_plan_is_kept_and_leads_to_the_card(
    page: Page, plane: Plane, front: str
) -> None:
    plane.bought = subscribed("Pro", "retrying", until=1_796_000_000)
    look_at_plans(page, front)
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text("Your Pro plan is kept until")
    expect(banner).to_contain_text("9:53")  # in Seoul; 0:53 UTC
    expect(page.get_by_role("button", name=BUYING), "the card comes first").to_have_count(0)
    press(page, "Check your card")
    page.wait_for_url(f"{plane.slot_origin}/portal")
    assert asked(plane, "billing/portal") == [{"plan": None, "language": "en"}]


def test_a_plan_that_was_paid_for_is_asked_for_until_it_is_there(page: Page, plane: Plane, front: str) -> None:
    plane.later = [*4 * [begun("Pro")], subscribed("Pro")]
    look_at_plans(page, front, "?checkout=paid")
    notice = page.locator(".notice")
    expect(notice).to_have_text("Your payment is on its way. Your plan follows in a moment.")
    expect(page.get_by_role("button", name=BUYING), "nobody is to pay twice").to_have_count(0)
    expect(page.get_by_text("You have the Free plan.")).to_be_visible()
    assert page.url == f"{front}/plans", "a reload asks for no payment again"
    expect(notice).to_have_text("Thank you. You have the Pro plan now.", timeout=30_000)
    expect(page.get_by_role("button", name=BUYING)).to_have_text(["Change to Starter"])
    assert len(asked(plane, "billing")) == 5


def test_time_and_storage_are_those_of_the_plan_that_has_come(page: Page, plane: Plane, front: str) -> None:
    plane.planned, plane.allowance = {"plan": a_plan("Free")}, {"granted": 1800, "seconds": 1800}
    plane.bought = begun("Pro")
    look_at_plans(page, front, "?checkout=paid")
    facts = page.get_by_role("main").locator(".facts")
    expect(facts).to_contain_text("30 min")
    plane.planned, plane.allowance = paid_for("Pro"), {"granted": 72_000, "seconds": 70_200}
    plane.bought = subscribed("Pro")
    expect(facts).to_contain_text("19 h 30 min of 20 h", timeout=30_000)


def test_another_plan_than_the_one_that_was_bought_is_not_taken_for_it(page: Page, plane: Plane, front: str) -> None:
    plane.later = [begun("Pro"), subscribed("Starter"), subscribed("Pro")]
    look_at_plans(page, front, "?checkout=paid")
    expect(page.locator(".notice")).to_have_text("Thank you. You have the Pro plan now.", timeout=30_000)
    assert len(asked(plane, "billing")) == 3


def test_a_question_that_is_not_answered_meanwhile_is_asked_again(
    page: Page, plane: Plane, front: str, complaints: list[str]
) -> None:
    complaints.append("status of 503")
    plane.bought = begun("Pro")
    look_at_plans(page, front, "?checkout=paid")
    plane.refuse("billing", Refusal(503, "unavailable", retry_after=2))
    plane.later = [subscribed("Pro")]
    expect(page.locator(".notice")).to_have_text("Thank you. You have the Pro plan now.", timeout=30_000)


def test_a_payment_that_does_not_arrive_is_said_and_can_be_looked_for_again(
    page: Page, plane: Plane, front: str
) -> None:
    page.clock.install()
    plane.bought = begun("Pro")
    look_at_plans(page, front, "?checkout=paid")
    notice = page.locator(".notice")
    expect(notice).to_contain_text("on its way")
    page.clock.fast_forward(31_000)
    expect(notice).to_contain_text("If you have paid, you need not pay again.")
    expect(page.get_by_role("button", name=BUYING)).to_have_count(0)
    plane.bought = subscribed("Pro")
    press(page, "Look again")
    expect(notice).to_have_text("Thank you. You have the Pro plan now.")


def test_the_address_alone_claims_no_payment(page: Page, plane: Plane, front: str) -> None:
    look_at_plans(page, front, "?checkout=paid")
    expect(page.get_by_role("button", name="Take Pro")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)
    assert len(asked(plane, "billing")) == 1


def test_a_change_that_was_made_at_the_providers_is_there_without_a_reload(
    page: Page, plane: Plane, front: str
) -> None:
    plane.later = [*2 * [subscribed("Pro")], subscribed("Team")]
    look_at_plans(page, front, "?portal=left")
    expect(page.get_by_role("main")).to_contain_text("You have the Team plan", timeout=30_000)
    assert len(asked(plane, "billing")) == 3
    assert page.url == f"{front}/plans"


@pytest.mark.parametrize(
    ("refusal", "english", "korean"),
    [
        (Refusal(503, "checkout-open", retry_after=3_600), "So that you don't pay twice", "두 번 결제되지 않도록"),
        (Refusal(403, "forbidden"), "Only the owner of the plan can buy", "요금제의 주인만"),
        (Refusal(404, "not-found"), "This change is not possible here", "그렇게 바꿀 수 없습니다"),
        (
            Refusal(503, "unavailable", "Nothing was charged.", retry_after=5),
            "Nothing was charged.",
            "연결할 수 없습니다",
        ),
    ],
    ids=["checkout-open", "forbidden", "not-found", "unavailable"],
)
def test_a_payment_page_that_can_not_be_opened_says_what_to_do(
    page: Page, plane: Plane, front: str, complaints: list[str], refusal: Refusal, english: str, korean: str
) -> None:
    complaints.append(f"status of {refusal.status}")
    look_at_plans(page, front)
    plane.refuse("billing/checkout", refusal)
    page.set_viewport_size({"width": 390, "height": 600})
    press(page, "Take Pro")
    expect(page.get_by_role("alert")).to_contain_text(english)
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Take Pro"), "it can be tried again").to_be_enabled()
    press(page, "한국어")
    expect(page.get_by_role("alert")).to_contain_text(korean)


def test_who_has_subscribed_elsewhere_meanwhile_sees_it(
    page: Page, plane: Plane, front: str, complaints: list[str]
) -> None:
    complaints.append("status of 409")
    look_at_plans(page, front)
    plane.refuse("billing/checkout", Refusal(409, "subscribed", "You already have a subscription."))
    plane.bought = subscribed("Starter")
    press(page, "Take Pro")
    expect(page.get_by_role("alert")).to_have_text("You already have a subscription.")
    expect(page.get_by_role("button", name="Change to Pro")).to_be_enabled()
    press(page, "한국어")
    expect(page.get_by_role("alert")).to_contain_text("두 번 결제되지 않습니다")


def test_where_nothing_is_sold_any_more_the_buttons_go(
    page: Page, plane: Plane, front: str, complaints: list[str]
) -> None:
    complaints.append("status of 404")
    look_at_plans(page, front)
    plane.refuse("billing/checkout", Refusal(404, "payments-off", "Nothing is sold here. Ask the operator."))
    plane.bought = {**NOTHING_SOLD, "paying": paying("nothing-bought", subscribed=False)}
    press(page, "Take Pro")
    expect(page.get_by_role("alert")).to_have_text("Nothing is sold here. Ask the operator.")
    expect(page.get_by_role("button", name=BUYING)).to_have_count(0)
    expect(page.locator("#portal")).to_have_count(0)
    press(page, "한국어")
    expect(page.get_by_role("alert")).to_contain_text("여기서는 결제를 받지 않습니다")
