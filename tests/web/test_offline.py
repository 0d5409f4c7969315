"""The page without a network, and a new version of it that waits for a click."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.stack.observe import until
from tests.web.control_plane import Plane
from tests.web.member import go, press, sign_in
from tests.web.test_history import a_snapshot

CONTROLLED = "navigator.serviceWorker.ready.then(() => true)"


@pytest.fixture
def kept(front: str, plane: Plane, browser: Browser) -> Iterator[Page]:
    """The page in a browser that has kept it."""
    context = browser.new_context(locale="en-US", timezone_id="Asia/Seoul")
    page = context.new_page()
    page.goto(front)
    assert page.evaluate(CONTROLLED)
    page.reload()
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()
    yield page
    context.close()


def test_without_a_network_it_opens_to_what_was_last_known_with_its_date(kept: Page, plane: Plane) -> None:
    plane.last = {"reason": "idle", "ended": time.time() - 60, "saved_at": time.time() - 60}
    plane.storage = {"used": 12_000_000, "limit": 100_000_000}
    sign_in(kept)
    kept.context.set_offline(True)
    kept.reload()
    expect(kept.get_by_role("heading", name="You are offline")).to_be_visible()
    expect(kept.get_by_text("This is how things stood at")).to_be_visible()
    expect(kept.get_by_text("12 MB of 100 MB")).to_be_visible()
    press(kept, "Try again")
    expect(kept.get_by_role("heading", name="You are offline")).to_be_visible()
    kept.context.set_offline(False)
    expect(kept.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()


def test_who_was_there_only_once_sees_it_too(front: str, plane: Plane, browser: Browser) -> None:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(front)
    sign_in(page)
    assert page.evaluate(CONTROLLED)
    context.set_offline(True)
    beside = context.new_page()
    beside.goto(front)
    expect(beside.get_by_role("heading", name="You are offline")).to_be_visible()
    context.close()


def test_who_follows_a_link_without_a_network_gets_there_when_it_is_back(kept: Page, front: str) -> None:
    address = "https://github.com/owner/name"
    sign_in(kept)
    kept.context.set_offline(True)
    kept.goto(f"{front}/new?repo={address}")
    expect(kept.get_by_role("heading", name="You are offline")).to_be_visible()
    kept.context.set_offline(False)
    expect(kept.get_by_label("Address of the repository")).to_have_value(address)


def test_who_signs_out_leaves_nothing_to_be_seen_without_a_network(kept: Page) -> None:
    sign_in(kept)
    press(kept, "Sign out")
    expect(kept.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()
    assert kept.evaluate("localStorage.getItem('ondol.last-known')") is None


def test_nothing_of_the_api_is_kept(kept: Page) -> None:
    sign_in(kept)
    names = kept.evaluate(
        """async () => {
            const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
            const requests = await Promise.all(caches_.map((cache) => cache.keys()));
            return requests.flat().map(({ url }) => new URL(url).pathname);
        }"""
    )
    assert "/" in names and "/config.json" in names
    assert [name for name in names if name.startswith("/api/")] == []


def test_a_new_version_waits_for_a_click_and_nothing_typed_is_lost_before(
    kept: Page, plane: Plane, newer: Callable[[], None]
) -> None:
    plane.history = [a_snapshot(1, current=True), a_snapshot(2)]
    sign_in(kept)
    go(kept, "History")
    kept.locator("summary").click()
    kept.get_by_label("Path in your home folder").fill("proj/ma")
    newer()
    kept.evaluate("navigator.serviceWorker.getRegistration().then((each) => each.update())")
    expect(kept.get_by_text("A new version of this page is ready.")).to_be_visible()
    expect(kept.get_by_label("Path in your home folder")).to_have_value("proj/ma")
    press(kept, "Reload")
    expect(kept.get_by_label("Path in your home folder")).to_have_count(0)
    expect(kept.get_by_role("heading", name="History")).to_be_visible()
    expect(kept.get_by_text("A new version of this page is ready.")).to_have_count(0)
    until(lambda: kept.evaluate("caches.keys()") == ["ondol-newer"], "the old version's files are dropped")


@pytest.fixture
def newer(build: Path) -> Iterator[Callable[[], None]]:
    """Puts a newer version of the page in place, until the test is over."""
    worker = build / "sw.js"
    before = worker.read_text()

    def put() -> None:
        worker.write_text(re.sub(r'"version":"\w+"', '"version":"newer"', before))

    yield put
    worker.write_text(before)
