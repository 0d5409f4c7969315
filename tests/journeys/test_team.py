"""A team in real browsers: bought, joined after the wrong account, handed over; its founder is removed at work."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.test_paying import choose_card
from tests.support.browser.looks import ENGLISH_DESK_LIGHT, KOREAN_PHONE_DARK
from tests.support.browser.member import PATIENCE, PICTURES, Member
from tests.support.browser.words import WINDOW, ending, filled_in_the_editor
from tests.support.members.open_workspace import Workspace
from tests.support.members.person import Person
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import containers, document, documents, until
from tests.support.stack.running import Running

pytestmark = pytest.mark.timeout(600)

TEAM = "Moonlight"


@pytest.mark.once  # a person makes one team a day
def test_a_team_is_bought_joined_handed_over_and_its_founder_removed_at_work(stack: Running, browser: Browser) -> None:
    with (
        Member(browser, stack.url, "Haneul Kim", ENGLISH_DESK_LIGHT) as founder,
        Member(browser, stack.url, "Ada Lovelace", KOREAN_PHONE_DARK) as invited,
        no_team_afterwards(stack, "ada", "haneul"),
    ):
        founder.sign_in()
        buy_a_team(founder)
        invite(founder, "ada@example.com")

        follow_the_mail(stack, invited, "ada@example.com")
        invited.page.get_by_role("button", name="Alan Turing").click()
        masked = re.escape("a***@example.com")
        other = invited.reads_filled("team", "other", address=masked, you="alan@example.com")
        expect(invited.page.get_by_text(other)).to_be_visible(timeout=PATIENCE)
        invited.page.screenshot(path=PICTURES / "invitation-of-another.png")
        invited.page.get_by_role("button", name=invited.reads_filled("team", "signInAs", address=masked)).click()
        again = invited.page.get_by_text(invited.reads_filled("team", "signInNow", address=masked))
        expect(again).to_be_visible(timeout=PATIENCE)
        invited.choose_language()
        invited.page.get_by_role("button", name="Ada Lovelace").click()
        invited.press("team", "invitation.accept")
        expect(invited.page.get_by_role("heading", level=1, name=TEAM, exact=True)).to_be_visible(timeout=PATIENCE)

        hand_over(founder, invited)

        founder.page.goto(stack.url)
        founder.open()
        slot, sid = founder.slot, session_on(stack, founder.slot)
        home = Inside(containers(stack)[slot])
        home.stay_awake()
        home.run("echo 1 > kept.txt")
        with Workspace(stack, Person(stack, "ada")) as colleague:
            colleague.container.stay_awake()
            bid = session(stack, sid)["bid"]
            assert (colleague.record["bid"], colleague.record["plan"]) == (bid, "team")
            remove(invited, "Haneul( Kim)?")
            cover = founder.page.locator("#ondol-cover")
            expect(cover).to_contain_text(ending("en", "team", "title"), timeout=PATIENCE)
            expect(cover).to_contain_text(filled_in_the_editor("en", "saved", WINDOW), timeout=PATIENCE)
            founder.page.screenshot(path=PICTURES / "removed-at-work.png")
            until(lambda: session(stack, sid)["state"] == "ended", "the session has ended")
            ended = session(stack, sid)
            assert (ended["reason"], ended["final"]) == ("team", True)
            assert colleague.record["state"] == "active"
        until(lambda: [each for each in mails(stack, "haneul@example.com") if TEAM in each["subject"]], "they are told")
        with founder.page.expect_navigation(url=re.compile(re.escape(stack.url)), wait_until="commit"):
            cover.get_by_role("button", name=ending("en", "team", "button"), exact=True).click()
        founder.wait_for_editor()
        expect(founder.explorer("kept.txt")).to_be_visible(timeout=PATIENCE)
        assert session(stack, session_on(stack, founder.slot))["bid"] != bid, "on the own account"


def buy_a_team(owner: Member) -> None:
    page = owner.page
    owner.go("team")
    page.get_by_label(owner.reads("team", "name"), exact=True).fill(TEAM)
    owner.press("team", "make")
    page.get_by_role("link", name=owner.reads("team", "payment")).click()  # new accounts here have Enterprise already
    page.get_by_role("button", name=owner.reads_filled("plans", "take", plan="Team")).click()
    choose_card(owner, "pm_card_visa", "Subscribe")
    come = owner.reads_filled("plans", "come", plan="Team")
    expect(page.get_by_role("status").filter(has_text=come)).to_be_visible(timeout=PATIENCE)


def invite(owner: Member, address: str) -> None:
    owner.go("team")
    owner.page.get_by_label(owner.reads("team", "address"), exact=True).fill(address)
    owner.press("team", "inviteNow")
    expect(owner.page.get_by_text(owner.reads_filled("team", "linkMailed", address=address))).to_be_visible()


def follow_the_mail(stack: Running, member: Member, address: str) -> None:
    """From the local inbox, as a mail program opens the link."""
    until(lambda: mails(stack, address), "the mail is there")
    member.page.goto(stack.at("mailbox"))
    member.page.get_by_role("row").filter(has_text=address).get_by_role("link").first.click()
    link = member.page.get_by_role("link", name="See the invitation").get_attribute("href") or ""
    member.page.goto(link)
    expect(member.page.get_by_text(member.reads("front", "invited"))).to_be_visible(timeout=PATIENCE)


def hand_over(owner: Member, other: Member) -> None:
    owner.page.reload()
    owner.page.get_by_role("button", name=owner.reads_filled("team", "changeRoleOf", name="Ada( Lovelace)?")).click()
    dialog = owner.page.get_by_role("alertdialog")
    role = owner.reads("team", "roles.owner")
    dialog.get_by_role("radio", name=re.compile(f"^{role}")).check()
    dialog.get_by_role("button", name=owner.reads("team", "roleNow"), exact=True).click()
    expect(owner.page.get_by_text(owner.reads_filled("team", "offered", role=role))).to_be_visible(timeout=PATIENCE)
    other.page.reload()
    offer = other.page.get_by_role("status").filter(has_text=other.reads("team", "offeredOwner"))
    offer.get_by_role("button").first.click()
    invites = other.page.get_by_role("heading", name=other.reads("team", "invite"), exact=True)
    expect(invites).to_be_visible(timeout=PATIENCE)


def remove(owner: Member, name: str) -> None:
    """`name` is a regular expression."""
    owner.page.get_by_role("button", name=owner.reads_filled("team", "removeOf", name=name)).click()
    dialog = owner.page.get_by_role("alertdialog")
    expect(dialog).to_contain_text(owner.reads("team", "effects.theirs.session"), timeout=PATIENCE)
    dialog.get_by_role("button", name=owner.reads("team", "removeNow"), exact=True).click()
    gone = owner.reads_filled("team", "removed", name=name)
    expect(owner.page.get_by_text(gone).first).to_be_visible(timeout=PATIENCE)


def mails(stack: Running, address: str) -> list[dict[str, Any]]:
    """That went there, as the local inbox has them, the newest first."""
    taken: list[dict[str, Any]] = httpx.get(f"{stack.at('mailbox')}/mails", timeout=60).raise_for_status().json()
    return [each for each in taken if address in each["to"]]


def session_on(stack: Running, slot: str) -> str:
    [sid] = [each["session"] for each in documents(stack, "slots") if each["name"] == slot]
    return str(sid)


def session(stack: Running, sid: str) -> dict[str, Any]:
    return document(stack, f"sessions/{sid}") or {}


@contextmanager
def no_team_afterwards(stack: Running, *people: str) -> Iterator[None]:
    """Whoever owns the team deletes it: other journeys' members work on their own accounts."""
    try:
        yield
    finally:
        for name in people:
            Person(stack, name).post("team/delete", {"name": TEAM})
