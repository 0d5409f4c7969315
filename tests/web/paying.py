"""What `billing` answers of a plan and how it is paid for, and what a member sees of it."""

import re
import time
from typing import Any

from playwright.sync_api import Page, expect

from tests.web.member import sign_in

DAY = 86_400
BUYING = re.compile("^(Take|Change to|Continue with) ")
"""The names of buttons that lead to another plan."""

NOTHING_BOUGHT: dict[str, Any] = {
    "plan": {"name": "free", "title": "Free"}, "kept": None, "selling": True, "own": True, "paying": None,
    "for_sale": [{"name": each.lower(), "title": each} for each in ("Starter", "Pro", "Team")],
}  # fmt: skip
NOTHING_SOLD: dict[str, Any] = {"selling": False, "for_sale": []}


def a_plan(title: str) -> dict[str, str]:
    return {"name": title.lower(), "title": title}


def paying(reason: str, **fields: Any) -> dict[str, Any]:
    """What is paid for, by somebody who has a customer at the payment provider."""
    usual = {"until": None, "following": None, "subscribed": True, "manageable": True, "buying": None}
    return {"reason": reason, **usual, **fields}


def subscribed(title: str, reason: str = "paid", **fields: Any) -> dict[str, Any]:
    """The answer while a subscription runs."""
    return {"plan": a_plan(title), "paying": paying(reason, **fields)}


def paid_for(title: str, reason: str = "paid", **fields: Any) -> dict[str, Any]:
    """What `login` says of the plan."""
    told = {"plan": a_plan(title), "reason": reason, "until": None, "subscribed": True}
    return {"plan": a_plan(title), "paid_for": {**told, **fields}}


def begun(title: str) -> dict[str, Any]:
    """The answer after a payment page was opened, and before a payment is known."""
    return {"paying": paying("nothing-bought", subscribed=False, buying=a_plan(title))}


def in_days(days: float) -> float:
    return time.time() + days * DAY


def look_at_plans(page: Page, front: str, query: str = "") -> None:
    """Signs in, and comes to the plans by their address."""
    sign_in(page)
    page.goto(f"{front}/plans{query}")
    expect(page.get_by_role("heading", name="All plans")).to_be_visible()
