"""Time to interactive: from navigation until VS Code shows the files, through Ondol and on a bare code-server."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

from bench.opening import Member, until_warm
from bench.peers.code_server import code_server
from bench.report import Beside, Figure
from bench.rig import Rig
from bench.workspace import LANDMARK
from tests.support.browser.chromium import ARGUMENTS, PROGRAM, chromium
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
    with code_server(rig.folder / "code-server") as url, chromium(PROGRAM) as browser:
        # the first visit of an editor is slower, and so is a browser's first
        _watch(browser, Times(), lambda page: _go(page, url))
        for _ in range(rig.times(TIMES)):
            _watch(browser, bare, lambda page: _go(page, url))
            _watch(browser, ours, lambda page: _open(rig, member, page))
            member.close()
    return [
        Figure("Time to interactive: first", "s", ours.first, Beside("bare code-server", bare.first), aim="0.75 times"),
        Figure(
            "Time to interactive: again", "s", ours.second, Beside("bare code-server", bare.second), aim="0.9 times"
        ),
    ]


def _open(rig: Rig, member: Member, page: Page) -> float:
    """As the page's button does: the member's session begins or goes on, and the browser enters its slot.

    Returns when the button was pressed. Between the two the pool is let come to rest: in the place of a claimed slot it
    starts another, in the cloud on another machine and here on the cores that the editor loads on.
    """
    began = time.monotonic()
    entry = member.allocate()
    allocating = time.monotonic() - began
    until_warm(rig.stack, claimed=1)
    page.goto(rig.stack.url, wait_until="networkidle")  # nobody clicks before the page is there
    entering = time.monotonic()
    page.evaluate(POST, [entry["enter_url"], {"token": entry["enter_token"], "folder": entry["folder"]}])
    return entering - allocating


def _watch(browser: Browser, times: Times, visit: Callable[[Page], float]) -> None:
    """`visit` navigates to the editor, and returns when it began to.

    Each visit is a new start of the browser. The profile keeps what a browser has on disk, which is its cache. Without
    the new start a service worker, which code-server has and Ondol's editor does not need, would keep the process and
    the compiled scripts of the first visit for half a minute.
    """
    with tempfile.TemporaryDirectory() as profile:
        for seconds in (times.first, times.second):
            context = browser.browser_type.launch_persistent_context(
                profile,
                executable_path=PROGRAM,
                args=ARGUMENTS,
                viewport={"width": 1280, "height": 800},
                locale="en-US",
            )
            try:
                page = context.new_page()
                seconds.append(_until_files(page, visit(page)))
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
