"""Time to interactive: from navigation until VS Code shows the files, through Ondol and on a bare code-server."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

from bench.opening import Member, until_warm
from bench.peers.code_server import code_server
from bench.report import Beside, Figure
from bench.rig import Rig
from bench.workspace import LANDMARK
from tests.support.browser.chromium import chromium
from tests.support.browser.member import PATIENCE

TIMES = 5
POST = """([url, fields]) => {
    const form = Object.assign(document.createElement("form"), {method: "post", action: url});
    for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}));
    }
    document.body.append(form);
    form.submit();
}"""
"""A form like the one that the page posts with the answer of `allocate`."""


@dataclass(frozen=True)
class Times:
    """Seconds of fresh browser profiles, and of the same profiles at their second visit."""

    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)


def measure(rig: Rig) -> list[Figure]:
    """Measures both by turns, each time in a fresh browser profile."""
    ours, bare = Times(), Times()
    member = Member(rig.stack, "bench-reader")
    with code_server(rig.folder / "code-server") as url, chromium() as browser:
        # the first visit of an editor is slower, and so is a browser's first
        _watch(browser, Times(), lambda page: _go(page, url), url)
        for _ in range(rig.times(TIMES)):
            _watch(browser, bare, lambda page: _go(page, url), url)
            until_warm(rig.stack)
            _through_ondol(rig, browser, member, ours)
    return [
        Figure("Time to interactive: first", "s", ours.first, Beside("bare code-server", bare.first), aim="0.75 times"),
        Figure(
            "Time to interactive: again", "s", ours.second, Beside("bare code-server", bare.second), aim="0.9 times"
        ),
    ]


def _through_ondol(rig: Rig, browser: Browser, member: Member, times: Times) -> None:
    """A slot that was claimed and attached before: that time is measured by Open."""
    entry = member.allocate()
    form = {"token": entry["enter_token"], "folder": entry["folder"]}
    origin = entry["enter_url"].removesuffix("/_slot/enter")

    def enter(page: Page) -> float:
        # the only origin from which a slot may be entered. Nobody clicks before the page is there, and what it still
        # loads would compete with the editor for the CPU
        page.goto(rig.stack.url, wait_until="networkidle")
        started = time.monotonic()
        page.evaluate(POST, [entry["enter_url"], form])
        return started

    _watch(browser, times, enter, f"{origin}/?folder={entry['folder']}")
    member.close()


def _watch(browser: Browser, times: Times, enter: Callable[[Page], float], again: str) -> None:
    """`enter` navigates to the editor and says when it began to; `again` is the editor's URL for whoever is in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    try:
        page = context.new_page()
        times.first.append(_until_files(page, enter(page)))
        page.goto("about:blank")
        times.second.append(_until_files(page, _go(page, again)))
    finally:
        context.close()


def _go(page: Page, url: str) -> float:
    started = time.monotonic()
    page.goto(url, wait_until="commit")
    return started


def _until_files(page: Page, started: float) -> float:
    """Seconds since `started` when the file tree shows."""
    files = page.locator(".explorer-folders-view .monaco-list-row").filter(has_text=LANDMARK)
    files.wait_for(state="visible", timeout=PATIENCE)
    return time.monotonic() - started
