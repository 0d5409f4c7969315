"""A laptop that sleeps: all processes of its browser stand still, and everything else goes on."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from tests.support.stack.observe import until

LONGEST_PAUSE = """() => {
  let last = performance.now();
  window.longestPause = 0;
  setInterval(() => {
    window.longestPause = Math.max(window.longestPause, performance.now() - last);
    last = performance.now();
  }, 50);
}"""
"""The milliseconds in which no timer ran, at most."""


@contextmanager
def asleep(page: Page) -> Iterator[None]:
    """In the block all of Chromium stands still: timers, and what the network brings."""
    browser = page.context.browser
    assert browser
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    page.evaluate(LONGEST_PAUSE)
    processes = [int(each["id"]) for each in told]
    fell_asleep = time.monotonic()
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            os.kill(each, signal.SIGCONT)
    seconds = time.monotonic() - fell_asleep
    until(lambda: page.evaluate("window.longestPause") >= 1000 * seconds - 100, "the page has slept")
