"""An operator or auditor in the console, and what the control plane tells them there."""

import time
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from shared.views.health import HEALTHY
from tests.web.control_plane import SESSION, Plane
from tests.web.member import go, press, sign_in

NAME, ADDRESS = "Ada Lovelace", "ada@example.com"
SLOT = "ws-abcdefghij"
NOW = time.time()
ALLOWANCE = {"period": "2026-11", "granted": 72000, "used": 60, "left": 71940, "renews": NOW}
LIMITS = {"new_sessions": True, "open_sessions": None, "opens_an_hour": 30}


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


def some_money(**fields: Any) -> dict[str, Any]:
    def plan(name: str, price: int | None, paid: int = 0, ending: int = 0, retrying: int = 0) -> dict[str, Any]:
        told = {"plan": {"name": name.lower(), "title": name}, "accounts": 9, "price": price}
        return {**told, "paid": paid, "ending": ending, "retrying": retrying, "cents": (price or 0) * (paid + ending)}

    plans = [plan("Free", None), plan("Starter", 500, 3), plan("Pro", 1000, 4, 1, 2), plan("Team", 2500, 1)]
    totals = {"cents": 9000, "ending_cents": 1000, "owed_cents": 2000, "unpaid": 0, "disagreeing": 1, "unasked": 0}
    return {"plans": plans, **totals, **fields}


def a_payer(**fields: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "billing": "b-1", "uid": "u-1", "team": None, "plan": "pro", "reason": "retrying",
        "until": NOW + 86_400, "asked": NOW,
        "customer_url": "https://dashboard.stripe.com/customers/cus_1",
        "disagreement": {"kind": "doubled", "since": NOW, "subscriptions": ["sub_2"]},
    }  # fmt: skip
    return {**defaults, **fields}


def answers(role: str) -> dict[str, Any]:
    counts = {"cold": 1, "warming": 0, "warm": 2, "claimed": 1, "recycling": 0, "quarantined": 0}
    wanted = {
        "wanted_warm": 2, "most": 10, "set_by_operator": False, "drained": None, "reason": "2 at all times",
        "policy": None, "opens_an_hour": None, "burst": None, "missed": None,
        "announced": [{"announcement": "console-9", "starts": NOW + 3600, "members": 30, "holds": False}],
    }  # fmt: skip
    use = {"seconds": 3600, "background_seconds": 60, "members": None, "sessions": 4}
    account = {
        "uid": "u-1", "email": "member@example.com", "name": None, "state": "active", "suspended_for": None,
        "suspension_notice": None,
        "created": NOW, "plan": "pro", "session": a_session(), "sessions": [a_session()],
        "last_error": {"session": SESSION, "at": NOW, "reason": "lost"}, "storage": {"used": 5000, "limit": 10**9},
        "allowance": ALLOWANCE, "payments": None, "team": None,
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
            "limits": LIMITS,
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
        "admin/limits": a_line("limits", target=None, before=LIMITS, after=LIMITS),
        "admin/pool": a_line("pool", target=None, before={"warm": None, "max": None, "policy": None}),
        "admin/announce": a_line("announce", target=None, after={"members": 30}),
        "admin/take-back": a_line("take-back", target=None, before={"members": 30}),
        "admin/recycle": a_line("recycle", before={"state": "claimed"}, after={"state": "claimed", "session": SESSION}),
        "admin/members": {"members": [row], "next": None},
        "admin/account": account,
        "admin/mails": {"server": True, "waiting": 0, "unsent": 0},
        "admin/money": some_money(),
        "admin/payers": {"payers": [a_payer()], "next": None},
        "admin/audit": {"lines": [a_line("grant", after={"granted": 3600})]},
        "admin/costs": {
            "so_far_low": 12.5, "so_far_high": 20, "forecast_low": 40, "forecast_high": 61.25,
            "lines": [{
                "line": "warm slots: CPU", "korean": "웜 슬롯: CPU", "low": 4, "high": 5,
                "forecast_low": 9, "forecast_high": 9,
            }],
            "plans": [
                {"plan": "free", "revenue": 0, "low": 3, "high": 4, "worst": -4, "best": -3},
                {"plan": "enterprise", "revenue": None, "low": 3, "high": 4, "worst": None, "best": None},
            ],
            "dearest": [{
                "billing": "b-1", "uid": "u-1", "team": "Night school", "plan": "pro", "seconds": 7200.0,
                "low": 11, "high": 12, "pays": 9.34,
                "covered": False, "loss": True,
            }, {
                "billing": "b-2", "uid": "u-2", "team": None, "plan": "free", "seconds": 3600.0,
                "low": 0.2, "high": 0.3, "pays": 0,
                "covered": False, "loss": False,
            }],
        },
        "admin/usage": {"days": [{"day": "2026-11-29", "over": False, "plans": {"pro": use}, "stored": 5000}]},
    }  # fmt: skip


def with_role(page: Page, plane: Plane, role: str) -> None:
    """In the console, with the claim in the token."""
    plane.operator = answers(role)
    sign_in(page, NAME)
    url = f"http://127.0.0.1:{plane.ports['auth']}/identitytoolkit.googleapis.com/v1/projects/demo-ondol/accounts"
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
