"""A member begins with a project: a dropped zip, in the shape of a Firebase Studio export, and the sample."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser.dropping import drop
from tests.support.browser.member import PATIENCE, Member
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import containers
from tests.support.stack.running import Running

pytestmark = pytest.mark.timeout(600)

EXPORT = {
    ".idx/dev.nix": "{ pkgs, ... }: { packages = [ pkgs.nodejs_20 ]; }\n",
    ".vscode/settings.json": "{}\n",
    "package.json": '{"name": "shop"}\n',
    "src/한글.js": "export {};\n",
}


def test_a_dropped_zip_and_the_sample_open_in_the_editor(stack: Running, browser: Browser, tmp_path: Path) -> None:
    archive = tmp_path / "shop-12345.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in EXPORT.items():
            file.writestr(name, content)
    with Member(browser, stack.url, "Minji Park") as member:
        member.sign_in()
        begin(member)
        drop(member.page, archive)
        expect_editor(member, "shop-12345")
        expect(member.explorer("package.json")).to_be_visible(timeout=PATIENCE)
        inside = Inside(containers(stack)[member.slot])
        inside.stay_awake()
        for name, content in EXPORT.items():
            assert inside.run(f"cat '/home/member/shop-12345/{name}'").strip() == content.strip()

        member.page.goto(stack.url)
        begin(member)
        member.page.get_by_role("button", name="Open the sample").click()
        expect_editor(member, "first-page")
        expect(member.explorer("server.py")).to_be_visible(timeout=PATIENCE)


def begin(member: Member) -> None:
    member.page.get_by_role("button", name="New project").click()
    expect(member.page.get_by_role("heading", name="New project")).to_be_visible()


def expect_editor(member: Member, folder: str) -> None:
    member.page.wait_for_url(re.compile(rf"//ws-[a-z0-9]+\.localhost.*{folder}"), wait_until="commit")
    expect(member.page.locator(".explorer-folders-view")).to_be_visible(timeout=PATIENCE)
