"""A member's real browser, on pages that mean harm."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.http_server import Handler, serving
from tests.support.slot.member import COOKIE

POST_FORM = """({url, fields}) => {
    const form = Object.assign(document.createElement("form"), {method: "post", action: url})
    for (const [name, value] of Object.entries(fields))
        form.append(Object.assign(document.createElement("input"), {name, value, type: "hidden"}))
    document.body.append(form)
    form.submit()
}"""
"""What the page does to enter a workspace, and what any other page may try."""


class Blank(Handler):
    """A site of nothing but an empty page, for a test to run its scripts in."""

    def do_GET(self) -> None:
        page = b"<!doctype html><title>a site</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


@contextmanager
def site() -> Iterator[str]:
    """Its origin."""
    with serving(Blank) as url:
        yield url


@contextmanager
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """A profile of its own that does not load VS Code itself: nothing here looks at it."""
    context = browser.new_context()
    context.route("**/stable-*/**", lambda route: route.abort())
    try:
        yield context
    finally:
        context.close()


def post_form(page: Page, url: str, **fields: str) -> None:
    """Submit a form from where the page is, and be where it leads."""
    with page.expect_navigation(wait_until="commit"):
        page.evaluate(POST_FORM, {"url": url, "fields": fields})


def slot_cookies(context: BrowserContext, url: str) -> list[Any]:
    """The slot's own cookies that the browser holds for `url`, by value."""
    return [cookie["value"] for cookie in context.cookies(url) if cookie["name"] == COOKIE]
