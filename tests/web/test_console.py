"""The operator's console: who sees it, what it shows, and that each lever asks once and says what it did."""

import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from shared.views.health import HEALTHY
from tests.web.control_plane import SESSION, Plane, Refusal
from tests.web.member import go, press, sign_in
from tests.web.test_screens import AXE, violations

NAME, ADDRESS = "Ada Lovelace", "ada@example.com"
SLOT = "ws-abcdefghij"
NOW = time.time()


def a_session(**fields: Any) -> dict[str, Any]:
    defaults = {
        "session": SESSION, "uid": "u-1", "slot": SLOT, "state": "active", "plan": "pro", "opened": NOW, "ended": None,
        "reason": None, "seconds": 60.0, "cold": False,
    }  # fmt: skip
    return {**defaults, **fields}


def a_slot() -> dict[str, Any]:
    return {
        "slot": SLOT, "state": "claimed", "changed": NOW, "session": SESSION, "image": "image", "incarnation": 1,
        "sessions": 1, "attempts": 0, "unanswered": 0, "quarantine": False,
    }  # fmt: skip


def a_line(action: str, **fields: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "request": "console-1", "at": NOW, "by": "u-op", "email": ADDRESS, "action": action, "target": "u-1",
        "note": "an upgrade", "before": {}, "after": {},
    }  # fmt: skip
    return {**defaults, **fields}


def figures(value: float | None) -> list[dict[str, Any]]:
    return [
        {"name": name, "value": value, "least": least, "most": most, "healthy": value is None}
        for name, (least, most) in HEALTHY.items()
    ]


def answers(role: str) -> dict[str, Any]:
    counts = {"cold": 1, "warming": 0, "warm": 2, "claimed": 1, "recycling": 0, "quarantined": 0}
    wanted = {"wanted_warm": 2, "most": 10, "set_by_operator": False, "drained": None}
    use = {"seconds": 3600, "background_seconds": 60, "members": None, "sessions": 4}
    account = {
        "uid": "u-1", "email": "member@example.com", "name": None, "state": "active", "suspended_for": None,
        "suspension_notice": None,
        "created": NOW, "plan": "pro", "session": a_session(), "sessions": [a_session()],
        "last_error": {"session": SESSION, "at": NOW, "reason": "lost"}, "storage": {"used": 5000, "limit": 10**9},
        "allowance": {"period": "2026-11", "granted": 72000, "used": 60, "left": 71940, "renews": NOW},
    }  # fmt: skip
    row = {
        "uid": "u-1", "email": "member@example.com", "name": None, "state": "active", "created": NOW, "plan": "pro",
        "seconds_left": 71940, "opened": NOW, "session": SESSION, "stored": 5000,
    }  # fmt: skip
    decision: dict[str, Any] = {"at": NOW, "verdict": "keep", "rule": "active at 09:00:00 (editor)"}
    decision |= {"active": NOW, "idle_at": NOW, "reason": None}
    return {
        "admin": {
            "role": role,
            "limits": {"new_sessions": True, "open_sessions": None, "opens_an_hour": 30},
            "open_sessions": 1,
            "sessions": {"opening": 0, "active": 1, "draining": 0},
            "pool": {**counts, **wanted},
            "figures": figures(None)[:4],
        },
        "admin/opens": {"since": NOW, "opens": 7, "figures": figures(0.5)[4:]},
        "admin/sessions": {"sessions": [a_session()], "next": None},
        "admin/session": {
            "session": a_session(), "seen": NOW, "connected": True, "due": NOW, "deadline": None, "saved": NOW,
            "final": False, "hello": 0.2, "served": 0.6, "entered": 3.1, "draining": None, "decisions": [decision],
        },
        "admin/slots": {"slots": [a_slot()], "next": None},
        "admin/slot": {
            "slot": a_slot(),
            "history": [{"at": NOW, "verb": "claim", "state": "claimed", "reason": f"session {SESSION}"}],
        },
        "admin/recycle": a_line("recycle", before={"state": "claimed"}, after={"state": "claimed", "session": SESSION}),
        "admin/members": {"members": [row], "next": None},
        "admin/account": account,
        "admin/audit": {"lines": [a_line("grant", after={"granted": 3600})]},
        "admin/usage": {"days": [{"day": "2026-11-29", "over": False, "plans": {"pro": use}, "stored": 5000}]},
    }  # fmt: skip


def with_role(page: Page, plane: Plane, ports: Any, role: str) -> None:
    """In the console, with the claim in the token."""
    plane.operator = answers(role)
    sign_in(page, NAME)
    url = f"http://127.0.0.1:{ports['auth']}/identitytoolkit.googleapis.com/v1/projects/demo-ondol/accounts"
    owner = {"Authorization": "Bearer owner"}
    [found] = httpx.post(f"{url}:lookup", headers=owner, json={"email": [ADDRESS]}).json()["users"]
    claim = '{"admin": true}' if role == "operator" else '{"auditor": true}'
    changed = {"localId": found["localId"], "customAttributes": claim}
    httpx.post(f"{url}:update", headers=owner, json=changed).raise_for_status()
    go(page, "Settings")
    press(page, "Sign out")
    sign_in(page, NAME)
    go(page, "Console")
    expect(page.get_by_role("heading", name="Operator's console")).to_be_visible()


def test_a_member_has_no_link_to_it_and_loads_nothing_of_it(page: Page, plane: Plane) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    sign_in(page)
    expect(page.get_by_role("link", name="Settings", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Console", exact=True)).to_have_count(0)
    assert [url for url in loaded if "/assets/Console-" in url] == []


def test_an_operator_recycles_a_slot_with_a_reason_and_reads_what_it_did(page: Page, plane: Plane, ports: Any) -> None:
    with_role(page, plane, ports, "operator")
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


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_each_part_shows_what_it_is_told_and_has_no_fault_for_axe(
    page: Page, plane: Plane, ports: Any, role: str
) -> None:
    with_role(page, plane, ports, role)
    page.emulate_media(reduced_motion="reduce")
    expect(page.get_by_text("Opens in the last hour: 7")).to_be_visible()
    press(page, SESSION)
    expect(page.get_by_text("active at 09:00:00 (editor)")).to_be_visible()
    page.evaluate(AXE.read_text())
    found = {"Now": violations(page)}
    parts = {"Slots": SLOT, "Trends": "pro", "Audit log": "an upgrade", "Members": "member@example.com"}
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


def test_what_could_not_be_read_is_asked_for_again_by_a_button(
    page: Page, plane: Plane, ports: Any, complaints: list[str]
) -> None:
    complaints.append("status of 503")
    with_role(page, plane, ports, "operator")
    plane.refuse("admin/slots", Refusal(503, "unavailable", "This function does not answer. Try again.", retry_after=2))
    press(page, "Slots")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    press(page, "Try again")
    expect(page.get_by_role("button", name=SLOT, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=f"Recycle: {SLOT}")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
