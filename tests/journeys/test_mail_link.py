"""Who gets a mail opens its link in a browser without signing in, and presses the button."""

from playwright.sync_api import Browser, expect

from shared.mail.unsubscribing import link
from tests.support.browser.looks import KOREAN_PHONE_LIGHT
from tests.support.browser.member import PICTURES, Member
from tests.support.members.person import Person
from tests.support.stack.observe import document
from tests.support.stack.running import Running


def test_whoever_presses_the_button_behind_the_link_gets_no_more_of_these_mails(
    stack: Running, browser: Browser
) -> None:
    reader = Person(stack, "reader-of-mails")
    reader.me()
    with Member(browser, stack.url, "reader of mails", KOREAN_PHONE_LIGHT) as at_browser:
        page = at_browser.page
        page.goto(link(stack.url, reader.uid, stack.env["UNSUBSCRIBE_KEY"]))
        button = page.get_by_role("button", name="그만 받기")
        expect(button).to_have_css("border-radius", "12px")  # the page has its looks
        page.screenshot(path=PICTURES / "mail-link.png")
        assert wants_mails(stack, reader), "opening the link changes nothing"
        button.click()
        done = page.get_by_role("heading", name="이제 시간이 얼마 남지 않았다는 메일을 보내지 않습니다")
        expect(done).to_be_visible()
    assert not wants_mails(stack, reader)


def wants_mails(stack: Running, person: Person) -> bool:
    account = document(stack, f"accounts/{person.uid}")
    assert account is not None
    wanted: bool = account["mails_about_time"]
    return wanted
