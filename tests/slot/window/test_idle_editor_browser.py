"""An editor that is open in a browser and that nobody types into: it writes, and nothing is saved for that."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser

from tests.slot.window.test_window_browser import admit, shown
from tests.support.slot.bucket import Bucket
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SID, ControlPlane
from tests.support.slot.member import opened
from tests.support.stack.observe import until

STORAGE = "home/member/.local/share/code-server/User/workspaceStorage"
WRITES = 4
"""The editor touches its lock each five seconds: some twenty looks."""
SETTLING = 6
"""An editor that was just opened writes the window's state some times."""


def test_an_idle_editor_makes_no_snapshot_and_what_it_wrote_comes_with_the_next(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket, browser: Browser
) -> None:
    slot = start(CHECKPOINT_SECONDS="1")
    member = opened(slot, plane)
    member.enter()
    profile = browser.new_context()
    admit(profile, member)
    shown(profile, member)
    until(lambda: locks(slot), "the editor has its lock")

    def saves_while_it_writes() -> int:
        before = len(slot.events("checkpoint-uploaded"))
        for _ in range(WRITES):
            touched = locks(slot)
            until(lambda was=touched: locks(slot) != was, "the editor touches its lock")  # type: ignore[misc]
        return len(slot.events("checkpoint-uploaded")) - before

    assert any(saves_while_it_writes() == 0 for _ in range(SETTLING)), "an idle editor makes one snapshot after another"

    slot.run("mkdir proj; echo 1 > proj/a.py")
    until(lambda: named(plane) == [("proj/a.py", "added")], "the member's file is saved, and named")
    head = plane.sessions[SID].head
    assert head is not None
    assert b"vscode.lock" in store.unpacked(head), "what the editor wrote is in it"
    profile.close()


def locks(slot: Container) -> list[int]:
    """When each was touched. Read from outside: no program of the member's runs for it."""
    folder = Path(f"/proc/{slot.pid}/root/{STORAGE}")
    return [lock.stat().st_mtime_ns for lock in folder.glob("*/vscode.lock")]


def named(plane: ControlPlane) -> list[tuple[str, str]]:
    """What the session's newest snapshot tells of."""
    changes = plane.sessions[SID].changes
    return [(each.path, each.how) for each in changes.paths] if changes else []
