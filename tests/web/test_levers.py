"""The levers of the operator's console: each sends what was filled in, once, and says what the control plane did."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shared.accounts.audit import Action
from tests.web.console import LIMITS, SLOT, a_line, with_role
from tests.web.control_plane import SESSION, Plane
from tests.web.member import press

MEMBER = "member@example.com"
WHY = "an upgrade"


@dataclass(frozen=True)
class Lever:
    """`function` is what it sends `body` to, with a reason and an id; `said` is what is told of the answer."""

    at: tuple[str, ...]
    """Buttons that lead to it."""
    button: str
    function: str
    body: dict[str, Any]
    answer: dict[str, Any]
    said: str
    fill: Callable[[Page], object] = lambda _: None
    standing: dict[str, Any] = field(default_factory=dict)
    """What `admin` or `admin/account` says besides, so that the lever is there."""

    @property
    def name(self) -> str:
        """What the question and its button are called."""
        return self.button.partition(":")[0]


def suspend_for_payment(page: Page) -> None:
    page.get_by_label("Because of").select_option("payment")
    page.get_by_label("What the member is told").fill(" Your card expired. ")


ON_MEMBER = ("Members", MEMBER)
NOTICE = {"message": "Your card expired.", "contact": None}
LEVERS = [
    Lever(
        (), "Close new sessions", "limits", {"new_sessions": False},
        a_line("limits", target=None, before={"new_sessions": True}, after={"new_sessions": False}),
        "Before: new sessions open. Now: new sessions closed.",
    ),
    Lever(
        (), "Open new sessions", "limits", {"new_sessions": True},
        a_line("limits", target=None, before={"new_sessions": False}, after={"new_sessions": True}),
        "Before: new sessions closed. Now: new sessions open.",
        standing={"limits": {**LIMITS, "new_sessions": False}},
    ),
    Lever(
        (), "End all sessions", "drain", {"close": True},
        a_line("drain", target=None, before={"new_sessions": True}, after={"new_sessions": False}),
        "Before: new sessions open. Now: new sessions closed.",
    ),
    Lever(
        ("Slots",), f"Take out of use: {SLOT}", "quarantine", {"slot": SLOT},
        a_line("quarantine", target=SLOT, before={"state": "claimed"}, after={"quarantine": True, "session": SESSION}),
        f"Before: state claimed. Now: quarantine true, session {SESSION}.",
    ),
    Lever(
        ("Slots",), "Change the pool's size", "pool", {"warm": 7},
        a_line("pool", target=None, before={"warm": None}, after={"warm": 7}),
        "Before: warm none. Now: warm 7.",
        fill=lambda page: page.get_by_label("Warm slots", exact=True).fill("7"),
    ),
    Lever(
        ("Slots",), "Change how many may exist", "pool", {"max": 40},
        a_line("pool", target=None, before={"max": 10}, after={"max": 40}),
        "Before: max 10. Now: max 40.",
        fill=lambda page: page.get_by_label("At most", exact=True).fill("40"),
    ),
    Lever(
        ON_MEMBER, "Suspend", "suspend", {"uid": "u-1", "reason": "abuse", "notice": None},
        a_line("suspend", before={"state": "active"}, after={"state": "suspended"}),
        "Before: state active. Now: state suspended.",
    ),
    Lever(
        ON_MEMBER, "Suspend", "suspend", {"uid": "u-1", "reason": "payment", "notice": NOTICE},
        a_line("suspend", before={"state": "active"}, after={"state": "suspended", "session": SESSION}),
        f"Before: state active. Now: state suspended, session {SESSION}.",
        fill=suspend_for_payment,
    ),
    Lever(
        ON_MEMBER, "Resume", "resume", {"uid": "u-1"},
        a_line("resume", before={"state": "suspended"}, after={"state": "active"}),
        "Before: state suspended. Now: state active.",
        standing={"state": "suspended", "suspended_for": "abuse"},
    ),
    Lever(
        ON_MEMBER, "Grant time", "grant", {"uid": "u-1", "team": False, "seconds": 5400},
        a_line("grant", before={"granted": 0}, after={"granted": 5400}),
        "Before: granted 0. Now: granted 5400.",
        fill=lambda page: page.get_by_label("Minutes").fill("90"),
    ),
    Lever(
        ON_MEMBER, "Change the plan", "plan", {"uid": "u-1", "team": False, "plan": "starter"},
        a_line("plan", before={"plan": "pro"}, after={"plan": "starter"}),
        "Before: plan pro. Now: plan starter.",
        fill=lambda page: page.get_by_role("alertdialog").get_by_role("combobox").select_option("starter"),
    ),
    Lever(
        ON_MEMBER, "End the session", "end", {"uid": "u-1"},
        a_line("end", before={"session": SESSION}, after={"session": None}),
        f"Before: session {SESSION}. Now: session none.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("lever", LEVERS, ids=[f"{each.function}-{n}" for n, each in enumerate(LEVERS)])
def test_a_lever_sends_what_was_filled_in_and_says_what_it_did(page: Page, plane: Plane, lever: Lever) -> None:
    with_role(page, plane, "operator")
    shown = plane.operator["admin/account" if lever.at == ON_MEMBER else "admin"]
    shown |= lever.standing
    plane.operator[f"admin/{lever.function}"] = lever.answer
    for each in ("Slots", "Now"):  # what was read before is read anew
        press(page, each)
    for each in lever.at:
        press(page, each)
    press(page, lever.button)
    ask = page.get_by_role("alertdialog", name=lever.button)
    lever.fill(page)
    ask.get_by_label("Why").fill(f" {WHY} ")
    ask.get_by_role("button", name=lever.name, exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Done:")).to_have_text(f"Done: {lever.name}. {lever.said}")
    [body] = [body for function, body in plane.asked if function == f"admin/{lever.function}"]
    assert re.fullmatch("console-[0-9a-f-]{36}", body.pop("request"))
    assert body == {"note": WHY, **lever.body}


def test_a_lever_that_is_not_pulled_sends_nothing(page: Page, plane: Plane) -> None:
    with_role(page, plane, "operator")
    press(page, "End all sessions")
    ask = page.get_by_role("alertdialog")
    ask.get_by_label("Why").fill(WHY)
    ask.get_by_role("button", name="Cancel").click()
    expect(ask).to_have_count(0)
    assert "admin/drain" not in [function for function, _ in plane.asked]


def test_a_members_home_is_downloaded_once_it_is_packed(page: Page, plane: Plane) -> None:
    with_role(page, plane, "operator")
    page.clock.install()
    ready: dict[str, Any] = {
        "snapshot": "7-b-1",
        "url": f"{plane.slot_origin}/home.tar.zst",
        "expires": 2e9,
        "inconsistent": [],
        "inconsistent_unnamed": 0,
    }
    answers = [{"snapshot": "7-b-1"}, ready]
    plane.operator["admin/download"] = lambda _: answers.pop(0)
    for each in ON_MEMBER:
        press(page, each)
    press(page, "Download the home")
    ask = page.get_by_role("alertdialog")
    ask.get_by_label("Why").fill(WHY)
    ask.get_by_role("button", name="Download the home").click()
    expect(page.get_by_role("status").filter(has_text="The archive is being packed")).to_be_visible()
    page.clock.run_for(2_000)
    expect(page.get_by_role("status").filter(has_text="The archive is ready")).to_be_visible()
    expect(page.get_by_role("link", name="Save the archive")).to_have_attribute("href", ready["url"])
    first, second = [body for function, body in plane.asked if function == "admin/download"]
    assert first == second, "by one id it is one line of the audit log"
    assert (first["uid"], first["note"]) == ("u-1", WHY)


def test_every_change_that_the_console_offers_is_pressed_in_a_test() -> None:
    """`recycle`, `announce` and `take-back` are in tests/web/test_console.py."""
    pressed = {each.function for each in LEVERS} | {"recycle", "announce", "take-back", "download"}
    by_hand = {Action.OPERATOR, Action.AUDITOR, Action.OPERATOR_TAKEN_BACK}
    assert pressed == {str(each) for each in set(Action) - by_hand}
