"""The operator's console: who sees it, what it shows, and that each lever asks once and says what it did."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.axe import AXE, violations
from tests.web.console import LIMITS, SLOT, a_payer, a_session, some_money, with_role
from tests.web.control_plane import SESSION, Plane, Refusal
from tests.web.member import press, sign_in

LABELS = {
    "Limit open sessions": "Open sessions at once, at most",
    "Limit Opens an hour": "Sessions that one member may open within an hour",
    "Change the pool's size": "Warm slots",
}
"""The field that each lever asks with."""


def test_a_member_has_no_link_to_it_and_loads_nothing_of_it(page: Page, plane: Plane) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    sign_in(page)
    expect(page.get_by_role("link", name="Settings", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Console", exact=True)).to_have_count(0)
    assert [url for url in loaded if "/assets/Console-" in url] == []


def test_an_operator_recycles_a_slot_with_a_reason_and_reads_what_it_did(page: Page, plane: Plane) -> None:
    with_role(page, plane, "operator")
    expect(page.get_by_text("Opens in the last hour: 7")).to_be_visible()
    press(page, "Slots")
    press(page, SLOT)
    expect(page.get_by_text(f"session {SESSION}")).to_be_visible()
    press(page, f"Recycle: {SLOT}")
    ask = page.get_by_role("alertdialog")
    expect(ask.get_by_role("button", name="Recycle")).to_be_disabled()
    ask.get_by_label("Why").fill("an upgrade")
    ask.get_by_role("button", name="Recycle").click()
    expect(page.get_by_role("status").filter(has_text="Done: Recycle")).to_contain_text(SESSION)
    [body] = [body for function, body in plane.asked if function == "admin/recycle"]
    assert (body["slot"], body["note"]) == (SLOT, "an upgrade")


def test_an_operator_limits_how_many_sessions_are_open_and_reads_what_it_did(page: Page, plane: Plane) -> None:
    with_role(page, plane, "operator")
    plane.operator["admin/limits"]["after"] = {**LIMITS, "open_sessions": 40}
    expect(page.get_by_label("Limits for everybody")).to_contain_text("no limit")
    limit(page, "Limit open sessions", "40")
    told = page.get_by_role("status").filter(has_text="Done: Limit open sessions")
    expect(told).to_contain_text("open sessions at most no limit")
    expect(told).to_contain_text("open sessions at most 40")
    limit(page, "Limit open sessions", "")
    limit(page, "Limit Opens an hour", "12")
    bodies = [body for function, body in plane.asked if function == "admin/limits"]
    assert [{k: v for k, v in each.items() if k != "request"} for each in bodies] == [
        {"note": "a fair", "open_sessions": 40},
        {"note": "a fair", "open_sessions": None},
        {"note": "a fair", "opens_an_hour": 12},
    ]


def test_an_operator_chooses_how_many_slots_are_warm_and_announces_a_class(page: Page, plane: Plane) -> None:
    with_role(page, plane, "operator")
    policy = {"type": "adaptive", "least": 1, "most": 9, "weeks": 4, "miss_cents": 10}
    plane.operator["admin"]["pool"] |= {"policy": policy, "opens_an_hour": 60, "burst": 1.5, "missed": 0.012}
    week = {"type": "by-hour", "zone": "Asia/Seoul", "warm": [2] * 9 + [7] + [2] * 158}
    plane.operator["admin/pool"]["after"] = {"policy": json.dumps(week)}
    press(page, "Slots")
    pool = page.get_by_label("Pool", exact=True)
    expect(pool).to_contain_text("From 1 to 9 warm slots, by the Opens of the last 4 weeks.")
    expect(pool).to_contain_text("60.0 Opens an hour are expected, 1.5 at the same moment in the mean. 1.2 % of them")
    press(page, "Set each hour of the week")
    asks(page, {"Time zone": "Asia/Seoul", "Monday 9:00": "7"}, "Set each hour of the week")
    told = page.get_by_role("status").filter(has_text="Done: Set each hour of the week")
    expect(told).to_contain_text("time zone Asia/Seoul. 9\u00d72, 1\u00d77, 158\u00d72")
    press(page, "Follow the Opens")
    asks(page, {"Warm slots, at least": "2"}, "Follow the Opens")
    page.get_by_role("button", name="Announce members").click()
    asks(page, {"When": "2027-03-02T09:00", "How many members": "30"}, "Announce members")
    page.get_by_role("button", name="Take back").click()
    asks(page, {}, "Take back")
    expect(page.get_by_role("status").filter(has_text="Done: Take back")).to_be_visible()
    bodies = {function: body for function, body in plane.asked if function in ("admin/announce", "admin/take-back")}
    assert [body["policy"] for function, body in plane.asked if function == "admin/pool"] == [
        week,
        policy | {"least": 2},
    ]
    assert bodies["admin/announce"]["members"] == 30
    assert bodies["admin/announce"]["starts"] == page.evaluate("new Date('2027-03-02T09:00').getTime() / 1000")
    assert bodies["admin/take-back"]["announcement"] == "console-9"


def test_an_auditor_reads_what_the_month_costs_and_who_costs_more_than_they_pay(page: Page, plane: Plane) -> None:
    with_role(page, plane, "auditor")
    press(page, "Costs")
    expect(page.get_by_text("To the end of the month: $40.00 \u2013 $61.25")).to_be_visible()
    expect(page.get_by_role("row", name="Night school pro")).to_contain_text("$9.34 (less than they cost)")
    expect(page.get_by_role("row", name="enterprise")).to_contain_text("no list price")
    expect(page.get_by_role("row", name="free $0.00")).to_contain_text("-$4.00")
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("row", name="웜 슬롯: CPU")).to_contain_text("$9.00")


def asks(page: Page, typed: dict[str, str], lever: str) -> None:
    ask = page.get_by_role("alertdialog")
    for label, text in typed.items():
        ask.get_by_label(label, exact=True).fill(text)
    ask.get_by_label("Why").fill("a class")
    ask.get_by_role("button", name=lever).click()
    expect(ask).to_have_count(0)


def test_money_is_shown_by_plan_with_who_owes_and_the_way_to_give_it_back(page: Page, plane: Plane) -> None:
    with_role(page, plane, "auditor")
    press(page, "Money")
    expect(page.get_by_role("heading", name="$90.00 a month")).to_be_visible()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Pro"))
    expect(row.get_by_role("cell")).to_have_text(["9", "$10.00", "4", "1", "2", "$50.00"])
    expect(page.get_by_text("$20.00 more if the payments that are tried again succeed.")).to_be_visible()
    expect(page.get_by_role("heading", name="Payments that failed and are tried again: 2")).to_be_visible()
    expect(page.get_by_role("heading", name="could not be asked for more than a day: 0")).to_be_visible()
    asked = [body["of"] for function, body in plane.asked if function == "admin/payers"]
    assert sorted(asked) == ["disagreeing", "retrying"], "an empty list is not asked for"
    expect(page.get_by_text("Charged beside another subscription").first).to_be_visible()
    refund = page.get_by_role("link", name="Payments and refunds at the provider").first
    expect(refund).to_have_attribute("href", "https://dashboard.stripe.com/customers/cus_1")
    page.get_by_role("button", name="u-1", exact=True).first.click()
    expect(page.get_by_text("member@example.com")).to_be_visible()


def test_more_payers_are_asked_for_by_pages(page: Page, plane: Plane) -> None:
    with_role(page, plane, "operator")
    plane.operator["admin/money"] = some_money(disagreeing=0)
    plane.operator["admin/payers"] = {"payers": [a_payer()], "next": "cursor"}
    press(page, "Money")
    expect(page.get_by_role("button", name="u-1", exact=True)).to_have_count(1)
    plane.operator["admin/payers"] = {"payers": [a_payer(billing="b-2", uid="u-2")], "next": None}
    press(page, "More")
    expect(page.get_by_role("button", name="u-2", exact=True)).to_be_visible()
    assert plane.asked[-1] == ("admin/payers", {"of": "retrying", "after": "cursor"})
    expect(page.get_by_role("button", name="More")).to_have_count(0)


def test_more_open_sessions_are_asked_for_by_pages_and_stay_shown(page: Page, plane: Plane) -> None:
    page.clock.install()
    with_role(page, plane, "operator")
    rows = [[a_session(session=f"s-{letter * 20}")] for letter in "abc"]
    plane.operator["admin/sessions"] = lambda asked: {
        "sessions": rows[int(asked.get("after", 0))],
        "next": {None: "1", "1": "2"}.get(asked.get("after")),
    }
    page.clock.fast_forward(5_000)
    names = [row["session"] for [row] in rows]
    shown = page.get_by_role("button", name=re.compile("^s-"))
    expect(shown).to_have_text(names[:1])
    press(page, "More")
    expect(shown).to_have_text(names[:2])
    press(page, "More")
    expect(shown).to_have_text(names)
    expect(page.get_by_role("button", name="More")).to_have_count(0)
    rows[1][0] = a_session(session=f"s-{'d' * 20}")
    page.clock.fast_forward(5_000)
    expect(shown).to_have_text([names[0], f"s-{'d' * 20}", names[2]])


@pytest.mark.parametrize("server", [True, False])
def test_that_no_mail_server_is_set_is_said(page: Page, plane: Plane, server: bool) -> None:
    with_role(page, plane, "auditor")
    plane.operator["admin/mails"] = {"server": server, "waiting": 0, "unsent": 3}
    press(page, "Slots")
    press(page, "Now")
    expect(page.get_by_text("Mails of the last week that could not be sent: 3")).to_be_visible()
    expect(page.get_by_text("No mail server is set")).to_have_count(0 if server else 1)


def limit(page: Page, lever: str, number: str) -> None:
    press(page, lever)
    ask = page.get_by_role("alertdialog")
    ask.get_by_label(LABELS[lever]).fill(number)
    ask.get_by_label("Why").fill("a fair")
    ask.get_by_role("button", name=lever).click()
    expect(ask).to_have_count(0)  # what was done before is said until the next is done
    expect(page.get_by_role("status").filter(has_text=f"Done: {lever}")).to_be_visible()


@pytest.mark.parametrize(
    ("part", "lever", "typed"),
    [
        ("Now", "Limit open sessions", "many"),
        ("Now", "Limit open sessions", "-1"),
        ("Now", "Limit Opens an hour", "241"),
        ("Now", "Limit Opens an hour", ""),
        ("Slots", "Change the pool's size", "1e3"),
    ],
)
def test_what_is_no_number_in_the_range_is_not_sent(
    page: Page, plane: Plane, part: str, lever: str, typed: str
) -> None:
    with_role(page, plane, "operator")
    press(page, part)
    press(page, lever)
    ask = page.get_by_role("alertdialog")
    ask.get_by_label("Why").fill("a fair")
    ask.get_by_label(LABELS[lever]).fill(typed)
    expect(ask.get_by_role("button", name=lever)).to_be_disabled()
    ask.get_by_label(LABELS[lever]).fill("7")
    expect(ask.get_by_role("button", name=lever)).to_be_enabled()


def test_an_auditor_sees_the_limits_and_has_no_lever(page: Page, plane: Plane) -> None:
    with_role(page, plane, "auditor")
    limits = page.get_by_label("Limits for everybody")
    expect(limits).to_contain_text("Sessions that one member may open within an hour: 30")
    expect(limits.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_each_part_shows_what_it_is_told_and_has_no_fault_for_axe(page: Page, plane: Plane, role: str) -> None:
    with_role(page, plane, role)
    page.emulate_media(reduced_motion="reduce")
    expect(page.get_by_text("Opens in the last hour: 7")).to_be_visible()
    press(page, SESSION)
    expect(page.get_by_text("active at 09:00:00 (editor)")).to_be_visible()
    page.evaluate(AXE.read_text())
    found = {"Now": violations(page)}
    parts = {
        "Slots": SLOT,
        "Trends": "pro",
        "Costs": "One paying member costs more than they pay.",
        "Audit log": "an upgrade",
        "Members": "member@example.com",
    }
    for part, shown in parts.items():
        press(page, part)
        expect(page.get_by_text(shown).first).to_be_visible()
        found[part] = violations(page)
    press(page, "member@example.com")
    expect(page.get_by_text("lost,")).to_be_visible()
    found["Member"] = violations(page)
    assert {part: faults for part, faults in found.items() if faults} == {}
    levers = page.get_by_role("button", name="Suspend")
    expect(levers).to_have_count(1 if role == "operator" else 0)
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("heading", name="운영 콘솔")).to_be_visible()


def test_what_could_not_be_read_is_asked_for_again_by_a_button(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 503")
    with_role(page, plane, "operator")
    plane.refuse("admin/slots", Refusal(503, "unavailable", "This function does not answer. Try again.", retry_after=2))
    press(page, "Slots")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    press(page, "Try again")
    expect(page.get_by_role("button", name=SLOT, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=f"Recycle: {SLOT}")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
