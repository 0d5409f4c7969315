"""The window's script in a real browser, at one slot: what it fills and reports, and what a preview's page gets."""

from collections.abc import Iterator

import pytest
from agent.window.routes import MOST_CHANGES
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.slot.window.test_window import report, stores
from tests.support.slot.container import SLOT
from tests.support.slot.member import COOKIE, Member
from tests.support.stack.observe import until

READ = """key => new Promise((tell) => {
  const opening = indexedDB.open("vscode-web-state-db-global");
  opening.onsuccess = () => {
    const asked = opening.result.transaction("ItemTable").objectStore("ItemTable").get(key);
    asked.onsuccess = () => { opening.result.close(); tell(asked.result ?? null); };
  };
})"""
SHEET = "JSON.stringify(`url('${CSS.escape(`${location.origin}/x`)}')`).slice(1, -1)"
PUT_AND_RELOAD = """() => {
  const opening = indexedDB.open("vscode-web-state-db-global");
  opening.onsuccess = () => {
    const transaction = opening.result.transaction("ItemTable", "readwrite");
    const table = transaction.objectStore("ItemTable");
    table.put("last word", "late");
    table.delete("unwanted");
    transaction.oncomplete = () => location.reload();
  };
}"""
ATTACK = """async () => {
  const get = await fetch("/_slot/window.js");
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify([["global", "planted", "x"]]);
  const post = await fetch("/_slot/window", { method: "POST", headers, body });
  const script = document.createElement("script");
  script.src = "/_slot/window.js";
  const loaded = await new Promise((tell) => {
    script.onload = () => tell(true);
    script.onerror = () => tell(false);
    document.head.append(script);
  });
  return [get.status, post.status, loaded];
}"""


CONNECT = """() => new Promise((tell) => {
  globalThis.connection = new WebSocket(`ws://${location.host}/?reconnectionToken=x&reconnection=false`);
  connection.onopen = tell;
})"""
PUT_MANY = """many => {
  const opening = indexedDB.open("vscode-web-state-db-global");
  opening.onsuccess = () => {
    const table = opening.result.transaction("ItemTable", "readwrite").objectStore("ItemTable");
    for (let at = 0; at < many; at++) table.put("x", `many-${at}`);
  };
}"""


@pytest.fixture
def profile(browser: Browser, member: Member) -> Iterator[BrowserContext]:
    """A browser profile that was let in."""
    with_cookie = browser.new_context()
    admit(with_cookie, member)
    yield with_cookie
    with_cookie.close()


def test_a_browser_is_filled_before_the_editor_reads_and_reports_what_it_writes(
    member: Member, profile: BrowserContext, browser: Browser
) -> None:
    report(member, [["global", "kept", "http://slot-0.ondol.invalid/x"], ["global", "unwanted", "x"]])
    report(member, [["global", "sheet", r"url('http\\:\\/\\/slot-3.ondol.invalid\\/x')"]])
    page = shown(profile, member)
    assert page.evaluate(READ, "sheet") == page.evaluate(SHEET), "as the editor writes addresses into style sheets"
    assert page.evaluate(READ, "kept") == f"http://{member.slot.host}/x"
    assert page.evaluate(READ, "unwanted") == "x"
    until(lambda: "__$__isNewStorageMarker" in stores(member)["global"], "what the editor writes is reported")

    with page.expect_navigation():
        page.evaluate(PUT_AND_RELOAD)
    expect_editor(page)
    assert page.evaluate(READ, "late") == "last word"
    assert page.evaluate(READ, "unwanted") is None
    until(lambda: stores(member)["global"].get("late") == "last word", "it is reported")
    assert stores(member)["global"]["unwanted"] is None

    # a browser that was not there learns of both; what it still has is taken away
    report(member, [["global", "late", None], ["global", "kept", "newer"]])
    page.reload()
    expect_editor(page)
    assert page.evaluate(READ, "late") is None
    assert page.evaluate(READ, "kept") == "newer"
    other = browser.new_context()
    admit(other, member)
    assert shown(other, member).evaluate(READ, "unwanted") is None
    other.close()


def test_more_changes_than_a_report_may_have_come_in_several(member: Member, profile: BrowserContext) -> None:
    page = without_editor(profile, member)
    page.evaluate(PUT_MANY, MOST_CHANGES + 100)
    until(lambda: f"many-{MOST_CHANGES + 99}" in stores(member).get("global", {}), "all of it is reported")
    assert sum(key.startswith("many-") for key in stores(member)["global"]) == MOST_CHANGES + 100


def test_a_previews_page_is_refused(member: Member, profile: BrowserContext) -> None:
    report(member, [["global", "kept", "x"]])
    port = member.serve_echo()
    page = profile.new_page()
    page.goto(f"http://{member.slot.host}/proxy/{port}/")
    assert page.evaluate(ATTACK) == [403, 403, False]
    assert stores(member) == {"global": {"kept": "x"}}


def test_an_editor_opens_as_ever_when_the_script_does_not_come(member: Member, profile: BrowserContext) -> None:
    profile.route("**/_slot/window.js", lambda route: route.abort())
    shown(profile, member)
    assert stores(member) == {}


def admit(profile: BrowserContext, member: Member) -> None:
    assert member.cookie
    cookie = {"name": COOKIE, "value": member.cookie, "domain": f"{SLOT}.localhost", "path": "/"}
    profile.add_cookies([{**cookie, "secure": True, "httpOnly": True}])  # type: ignore[typeddict-item]


def shown(profile: BrowserContext, member: Member) -> Page:
    page = profile.new_page()
    page.goto(f"http://{member.slot.host}/?folder=/home/member")
    expect_editor(page)
    return page


def without_editor(profile: BrowserContext, member: Member) -> Page:
    """The editor's page with Ondol's scripts alone, and a connection as the editor makes one. These scripts do not need
    the editor, which takes 15 s of CPU to open."""
    page = profile.new_page()
    page.route("**/workbench.js", lambda route: route.abort())
    page.goto(f"http://{member.slot.host}/?folder=/home/member")
    page.evaluate(CONNECT)
    return page


def expect_editor(page: Page) -> None:
    expect(page.locator(".explorer-folders-view")).to_be_visible(timeout=60_000)
