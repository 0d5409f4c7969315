"""The screens of plans and payments, at home too."""

import time

from playwright.sync_api import Page, expect

from tests.web.control_plane import Plane, Refusal
from tests.web.member import press, sign_in
from tests.web.paying import NOTHING_SOLD, a_plan, begun, in_days, paid_for, subscribed
from tests.web.screen import MB, Screen, usual


def on_free(plane: Plane) -> None:
    plane.allowance = {"granted": 1800, "seconds": 0, "lifted_by": "Starter"}
    plane.storage = {"used": 62 * MB, "limit": 100 * MB}


def plans(page: Page, plane: Plane) -> None:
    on_free(plane)
    sign_in(page)
    page.goto(f"{page.url}plans")
    expect(page.get_by_role("button", name="Take Pro")).to_be_visible()


def on_pro(plane: Plane) -> None:
    plane.allowance = {"granted": 72_000, "seconds": 43_980}
    plane.storage = {"used": 3200 * MB, "limit": 5000 * MB}


def plans_ending(page: Page, plane: Plane) -> None:
    on_pro(plane)
    lost = {"plan": a_plan("Team"), "until": in_days(61)}
    plane.bought = {**subscribed("Pro", "ending", until=in_days(12)), "kept": lost}
    sign_in(page)
    page.goto(f"{page.url}plans")
    expect(page.get_by_text("The Pro plan ends on")).to_be_visible()


def plans_retrying(page: Page, plane: Plane) -> None:
    on_pro(plane)
    plane.bought = subscribed("Pro", "retrying", until=in_days(5))
    sign_in(page)
    page.goto(f"{page.url}plans")
    expect(page.get_by_role("button", name="Check your card")).to_be_visible()


def plans_paid(page: Page, plane: Plane) -> None:
    on_free(plane)
    plane.bought = begun("Pro")
    sign_in(page)
    page.goto(f"{page.url}plans?checkout=paid")
    expect(page.get_by_text("Your plan follows in a moment.")).to_be_visible()


def plans_refused(page: Page, plane: Plane) -> None:
    plane.refuse("billing/checkout", Refusal(503, "checkout-open", retry_after=39_000))
    plans(page, plane)
    press(page, "Take Pro")
    expect(page.get_by_role("alert")).to_be_visible()


def plans_by_hand(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.bought = {**NOTHING_SOLD, **subscribed("Starter", "by-hand", subscribed=False, manageable=False)}
    sign_in(page)
    page.goto(f"{page.url}plans")
    expect(page.get_by_text("Nothing is sold here.")).to_be_visible()


def home_retrying(page: Page, plane: Plane) -> None:
    on_pro(plane)
    plane.planned = paid_for("Pro", "retrying", until=in_days(5))
    plane.last = {"reason": "idle", "ended": time.time() - 3600, "saved_at": time.time() - 3600}
    sign_in(page)
    expect(page.get_by_role("button", name="Check your card")).to_be_visible()


def home_lost(page: Page, plane: Plane) -> None:
    usual(plane)
    lost = {"plan": a_plan("Pro"), "until": in_days(83)}
    plane.planned = {**paid_for("Free", "unpaid"), "kept": lost}
    sign_in(page)
    expect(page.get_by_text("What only the Pro plan has room for")).to_be_visible()


PLANS = [
    Screen("plans", "plans", plans),
    Screen("plans-ending", "plans", plans_ending),
    Screen("plans-retrying", "plans", plans_retrying),
    Screen("plans-paid", "plans", plans_paid),
    Screen("plans-refused", "plans", plans_refused, ("status of 503",)),
    Screen("plans-by-hand", "plans", plans_by_hand),
    Screen("home-retrying", "home", home_retrying),
    Screen("home-lost", "home", home_lost),
]
