"""A window whose session ends: it says why, of what time everything is saved, and leads back."""

import base64
import gzip
import json
import re
import secrets
from collections.abc import Iterator
from urllib.parse import parse_qs

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from shared.sessions.session import EndReason
from tests.slot.window.test_connection_browser import LEAVE, TEXTS, cover, saved, type_into
from tests.slot.window.test_window_browser import admit, shown, without_editor
from tests.support.slot.control_plane import SID, ControlPlane
from tests.support.slot.member import PAGE_ORIGIN, Member
from tests.support.stack.observe import until

PATIENCE = 30_000
SEAL = "a-seal-of-the-page"
WRITTEN = TEXTS.replace("({ text }) => text", "({ written }) => written !== null")
# as each editor does for as long as it lives
LOCK = """windows => {
  for (const name of windows) navigator.locks.request(`ondol-window-${name}`, () => new Promise(() => {}));
}"""
FORGET = """() => new Promise((tell) => { indexedDB.deleteDatabase("ondol-unsaved").onsuccess = () => tell(); })"""


@pytest.fixture
def profile(browser: Browser, member: Member) -> Iterator[BrowserContext]:
    """A browser that was let in, and knows the page's seal."""
    profile = browser.new_context(locale="en-US")
    profile.add_init_script(f"localStorage.setItem('ondol.seal', '{SEAL}')")
    profile.route(f"{PAGE_ORIGIN}/**", lambda route: route.fulfill(body="the page"))
    admit(profile, member)
    yield profile
    profile.close()


ENDS = {
    EndReason.MEMBER: ("Ended: you stopped your workspace", "Open", True),
    EndReason.IDLE: ("Ended: nothing happened", "Open", True),
    EndReason.ALLOWANCE: ("Ended: your plan's time is used up", "See when it renews", False),
    EndReason.OPERATOR: ("Ended: an operator stopped your workspace", "Open", True),
    EndReason.TEAM: ("Ended: you joined a team, or are no longer in one", "Open", True),
    EndReason.SIGNED_OUT: ("Ended: you have signed out everywhere", "Sign in again", False),
    EndReason.DELETED: ("Ended: your account is being deleted", "Ondol's page", False),
    EndReason.STOPPED: ("Ended: the cloud stopped this container", "Open", True),
    EndReason.SUSPENDED: ("Ended: an operator has suspended your account", "Ondol's page", False),
}


@pytest.mark.parametrize("reason", ENDS, ids=str)
def test_it_says_why_and_of_what_time_and_leads_to_the_page_that_opens(
    member: Member, profile: BrowserContext, reason: EndReason
) -> None:
    title, button, opens = ENDS[reason]
    page = without_editor(profile, member)
    member.slot.run("echo 1 > a.txt")
    member.release(reason=reason).raise_for_status()
    expect(cover(page)).to_contain_text(title, timeout=PATIENCE)
    expect(cover(page)).to_contain_text(re.compile(r"Everything is saved, as of \d+:\d\d"), timeout=PATIENCE)
    cover(page).get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(f"{PAGE_ORIGIN}/#seal={SEAL}{'&open=1' if opens else ''}")


NOT_SAVED = {
    "en": ("What your plan's storage has room for is saved, as of", "2 MB had no room", "30 days", "6 MB are neither"),
    "ko": ("저장 공간에 들어가는 것은", "부족한 2MB는 30일 동안", "'기록'에 있습니다", "6MB는 보관할 공간이나"),
}


@pytest.mark.parametrize("language", NOT_SAVED)
def test_it_says_what_is_not_saved_and_what_is_not_kept_either(
    member: Member, plane: ControlPlane, profile: BrowserContext, language: str
) -> None:
    plane.storage_use |= {"limit": 1_000_000, "most": 1_250_000, "apart": 5_000_000}
    member.attach(plane.sessions[SID]).raise_for_status()
    member.enter(language=language)
    admit(profile, member)
    page = without_editor(profile, member)
    for name, size in (("clip.mp4", 2_000_000), ("film.mp4", 6_000_000)):
        member.slot.run(f"head -c {size} /dev/urandom > {name}")
    member.release(reason=EndReason.MEMBER).raise_for_status()
    for text in NOT_SAVED[language]:
        expect(cover(page)).to_contain_text(text, timeout=PATIENCE)


@pytest.mark.once
def test_what_is_typed_until_the_cover_comes_is_taken_along_to_the_last_letter(
    member: Member, profile: BrowserContext
) -> None:
    member.slot.run("echo > notes.md")
    page = shown(profile, member)
    type_into(page, "notes.md", "first ")
    member.slot.kill()
    while not cover(page).is_visible():
        page.keyboard.type("word ")
    kept = settled(page)
    cover(page).get_by_role("button", name="Back to Ondol").click()
    assert arrived(page) == kept


def settled(page: Page) -> list[str]:
    """What is kept in the browser, once nothing was added to it for a second."""
    kept: list[str] = []
    while (now := page.evaluate(TEXTS)) != kept:
        kept = now
        page.wait_for_timeout(1_000)
    return kept


def test_what_the_last_save_has_is_not_taken_along(member: Member, profile: BrowserContext) -> None:
    page = without_editor(profile, member)
    page.evaluate(LOCK, ["now", "here"])
    page.evaluate(
        LEAVE,
        {
            "now": {"name": "in-a-save.md", "written": 1},
            "here": {"name": "in-no-file.md", "document": "untitled:1"},
            "earlier": {"name": "of-a-lost-session.md", "written": 1},
        },
    )
    member.release(reason=EndReason.MEMBER).raise_for_status()
    expect(cover(page)).to_contain_text("Everything is saved, as of", timeout=PATIENCE)
    expect(cover(page)).to_contain_text("in-no-file.md")
    expect(cover(page)).to_contain_text("of-a-lost-session.md")
    expect(cover(page)).not_to_contain_text("in-a-save.md")
    cover(page).get_by_role("button", name="Open", exact=True).click()
    assert sorted(arrived(page)) == ["earlier", "here"]


def test_a_page_of_a_slot_that_is_not_open_hands_over_what_an_editor_left_there_and_forgets_the_rest(
    member: Member, profile: BrowserContext
) -> None:
    profile.clear_cookies()
    page = profile.new_page()
    address = f"http://{member.slot.host}/?folder=/home/member"
    page.goto(address)
    expect(page.locator("h1")).to_have_text("This workspace is not open here")
    large = secrets.token_hex(800_000)  # nothing packs this into an address
    page.evaluate(LEAVE, {"typed": {}, "other": {"name": "large.csv", "document": "large", "text": large}})
    page.reload()
    expect(page.locator("body")).to_contain_text("What you typed last is kept in this browser: notes.md.")
    expect(page.locator("body")).to_contain_text("too large to be taken along: large.csv.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Keep a copy").click()
    assert large in download.value.path().read_text()
    page.get_by_role("link", name="Open").click()
    assert arrived(page) == ["typed"]
    page.goto(address)
    page.evaluate(FORGET)
    page.evaluate("localStorage.setItem('of-an-earlier-member', 'x')")
    page.reload()
    until(lambda: page.evaluate("localStorage.length") == 0, "nothing of another member's stays")


def arrived(page: Page) -> list[str]:
    """The texts that came along to Ondol's page."""
    page.wait_for_url(f"{PAGE_ORIGIN}/#seal={SEAL}&**")
    [carried] = parse_qs(httpx.URL(page.url).fragment)["unsaved"]
    texts = json.loads(gzip.decompress(base64.urlsafe_b64decode(carried + "=" * (-len(carried) % 4))))
    return [text["text"] for text in texts]


def test_a_window_that_nobody_looks_at_learns_of_the_end_and_leaves_the_slot_alone(
    member: Member, profile: BrowserContext
) -> None:
    page = without_editor(profile, member)
    hide(page)
    member.release(reason=EndReason.IDLE).raise_for_status()
    expect(cover(page)).to_contain_text("Ended: nothing happened", timeout=PATIENCE)
    with pytest.raises(Exception, match="the session is over"):
        page.evaluate("new WebSocket(`ws://${location.host}/?reconnectionToken=x`)")


def test_it_follows_the_last_save_and_the_editors_status_says_that_it_is_over(
    member: Member, plane: ControlPlane, profile: BrowserContext
) -> None:
    member.slot.run("echo first > notes.md")
    page = shown(profile, member)
    type_into(page, "notes.md", "typed ")
    until(lambda: page.evaluate(WRITTEN) == [True], "it is kept, and written into its file")
    plane.reachable = False
    assert member.release(reason=EndReason.MEMBER).status_code == 502
    expect(cover(page)).to_contain_text("Everything is being saved.", timeout=PATIENCE)
    plane.reachable = True
    member.release(reason=EndReason.MEMBER).raise_for_status()
    expect(cover(page)).to_contain_text("Everything is saved, as of", timeout=PATIENCE)
    expect(cover(page)).not_to_contain_text("notes.md")
    expect(saved(page)).to_contain_text("Session ended")


def hide(page: Page) -> None:
    """As a tab in the background says of itself."""
    page.evaluate("Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })")
