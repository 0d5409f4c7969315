"""A member at a real browser: the page, and VS Code as they see and touch it."""

import re
from pathlib import Path
from typing import Self

from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

from tests.support.browser.looks import ENGLISH_DESK_LIGHT, NAMES, Look
from tests.support.browser.words import filled_on_the_page, on_the_page

PICTURES = Path("build/journeys")
PATIENCE = 60_000
"""Milliseconds after which something that never comes is given up; nothing here waits for a fixed time."""


class Member:
    """One person in a browser profile of their own."""

    def __init__(self, browser: Browser, url: str, name: str, look: Look = ENGLISH_DESK_LIGHT) -> None:
        self.language = look.language
        self._context = browser.new_context(
            viewport={"width": look.width, "height": 800},
            locale={"en": "en-US", "ko": "ko-KR"}[look.language],
            color_scheme=look.theme,
        )
        self._context.set_default_timeout(PATIENCE)
        self.page: Page = self._context.new_page()
        self._url = url
        self._name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        """Leave a picture of what the member saw if something failed."""
        if failure:
            self.page.screenshot(path=PICTURES / f"{self._name.replace(' ', '-').lower()}.png")
        self.close()

    def reads(self, subject: str, key: str) -> str:
        """A text of the page, in this member's language."""
        return on_the_page(self.language, subject, key)

    def reads_filled(self, subject: str, key: str, **parts: str) -> re.Pattern[str]:
        """As `reads`, of a text that something is put into: regular expressions by the names that the table has."""
        return filled_on_the_page(self.language, subject, key, **parts)

    def go(self, to: str) -> None:
        """Go to another view of the page, by its key in the table of strings."""
        self.page.get_by_role("link", name=self.reads("home", to), exact=True).click()

    def press(self, subject: str, key: str) -> None:
        """Press the button of the page with this name."""
        self.page.get_by_role("button", name=self.reads(subject, key), exact=True).click()

    def choose_language(self) -> None:
        """Press this member's language before they sign in: their account may have kept another test's."""
        self.page.get_by_role("button", name=NAMES[self.language], exact=True).click()

    def sign_in(self) -> None:
        self.page.goto(self._url)
        self.choose_language()
        self.page.get_by_role("button", name=self._name).click()
        opens = self.page.get_by_role("button", name=self.reads("common", "open"), exact=True)
        stops = self.page.get_by_role("button", name=self.reads("home", "stop"), exact=True)
        expect(opens.or_(stops)).to_be_visible(timeout=PATIENCE)
        if stops.is_visible():  # another test left it open, or this one when it failed the first time
            stops.click()
            anyway = self.page.get_by_role("button", name=self.reads("stopping", "anyway"))
            expect(opens.or_(anyway)).to_be_visible(timeout=PATIENCE)
            if anyway.is_visible():  # the session holds files that the plan has no room for
                anyway.click()
        expect(opens).to_be_visible(timeout=PATIENCE)

    def open(self) -> None:
        """Press Open, or where a session is open its other name, and wait until the editor shows the files."""
        self.opens.click()
        self.wait_for_editor()

    @property
    def opens(self) -> Locator:
        """The page's button that leads to the editor, by either name."""
        either = f"^({self.reads('common', 'open')}|{self.reads('home', 'goOn')})$"
        return self.page.get_by_role("button", name=re.compile(either))

    def wait_for_editor(self) -> None:
        self.page.wait_for_url(re.compile(r"//ws-[a-z0-9]+\.localhost"), wait_until="commit")
        expect(self.page.locator(".explorer-folders-view")).to_be_visible(timeout=PATIENCE)
        expect(self.page.locator(".monaco-workbench")).to_be_visible()

    @property
    def slot(self) -> str:
        found = re.search(r"//(ws-[a-z0-9]+)\.", self.page.url)
        assert found, self.page.url
        return found[1]

    def command(self, title: str) -> None:
        """Run a command of the editor's by its title, from the palette.

        An editor that is still starting takes the focus now and then, which closes the palette: ask again.
        """
        for _ in range(10):
            try:
                return self._choose(title)
            except TimeoutError:
                self.page.keyboard.press("Escape")
        raise AssertionError(f"the palette never offered {title!r}")

    def _choose(self, title: str) -> None:
        """Raises TimeoutError if the palette closes meanwhile."""
        row = self.page.get_by_role("option", name=re.compile(f"^{re.escape(title)}(,|$)"))
        self._box().wait_for(state="hidden", timeout=5_000)
        self.page.keyboard.press("F1")
        self._box().fill(f">{title}", timeout=5_000)
        while "focused" not in (row.get_attribute("class", timeout=5_000) or ""):
            self._box().press("ArrowDown", timeout=5_000)
        self._box().press("Enter", timeout=5_000)
        expect(self._box()).to_be_hidden()

    def _box(self) -> Locator:
        return self.page.locator(".quick-input-widget input.input")

    def write_file(self, name: str, text: str) -> None:
        """Make a new file in the home by typing it into the editor and saving it."""
        editor = self.page.locator(".editor-group-container.active .monaco-editor").last
        for _ in range(5):
            self.command("File: New Untitled Text File")
            try:
                editor.click(timeout=10_000)
            except TimeoutError:  # an editor that is still starting may open its own page in front of it: ask again
                continue
            break
        self.page.keyboard.type(text)
        self.page.keyboard.press("Control+s")
        box = self._box()
        expect(box).to_have_value(re.compile("/home/member/"))
        box.fill(f"/home/member/{name}")
        self.page.keyboard.press("Enter")
        expect(box).to_be_hidden()
        expect(self.explorer(name)).to_be_visible(timeout=PATIENCE)

    def explorer(self, name: str) -> Locator:
        """The row of a file or folder in the explorer."""
        return self.page.locator(".explorer-folders-view .monaco-list-row").filter(has_text=name)

    def saved(self) -> Locator:
        """How old the newest save is, in the status bar. An editor that shows it has started its extensions."""
        return self.page.locator("[id='ondol.ondol-browser.ondol.saved']")

    def open_terminal(self) -> None:
        for _ in range(5):
            self.command("Terminal: Create New Terminal")
            try:
                self._terminal().wait_for(timeout=15_000)
            except TimeoutError:  # an editor that is still starting loses the command now and then: ask again
                continue
            break
        expect(self._terminal()).to_be_visible()
        self.page.locator(".xterm-helper-textarea").first.focus()
        expect(self._terminal()).to_contain_text("$", timeout=PATIENCE)
        # Seen once on a busy machine: a terminal that had just opened was replaced by another in front of it. The
        # editor tells nobody when it has restored its own
        self.page.wait_for_timeout(3_000)
        self.page.locator(".xterm-helper-textarea").first.focus()
        expect(self._terminal()).to_contain_text("$", timeout=PATIENCE)

    def run(self, line: str, expected: str) -> None:
        """Type a line into the terminal, and wait for its output."""
        self.page.locator(".xterm-helper-textarea").first.focus()
        self.page.keyboard.type(line)
        self.page.keyboard.press("Enter")
        expect(self._terminal()).to_contain_text(expected, timeout=PATIENCE)

    def _terminal(self) -> Locator:
        # the first is the terminal; a second one is the command that sticks to its top
        return self.page.locator(".xterm-rows").first

    def preview(self, port: int) -> Page:
        """A second tab with the member's own server, through the editor's port proxy."""
        tab = self._context.new_page()
        origin = re.match(r"https?://[^/]+", self.page.url)
        assert origin
        tab.goto(f"{origin[0]}/proxy/{port}/")
        return tab

    def close(self) -> None:
        """Close the tab, and the browser profile with it."""
        self._context.close()
