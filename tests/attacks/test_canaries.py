"""What one member leaves behind, the next one on the same slot does not find. Each canary is looked for twice.

Left out is the kernel's keyring of a user: there is one for each kernel, so in Cloud Run each container has its own,
while the containers of one machine share it.
"""

import re
from pathlib import Path
from shlex import quote

from playwright.sync_api import Browser, expect

from tests.attacks.canaries import IN_BROWSER, IN_CONTAINER, MARK
from tests.support.browser.member import PATIENCE, Member
from tests.support.slot.container import Container
from tests.support.slot.container_processes import Inside
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import PAGE_ORIGIN
from tests.support.slot.member import Member as AtSlot
from tests.support.stack.observe import containers, documents, until
from tests.support.stack.running import QUICK, SHORT, Running, running
from tests.support.standins.process import free_port

HOME = "export HOME=/home/member\n"
ONE_SLOT = {"POOL_WARM": "1", "POOL_MAX": "1", "IDLE_SECONDS": "300", "IDLE_WARNING_SECONDS": "10"}


def test_the_next_member_finds_nothing_of_the_one_before(tmp_path: Path, browser: Browser) -> None:
    assert len(IN_CONTAINER) + len(IN_BROWSER) >= 20
    with (
        running(tmp_path, *QUICK, **SHORT | ONE_SLOT) as stack,
        Member(browser, stack.url, "Ada Lovelace") as shared,  # one browser, as in a library
    ):
        shared.sign_in()
        shared.open()
        slot, before, port = shared.slot, container_of(stack), free_port()
        for canary in IN_CONTAINER.values():
            before.run(HOME + canary.plant.replace("{port}", str(port)))
        until(lambda: found(before, port) == set(IN_CONTAINER), "each is planted, and would be found")
        assert marked(before) != [], "it finds what is there"
        for plant, _ in IN_BROWSER.values():
            shared.page.evaluate(plant)
        assert found_by(shared) == set(IN_BROWSER)
        stop(stack, shared)

        shared.page.get_by_role("button", name="Sign out").click()
        shared.page.get_by_role("button", name="Alan Turing").click()
        expect(shared.page.get_by_role("button", name="Open")).to_be_visible(timeout=PATIENCE)
        until(lambda: [s["state"] for s in documents(stack, "slots")] == ["warm"], "the slot is warm again")
        shared.open()
        assert shared.slot == slot
        after = container_of(stack)
        assert after.pid != before.pid
        assert found(after, port) == set()
        assert found_by(shared) == set()
        assert marked(after) == []
        stop(stack, shared)


def test_a_browser_forgets_what_another_workspace_left_in_it_before_it_is_let_in(
    slot: Container, plane: ControlPlane
) -> None:
    member = AtSlot(slot, plane)
    member.attach(plane.open()).raise_for_status()
    browser = {"Origin": PAGE_ORIGIN, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    form = {"token": plane.enter_token()}

    stranger = member.post("enter", headers=browser, data={"token": "none of ours"})
    assert (stranger.status_code, "Clear-Site-Data" in stranger.headers) == (401, False), "nobody clears it without one"
    for known in ({}, {"Cookie": "__Host-workspace=another"}):
        first = member.post("enter", headers=browser | known, data=form)
        assert (first.status_code, first.headers["Location"]) == (307, "/_slot/enter?cleared")
        assert first.headers["Clear-Site-Data"] == '"cookies", "storage"'
        assert "Set-Cookie" not in first.headers, "it would be cleared with the rest"
    then = member.post("enter?cleared", headers=browser, data=form)
    assert then.status_code == 303
    known = {"Cookie": f"__Host-workspace={then.cookies['__Host-workspace']}"}
    again = member.post("enter", headers=browser | known, data={"token": plane.enter_token()})
    assert (again.status_code, "Clear-Site-Data" in again.headers) == (303, False), "their own layout stays"


def container_of(stack: Running) -> Inside:
    [pid] = containers(stack).values()
    return Inside(pid)


def found(container: Inside, port: int) -> set[str]:
    """The canaries that a member sees in the container."""
    script = "\n".join(
        f"if ({canary.look.replace('{port}', str(port))}) 2>/dev/null | grep -q {MARK}; then echo {quote(what)}; fi"
        for what, canary in IN_CONTAINER.items()
    )
    return set(container.run(HOME + script).splitlines())


def marked(container: Inside) -> list[str]:
    """The files with the mark in them, wherever a member may write."""
    return container.run(f"{HOME}grep -rl {MARK} ~ /tmp /var/tmp /dev/shm /run/member 2>/dev/null || true").splitlines()


def found_by(member: Member) -> set[str]:
    """The canaries that a page of the slot's origin sees in the browser."""
    return {what for what, (_, look) in IN_BROWSER.items() if MARK in (member.page.evaluate(look) or "")}


def stop(stack: Running, member: Member) -> None:
    member.page.goto(stack.url)
    member.page.get_by_role("button", name="Stop").click()
    expect(member.page.get_by_role("button", name=re.compile("^Open$"))).to_be_visible(timeout=PATIENCE)
