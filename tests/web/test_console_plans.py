"""An operator sets a plan by hand: of a member or of their team, and reads which subscription that ends."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.web.console import ALLOWANCE, a_line, with_role
from tests.web.control_plane import Plane
from tests.web.member import press

REFUNDS = "https://dashboard.stripe.com/customers/cus_7"


def a_team() -> dict[str, Any]:
    running = [{"subscription": "sub_7", "plan": "team"}]
    payments = {"reason": "paid", "until": None, "running": running, "customer_url": REFUNDS}
    return {"name": "Night school", "plan": "team", "allowance": ALLOWANCE, "payments": payments}


def test_time_and_plan_are_the_members_or_the_teams_and_what_ends_is_said_before_and_after(
    page: Page, plane: Plane
) -> None:
    with_role(page, plane, "operator")
    plane.operator["admin/account"]["team"] = a_team()
    plane.operator["admin/grant"] = a_line("grant")
    after = {"billing": "b-7", "plan": "enterprise", "cancels": "sub_7"}
    plane.operator["admin/plan"] = a_line("plan", before={"billing": "b-7", "plan": "team"}, after=after)
    press(page, "Members")
    press(page, "member@example.com")
    refunds = page.get_by_role("link", name="Payments and refunds at the provider")
    expect(refunds).to_have_attribute("href", REFUNDS)

    press(page, "Grant time")
    ask = page.get_by_role("alertdialog")
    ask.get_by_label("Whom it is for").select_option(label="The team \u201cNight school\u201d")
    ask.get_by_label("Why").fill("an outage")
    ask.get_by_role("button", name="Grant time").click()
    expect(page.get_by_role("status").filter(has_text="Done: Grant time")).to_be_visible()

    press(page, "Change the plan")
    expect(ask.get_by_label("Whom it is for")).to_have_value("own")
    expect(ask).not_to_contain_text("sub_7")
    ask.get_by_label("Whom it is for").select_option("team")
    expect(ask).to_contain_text("This cancels the running subscription (sub_7)")
    expect(ask.get_by_role("link")).to_have_attribute("href", REFUNDS)
    ask.get_by_role("combobox").last.select_option("enterprise")
    ask.get_by_label("Why").fill("a school")
    ask.get_by_role("button", name="Change the plan").click()
    told = page.get_by_role("status").filter(has_text="The subscription sub_7 is being cancelled")
    expect(told.get_by_role("link")).to_have_attribute("href", REFUNDS)
    asked = [(function, {**body, "request": ""}) for function, body in plane.asked]
    common = {"request": "", "uid": "u-1", "team": True}
    assert [each for each in asked if each[0] in ("admin/grant", "admin/plan")] == [
        ("admin/grant", {**common, "note": "an outage", "seconds": 3600}),
        ("admin/plan", {**common, "note": "a school", "plan": "enterprise"}),
    ]

    page.get_by_role("button", name="한국어").click()
    gone = page.get_by_role("status").filter(has_text="구독(sub_7)을 결제 회사에서 해지하고 있습니다")
    expect(gone.get_by_role("link")).to_have_attribute("href", REFUNDS)
    press(page, "요금제 변경")
    ask.get_by_label("대상").select_option("team")
    expect(ask).to_contain_text("현재 구독(sub_7)이 결제 회사에서 바로 해지됩니다")
