"""The browser of the tests: the system's Chromium, headless, that reaches nothing but this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

PROGRAM = "/usr/bin/chromium"
"""The whole browser, with windows that nobody sees."""
_SHELL = Path("/usr/lib/chromium/chromium-headless-shell")
WITHOUT_WINDOWS = str(_SHELL) if _SHELL.exists() else PROGRAM
"""The same engine of the same version without windows of a browser around it, which take half of a short test's CPU:
docs/decisions/0018-side-by-side.md. Debian has it; elsewhere the whole browser does."""
ARGUMENTS = [
    "--no-sandbox",  # tests run as root too
    "--disable-gpu",
    "--disable-3d-apis",  # the terminal then draws with elements, whose text a test can read
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # letters are as wide as in the whole browser
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *.localhost, EXCLUDE localhost",
]


@contextmanager
def chromium(program: str = WITHOUT_WINDOWS) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
