"""What a member does on the page again and again."""

from playwright.sync_api import Page, expect


def sign_in(page: Page, name: str = "Haneul Kim") -> None:
    page.get_by_role("button", name=f"Sign in as {name}").click()
    expect(page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
