"""The main job, end to end, as a member lives it: sign in, open, edit, be reclaimed, come back.

Real parts throughout: VS Code in a browser, the image's own entrypoint, the functions, Cloud Tasks saying when to look.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.package_index import EXTENSION, TARBALL, package_index
from tests.support.browser.looks import ENGLISH_DESK_DARK, KOREAN_PHONE_DARK
from tests.support.browser.member import PATIENCE, Member
from tests.support.browser.words import in_the_editor
from tests.support.stack.observe import containers, document, documents, until
from tests.support.stack.running import Running
from tests.support.standins.process import free_port

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def packages() -> Iterator[str]:
    with package_index() as url:
        yield url


def test_a_member_edits_is_reclaimed_and_comes_back_to_their_work(
    stack: Running, browser: Browser, packages: str
) -> None:
    with Member(browser, stack.url, "Ada Lovelace", ENGLISH_DESK_DARK) as member:
        member.sign_in()
        member.open()
        first_slot, first_container = member.slot, containers(stack)[member.slot]
        first_session = session_on(stack, first_slot)["sid"]

        member.write_file("hello.py", "import kimchi\nprint(kimchi.taste())\n")
        member.open_terminal()
        member.run("echo uid $(id -u) home $HOME", "uid 1000 home /home/member")
        member.run(f"pip install --user --index-url {packages}/simple kimchi", "Successfully installed kimchi-1.0")
        member.run("python3 hello.py", "kimchi is spicy")
        member.run(f"npm install --global {packages}/{TARBALL}", "added 1 package")
        member.run("bibimbap", "bibimbap is mixed")
        member.run(f"curl -sO {packages}/{EXTENSION}; code-server --install-extension {EXTENSION}", "success")
        member.run(
            "printf '#!/bin/sh\\necho greetings\\n' > greet; chmod 750 greet; stat -c 'mode %a' greet", "mode 750"
        )
        member.command("View: Toggle Primary Side Bar Position")
        member.run(
            "until grep -q sideBar ~/.local/share/code-server/User/settings.json; do sleep 1; done; echo set", "set\n"
        )

        port = free_port()
        member.run(f"python3 -m http.server --bind 127.0.0.1 {port} &", "Serving HTTP")
        preview = member.preview(port)
        expect(preview.get_by_text("hello.py")).to_be_visible(timeout=PATIENCE)
        preview.close()

    until(lambda: first_container not in containers(stack).values(), "the container is gone")
    until(lambda: [s["state"] for s in documents(stack, "slots")].count("warm") >= 2, "the pool is warm again")

    with Member(browser, stack.url, "Ada Lovelace", ENGLISH_DESK_DARK) as back:
        back.sign_in()
        back.open()
        assert back.slot != first_slot
        assert containers(stack)[back.slot] != first_container
        expect(back.explorer("hello.py")).to_be_visible(timeout=PATIENCE)
        expect(back.page.locator(".part.sidebar.right")).to_be_visible(timeout=PATIENCE)
        back.open_terminal()
        back.run("python3 hello.py", "kimchi is spicy")
        back.run("./greet; bibimbap; stat -c 'mode %a' greet", "mode 750")
        back.run("cat hello.py", "import kimchi")
        back.run("code-server --list-extensions", "tester.sikhye")
    [first] = [s for s in documents(stack, "sessions") if s["sid"] == first_session]
    assert first["reason"] == "idle"
    assert first["decisions"][-1]["verdict"] == "reclaim"


def test_a_member_is_warned_keeps_the_session_and_stops_it_from_the_page(stack: Running, browser: Browser) -> None:
    with Member(browser, stack.url, "Alan Turing", KOREAN_PHONE_DARK) as member:
        member.sign_in()
        member.open()
        before = session_on(stack, member.slot)
        keep = member.page.get_by_role("button", name=in_the_editor(member.language, "keep"))
        expect(keep).to_be_visible(timeout=PATIENCE)
        keep.click()
        until(lambda: session_on(stack, member.slot)["due"] > before["due"], "keeping it moved when it is due")

        member.page.goto(stack.url)
        member.press("home", "stop")
        expect(member.page.get_by_role("button", name=member.reads("common", "open"), exact=True)).to_be_visible(
            timeout=PATIENCE
        )
    ended = document(stack, f"sessions/{before['sid']}") or {}
    assert (ended["state"], ended["reason"]) == ("ended", "member")
    assert ended["head"], "the last checkpoint was made"
    assert "warn" in [decision["verdict"] for decision in ended["decisions"]]


def session_on(stack: Running, slot: str) -> dict[str, Any]:
    """The open session of a slot."""
    [session] = [s for s in documents(stack, "sessions") if s["slot"] == slot and s["state"] != "ended"]
    return session
