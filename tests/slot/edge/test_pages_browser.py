"""The pages that a browser gets instead of the editor or a preview: no fault that axe-core finds, in either theme."""

from collections.abc import Callable

import pytest
from agent.edge import pages
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from playwright.sync_api import Browser

from tests.support.browser.axe import faults_by_theme

ORIGIN = "https://ide.example"
OF_A_REQUEST: dict[str, Callable[[web.Request], web.Response]] = {
    "closed": lambda request: pages.closed(request, ORIGIN),
    "paused": lambda request: pages.paused(request, ORIGIN),
    "silent": lambda request: pages.silent(request, ORIGIN, "3000"),
    "adrift": lambda request: pages.adrift(request, ORIGIN, "3000"),
}
IN_BOTH_LANGUAGES = {
    "closed-to-a-body": pages.closed_to_a_body,
    "too-large": pages.too_large,
    "too-many-cookies": pages.too_many_cookies,
}
MOST_OF_NGINX = 4_000
"""Bytes of a text in nginx's configuration, which nginx reads by pieces of 4,096."""


def written() -> dict[str, str]:
    """The pages by name, each in every language that it has."""
    found = {name: page(ORIGIN) for name, page in IN_BOTH_LANGUAGES.items()}
    for language in ("en", "ko"):
        request = make_mocked_request("GET", "/", headers={"Accept-Language": language})
        for name, page in OF_A_REQUEST.items():
            text = page(request).text
            assert text
            found[f"{name}-{language}"] = text.replace('http-equiv="refresh"', "")
    return found


def test_each_page_is_accessible_in_both_themes(browser: Browser) -> None:
    page = browser.new_page()
    found = {}
    for name, text in written().items():
        page.set_content(text)
        if faults := faults_by_theme(page, f"slot-{name}"):
            found[name] = faults
    page.close()
    assert found == {}


@pytest.mark.parametrize("name", IN_BOTH_LANGUAGES)
def test_nginx_can_read_the_pages_that_it_answers_with_by_itself(name: str) -> None:
    assert len(IN_BOTH_LANGUAGES[name](ORIGIN).encode()) < MOST_OF_NGINX
