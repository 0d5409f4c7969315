"""The window comes back: tabs, a split, the layout, what extensions remember and sign-ins, wherever it is opened.

VS Code keeps all of it in the browser, by the slot's own origin. Here the browser is always a fresh one.
"""

import json
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys import remembering_extension
from tests.support.browser.looks import ENGLISH_DESK_LIGHT
from tests.support.browser.member import PATIENCE, PICTURES, Member
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import containers, until
from tests.support.stack.running import Running

pytestmark = pytest.mark.timeout(600)

DATA = "/home/member/.local/share/code-server"
WINDOW = f"{DATA}/window"


def test_the_window_comes_back_on_another_slot_in_a_fresh_browser(stack: Running, browser: Browser) -> None:
    with Member(browser, stack.url, "Haneul Kim", ENGLISH_DESK_LIGHT) as member:
        member.sign_in()
        member.open()
        slot, home = member.slot, inside(stack, member)
        home.run("echo 1 > left.txt; echo 2 > right.txt; mkdir -p project; echo 3 > project/third.txt")
        install(home)
        # of an editor to come: nobody touches it
        home.run(f"mkdir -p {WINDOW}; echo '{{\"format\": 1}}' | gzip > {WINDOW}/99.0.jsonl.gz")
        before = home.run(f"sha256sum {WINDOW}/99.0.jsonl.gz")

        member.page.reload()
        expect(status(member.page)).to_have_text(remembering_extension.NOTHING, timeout=PATIENCE)
        member.command(remembering_extension.COMMAND)
        expect(status(member.page)).to_have_text(remembering_extension.BREWED, timeout=PATIENCE)
        member.explorer("left.txt").dblclick()
        expect(tabs(member.page)).to_have_count(1)
        member.command("View: Split Editor Right")
        member.explorer("right.txt").dblclick()
        expect(groups(member.page)).to_have_count(2)
        member.command("View: Toggle Primary Side Bar Position")
        expect(member.page.locator(".part.sidebar.right")).to_be_visible(timeout=PATIENCE)
        until_kept(home, "left.txt", "right.txt", "full", "secrets.provider")
        member.page.screenshot(path=PICTURES / "window-before.png")

        text = window(home)
        assert remembering_extension.SECRET not in text
        assert member.slot not in text, "addresses hold for any slot"
        everything = home.run(f"cd /home/member; grep -rla {remembering_extension.SECRET} . || true")
        assert not everything, "the sign-in is nowhere in the home in clear"
        stop(stack, member)

    with Member(browser, stack.url, "Haneul Kim", ENGLISH_DESK_LIGHT) as back:
        back.sign_in()
        back.open()
        assert back.slot != slot
        expect(groups(back.page)).to_have_count(2, timeout=PATIENCE)
        expect(tabs(back.page)).to_have_count(3)
        expect(groups(back.page).nth(1).get_by_role("tab", name=re.compile("right.txt"))).to_be_visible()
        expect(back.page.locator(".part.sidebar.right")).to_be_visible()
        expect(status(back.page)).to_have_text(remembering_extension.BREWED, timeout=PATIENCE)
        back.page.screenshot(path=PICTURES / "window-after.png")
        assert inside(stack, back).run(f"sha256sum {WINDOW}/99.0.jsonl.gz") == before
        stop(stack, back)


def test_two_windows_at_once_lose_nothing_of_each_other(stack: Running, browser: Browser) -> None:
    with (
        Member(browser, stack.url, "Alan Turing", ENGLISH_DESK_LIGHT) as first,
        Member(browser, stack.url, "Alan Turing", ENGLISH_DESK_LIGHT) as second,
    ):
        first.sign_in()
        second.sign_in()
        first.open()
        home = inside(stack, first)
        home.run("mkdir -p one two; echo > one/first.txt; echo > one/both.txt; echo > two/second.txt")
        second.page.reload()
        second.open()
        assert second.slot == first.slot
        for member, folder, file in ((first, "one", "first.txt"), (second, "two", "second.txt")):
            enter(member, folder)
            member.explorer(file).dblclick()
            expect(tabs(member.page)).to_have_count(1)
            # the editor saves what is in a window while that has the focus
            until_kept(home, file)
        assert "first.txt" in window(home), "the second window took nothing away"
        # the same folder in both: whoever did something last
        enter(second, "one")
        expect(tabs(second.page)).to_have_count(1, timeout=PATIENCE)
        second.explorer("both.txt").dblclick()
        expect(tabs(second.page)).to_have_count(2)
        until_kept(home, "both.txt")
        # a tab that was closed stays so
        second.command("View: Close All Editors")
        expect(tabs(second.page)).to_have_count(0)
        until(lambda: "both.txt" not in tabs_of(home, "one"), "the closing is kept")
        second.page.reload()
        expect(second.explorer("both.txt")).to_be_visible(timeout=PATIENCE)
        expect(tabs(second.page)).to_have_count(0)
        stop(stack, second)

    with Member(browser, stack.url, "Alan Turing", ENGLISH_DESK_LIGHT) as back:
        back.sign_in()
        back.open()
        enter(back, "two")
        expect(tabs(back.page)).to_have_count(1, timeout=PATIENCE)
        expect(tabs(back.page)).to_have_text(re.compile("second.txt"))
        stop(stack, back)


def inside(stack: Running, member: Member) -> Inside:
    """The member's container, which is not left idle from now on."""
    home = Inside(containers(stack)[member.slot])
    home.stay_awake()
    return home


def install(home: Inside) -> None:
    spelled = remembering_extension.package().hex()
    home.run(f"python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(\"{spelled}\"))' > .cache.vsix")
    home.run(
        "HOME=/home/member PATH=/opt/ondol/bin:$PATH code-server"
        f" --user-data-dir={DATA} --extensions-dir={DATA}/extensions --install-extension .cache.vsix; rm .cache.vsix"
    )


def window(home: Inside) -> str:
    """What the home has of it."""
    return home.run(f"zcat $(ls {WINDOW}/4.*.jsonl.gz) 2>/dev/null || true")


def tabs_of(home: Inside, folder: str) -> str:
    """What the editor notes of the tabs in a folder's window."""
    lines = [json.loads(line) for line in window(home).splitlines()[1:]]
    name = [f"workspace:/home/member/{folder}", "memento/workbench.parts.editor"]
    return "".join(line[3] or "" for line in lines if line[:2] == name)


def until_kept(home: Inside, *parts: str) -> None:
    until(lambda: all(part in window(home) for part in parts), "the window is kept")


def enter(member: Member, folder: str) -> None:
    origin = member.page.url.partition("?")[0]
    member.page.goto(f"{origin}?folder=/home/member/{folder}")
    expect(member.page.locator(".explorer-folders-view")).to_be_visible(timeout=PATIENCE)


def stop(stack: Running, member: Member) -> None:
    member.page.goto(stack.url)
    member.press("home", "stop")
    expect(member.page.get_by_role("button", name=member.reads("common", "open"), exact=True)).to_be_visible(
        timeout=PATIENCE
    )


def status(page: Page) -> Locator:
    return page.locator("[id='tester.maesil.maesil']")


def groups(page: Page) -> Locator:
    return page.locator(".editor-group-container")


def tabs(page: Page) -> Locator:
    """Of files: a welcome may be beside them."""
    return page.locator(".editor-group-container .tab").filter(has_text=".txt")
