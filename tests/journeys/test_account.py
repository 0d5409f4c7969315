"""A member signs out everywhere, and another deletes their account: on the page, and true everywhere else."""

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser.looks import ENGLISH_DESK_DARK, ENGLISH_PHONE_DARK, KOREAN_DESK_LIGHT
from tests.support.browser.member import PATIENCE, PICTURES, Member
from tests.support.members.open_workspace import Workspace
from tests.support.members.person import Person, problem
from tests.support.stack.observe import document, objects, until
from tests.support.stack.running import Running

pytestmark = pytest.mark.timeout(600)


def test_signing_out_everywhere_ends_the_page_of_another_browser_and_the_editors_access(
    stack: Running, browser: Browser
) -> None:
    with (
        Member(browser, stack.url, "Haneul Kim", ENGLISH_DESK_DARK) as desk,
        Member(browser, stack.url, "Haneul Kim", ENGLISH_PHONE_DARK) as phone,
    ):
        desk.sign_in()
        with Workspace(stack, Person(stack, "haneul")) as workspace:
            phone.page.goto(stack.url)
            phone.page.get_by_role("button", name="Haneul Kim").click()
            expect(phone.page.get_by_text(phone.reads("home", "awake"))).to_be_visible(timeout=PATIENCE)
            assert workspace.get().status_code == 302, "the editor leads to its folder"
            desk.go("account")
            desk.press("account", "everywhere")
            expect(desk.page.get_by_role("status").first).to_have_text(desk.reads("account", "everywhereDone"))
            # nobody touches the phone: its page sees that the slot no longer serves, and asks why
            expired = phone.page.get_by_role("alert").filter(has_text=phone.reads("problems", "not-signed-in"))
            expect(expired).to_be_visible(timeout=PATIENCE)
            expect(phone.page.get_by_role("button", name="Haneul Kim")).to_be_visible()
            phone.page.screenshot(path=PICTURES / "signed-out-elsewhere.png")
            until(lambda: workspace.get().status_code in (401, 410), "the cookie leads in no more")
            until(lambda: workspace.record["state"] == "ended", "it is saved and ended")
            assert workspace.record["reason"] == "signed-out"


def test_a_deleted_account_is_gone_with_its_sign_in_and_with_all_that_it_saved(
    stack: Running, browser: Browser
) -> None:
    with Member(browser, stack.url, "Alan Turing", KOREAN_DESK_LIGHT) as member:
        member.sign_in()
        person = Person(stack, "alan")
        with Workspace(stack, person) as workspace:
            workspace.write("secret.txt", "mine")
        workspace.close()
        until(lambda: workspace.record["state"] == "ended", "it is saved and ended")
        wid = workspace.record["wid"]
        assert objects(stack, f"workspaces/{wid}/")

        member.go("account")
        expect(member.page.get_by_text(member.reads("account", "removeAbout"))).to_be_visible()
        member.press("account", "remove")
        dialog = member.page.get_by_role("alertdialog", name=member.reads("account", "remove"))
        now = dialog.get_by_role("button", name=member.reads("account", "removeNow"))
        expect(dialog).to_contain_text(member.reads("account", "removeAsks"))
        expect(now).to_be_disabled()
        member.page.screenshot(path=PICTURES / "account-deletion.png")
        dialog.get_by_label(member.reads("account", "removeUnderstood")).check()
        now.click()
        expect(member.page.get_by_role("status").first).to_have_text(member.reads("account", "removed"))
        assert problem(person.post("login", {})) == "account-closed"
        until(lambda: (document(stack, f"workspaces/{wid}") or {}).get("erased_once"), "it is erased")
        assert not objects(stack, f"workspaces/{wid}/")

        member.page.get_by_role("button", name="Alan Turing").click()
        expect(member.page.get_by_text(member.reads("home", "first"))).to_be_visible(timeout=PATIENCE)
