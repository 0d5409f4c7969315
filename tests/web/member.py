"""What a member does on the page again and again."""

from playwright.sync_api import Page, expect


def sign_in(page: Page, name: str = "Haneul Kim") -> None:
    page.get_by_role("button", name=f"Sign in as {name}").click()
    expect(page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()


def go(page: Page, name: str) -> None:
    """To another view, by the links that are on each of them."""
    page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
