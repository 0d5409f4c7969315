"""The screens of the operator's console."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.web.console import SLOT, with_role
from tests.web.control_plane import Plane
from tests.web.member import press
from tests.web.screen import Screen


def console(page: Page, plane: Plane) -> None:
    with_role(page, plane, "operator")
    expect(page.get_by_text("Opens in the last hour: 7")).to_be_visible()


def limiting(page: Page, plane: Plane) -> None:
    console(page, plane)
    press(page, "Limit open sessions")
    expect(page.get_by_role("alertdialog")).to_be_visible()


def auditing(page: Page, plane: Plane) -> None:
    with_role(page, plane, "auditor")
    expect(page.get_by_text("Opens in the last hour: 7")).to_be_visible()


PARTS = {
    "slots": ("Slots", SLOT),
    "members": ("Members", "member@example.com"),
    "money": ("Money", "Charged beside another subscription"),
    "trends": ("Trends", "pro"),
    "costs": ("Costs", "One paying member costs more than they pay."),
    "audit": ("Audit log", "an upgrade"),
}
"""The tabs beside the first, each with its name and something that it shows."""


def part(tab: str) -> Callable[[Page, Plane], None]:
    name, shown = PARTS[tab]

    def reach(page: Page, plane: Plane) -> None:
        console(page, plane)
        press(page, name)
        expect(page.get_by_text(shown).first).to_be_visible()

    return reach


def one_member(page: Page, plane: Plane) -> None:
    part("members")(page, plane)
    press(page, "member@example.com")
    expect(page.get_by_text("lost,")).to_be_visible()


CONSOLE = [
    Screen("console", "console", console),
    Screen("console-limiting", "console", limiting),
    Screen("console-auditing", "console", auditing),
    *(Screen(f"console-{tab}", "console", part(tab)) for tab in PARTS),
    Screen("console-member", "console", one_member),
]
