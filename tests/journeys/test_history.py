"""A member brings one file of an earlier snapshot back, on the page alone: no editor is opened in the browser."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser.looks import KOREAN_PHONE_LIGHT
from tests.support.browser.member import PATIENCE, PICTURES, Member
from tests.support.members.open_workspace import Workspace
from tests.support.members.person import Person
from tests.support.records.layers import File, unpacked
from tests.support.stack.observe import until
from tests.support.stack.running import Running

pytestmark = pytest.mark.timeout(600)


def test_one_file_is_brought_back_from_an_earlier_snapshot(stack: Running, browser: Browser, tmp_path: Path) -> None:
    with Member(browser, stack.url, "Ada Lovelace", KOREAN_PHONE_LIGHT) as member:
        member.sign_in()
        person = Person(stack, "ada")
        with Workspace(stack, person) as workspace:
            workspace.write("poem.txt", "first")
            older = (workspace.head or {})["snapshot"]
            workspace.write("poem.txt", "second")
        workspace.close()
        until(lambda: workspace.record["state"] == "ended", "it is saved and ended")

        member.go("history")
        place = [each["snapshot"] for each in person.get("snapshots").json()["snapshots"]].index(older)
        version = member.page.locator("main ol > li").nth(place)
        look, restore = member.reads("history", "files"), member.reads("history", "bringBack")
        version.get_by_role("button", name=look).click()
        row = version.get_by_role("listitem").filter(has_text="poem.txt")
        expect(row).to_contain_text("6B")
        member.page.screenshot(path=PICTURES / "history-file.png")
        row.get_by_role("button", name=f"{restore}: poem.txt").click()
        told = member.reads_filled("history", "broughtBack", path="poem.txt")
        expect(member.page.get_by_text(told).first).to_be_visible(timeout=PATIENCE)
        newest = member.page.locator("main ol > li").first
        expect(newest).to_contain_text(member.reads_filled("history", "returned", path="poem.txt"))
        expect(newest).to_contain_text(member.reads("history", "current"))
        assert downloaded(person, tmp_path)["poem.txt"] == b"first\n"


def downloaded(person: Person, folder: Path) -> dict[str, File]:
    """The newest snapshot's files."""

    def ready() -> httpx.Response | None:
        answer = person.post("snapshots/download", {"snapshot": None})
        assert answer.status_code in (200, 202), answer.text
        return answer if answer.status_code == 200 else None

    archive = httpx.get(until(ready, "the home is put together").json()["url"]).raise_for_status().content
    return unpacked(archive, folder / "home")
