"""A member begins with a project: a zip as Firebase Studio exports it, the sample, or a repository by a link."""

import re
import zipfile
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser.dropping import drop
from tests.support.browser.looks import ENGLISH_PHONE_LIGHT, KOREAN_DESK_DARK
from tests.support.browser.member import PATIENCE, Member
from tests.support.members.person import Person
from tests.support.slot.container_processes import Inside
from tests.support.slot.named_hosts import named_hosts
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
    with Member(browser, stack.url, "Minji Park", KOREAN_DESK_DARK) as member:
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
        member.press("newProject", "sample")
        expect_editor(member, "first-page")
        expect(member.explorer("server.py")).to_be_visible(timeout=PATIENCE)


def test_a_link_with_a_repository_opens_it_in_the_editor_once_the_member_says_so(
    stack: Running, browser: Browser, tmp_path: Path
) -> None:
    with named_hosts(tmp_path, "") as hosts, Member(browser, stack.url, "Haneul Kim", ENGLISH_PHONE_LIGHT) as member:
        member.sign_in()
        slot = httpx.URL(Person(stack, "haneul").open()["enter_url"]).host.partition(".")[0]
        inside = Inside(containers(stack)[slot])
        inside.stay_awake()
        for setting in (f"http.proxy {hosts.proxy}", "http.sslVerify false"):
            inside.run(f"HOME=/home/member git config --global {setting}")
        member.page.goto(f"{stack.url}/new?repo=https://git.example.com/app.git")
        expect(member.page.get_by_text(member.reads("newProject", "linked"))).to_be_visible()
        assert not hosts.asked, "a link by itself fetches nothing"
        member.press("newProject", "clone")
        expect_editor(member, "app")
        expect(member.explorer("README.md")).to_be_visible(timeout=PATIENCE)
        assert {each.host for each in hosts.asked} == {"git.example.com"}


def begin(member: Member) -> None:
    title = member.reads("newProject", "title")
    member.page.get_by_role("button", name=title).click()
    expect(member.page.get_by_role("heading", name=title)).to_be_visible()


def expect_editor(member: Member, folder: str) -> None:
    member.page.wait_for_url(re.compile(rf"//ws-[a-z0-9]+\.localhost.*{folder}"), wait_until="commit")
    expect(member.page.locator(".explorer-folders-view")).to_be_visible(timeout=PATIENCE)
