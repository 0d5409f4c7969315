"""The terminal of the editor in a browser: what runs there is the member's as it really is, with every limit on it."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser

from tests.support.browser.member import Member as AtBrowser
from tests.support.checkout import ROOT
from tests.support.slot.member import PAGE_ORIGIN, Member

PROGRAMS = ROOT / "tests/attacks/programs"


# what the page does when it has a token: a form posted to the slot
ENTER = """<!doctype html><form method=post action="http://{host}/_slot/enter">
<input name=token value="{token}"><input name=folder value="/home/member"></form>
<script>document.forms[0].submit()</script>"""


@contextmanager
def terminal(browser: Browser, member: Member) -> Iterator[AtBrowser]:
    """The member's workspace is attached; the programs of tests/attacks/programs are in their home."""
    for program in PROGRAMS.iterdir():
        if program.is_file():
            member.slot.run(f"cat > {program.name} <<'END OF THE PROGRAM'\n{program.read_text()}\nEND OF THE PROGRAM\n")
    page = ENTER.format(host=member.slot.host, token=member.plane.enter_token())
    with AtBrowser(browser, PAGE_ORIGIN, f"terminal of {member.slot.port}") as at_browser:
        at_browser.page.route(f"{PAGE_ORIGIN}/", lambda route: route.fulfill(body=page, content_type="text/html"))
        at_browser.page.goto(PAGE_ORIGIN)
        at_browser.page.locator(".explorer-folders-view").wait_for()
        at_browser.open_terminal()
        yield at_browser
