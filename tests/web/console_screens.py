"""The screens of the operator's console."""

from playwright.sync_api import Page, expect

from tests.web.console import with_role
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


def money(page: Page, plane: Plane) -> None:
    auditing(page, plane)
    press(page, "Money")
    expect(page.get_by_text("Charged beside another subscription").first).to_be_visible()


CONSOLE = [
    Screen("console", "console", console),
    Screen("console-limiting", "console", limiting),
    Screen("console-auditing", "console", auditing),
    Screen("console-money", "console", money),
]
