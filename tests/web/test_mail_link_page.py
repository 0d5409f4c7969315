"""The pages behind the link in a mail: no fault that axe-core finds, in either theme."""

from urllib.parse import urlsplit

from playwright.sync_api import Browser, Route

from shared.views import unsubscribe_page
from tests.support.browser.axe import faults_by_theme
from tests.support.checkout import ROOT

ORIGIN = "https://ide.example"
STYLE = ROOT / "web/public" / unsubscribe_page.STYLE_PATH[1:]
PAGES = {
    "asking": unsubscribe_page.asking("a-token"),
    "done": unsubscribe_page.done(ORIGIN),
    "invalid": unsubscribe_page.invalid(ORIGIN),
}


def answer(route: Route) -> None:
    path = urlsplit(route.request.url).path
    if path == unsubscribe_page.STYLE_PATH:
        route.fulfill(path=STYLE)
    else:
        route.fulfill(body=PAGES[path[1:]], content_type="text/html")


def test_each_page_is_accessible_in_both_themes(browser: Browser) -> None:
    page = browser.new_page()
    page.route(f"{ORIGIN}/**", answer)
    found = {}
    for name in PAGES:
        page.goto(f"{ORIGIN}/{name}")
        if faults := faults_by_theme(page, f"mail-link-{name}"):
            found[name] = faults
    page.close()
    assert found == {}
