"""Three members of one team at real editors as its last seconds are used: each reads so, and all work is saved."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import Browser, expect

from shared.billing.plans import PLANS
from tests.journeys.test_ended_session import cover
from tests.journeys.test_team import TEAM, no_team_afterwards, session, session_on
from tests.support.browser.looks import ENGLISH_DESK_LIGHT, ENGLISH_PHONE_DARK, KOREAN_DESK_DARK
from tests.support.browser.member import PATIENCE, Member
from tests.support.browser.words import WINDOW, ending, filled_in_the_editor
from tests.support.members.person import Person
from tests.support.members.time_left import leave_of
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import containers, document, until
from tests.support.stack.running import Running

pytestmark = pytest.mark.timeout(600)

PEOPLE = {
    "alan": ("Alan Turing", KOREAN_DESK_DARK),
    "ada": ("Ada Lovelace", ENGLISH_PHONE_DARK),
    "haneul": ("Haneul Kim", ENGLISH_DESK_LIGHT),
}
"""The first makes the team."""
LEFT = 6.0
"""Seconds that are left for all three once all of them are at work: two or three heartbeats of each."""


@pytest.mark.once  # a person makes one team a day
def test_three_at_once_use_the_last_seconds_up_and_all_is_saved(stack: Running, browser: Browser) -> None:
    with a_team(stack) as bid, ExitStack() as windows:
        members = [windows.enter_context(Member(browser, stack.url, name, look)) for name, look in PEOPLE.values()]
        sids = []
        for member in members:
            member.sign_in()
            member.open()
            sids.append(session_on(stack, member.slot))
            home = Inside(containers(stack)[member.slot])
            home.stay_awake()
            home.run("echo 1 > last.txt")
        at_work = [session(stack, sid) for sid in sids]
        assert [(each["bid"], each["state"], each["reason"]) for each in at_work] == [(bid, "active", None)] * 3
        leave_of(stack, bid, LEFT, plan="team")
        for member in members:
            told = cover(member.page)
            expect(told).to_contain_text(ending(member.language, "allowance", "title"), timeout=PATIENCE)
            saved = filled_in_the_editor(member.language, "saved", WINDOW)
            expect(told).to_contain_text(saved, timeout=PATIENCE)
        for sid in sids:
            until(lambda sid=sid: session(stack, sid)["state"] == "ended", "the session has ended")  # type: ignore[misc]
        ended = [session(stack, sid) for sid in sids]
        assert [(each["reason"], each["final"]) for each in ended] == [("allowance", True)] * 3
        granted = round(1000 * (PLANS["team"].seconds or 0))
        assert [*(document(stack, f"billing/{bid}") or {})["used"].values()] == [granted], "all of it, and no more"


@contextmanager
def a_team(stack: Running) -> Iterator[str]:
    """The id of a team of all three, on a plan that they share."""
    founder, *others = [Person(stack, name) for name in PEOPLE]
    with no_team_afterwards(stack, next(iter(PEOPLE))):
        assert founder.me() and founder.post("team/create", {"name": TEAM}).status_code == 200
        bid = str((document(stack, f"accounts/{founder.uid}") or {})["team"]["bid"])
        leave_of(stack, bid, seconds=3600, plan="team")
        for name, other in zip([*PEOPLE][1:], others, strict=True):
            asked = {"address": f"{name}@example.com", "role": "member", "language": "en"}
            invited = founder.post("team/invite", asked)
            assert invited.status_code == 200, invited.text
            token = invited.json()["link"].partition("#")[2]
            assert other.me() and other.post("team/accept", {"token": token}).status_code == 200
        yield bid
