"""A member with more files than their plan holds, in a real browser: warned there and on the page; nothing is lost."""

import re

from playwright.sync_api import Browser, expect

from shared.gcp.store.billing import billing_ref
from tests.environment import environment
from tests.inside import Inside
from tests.journeys.browser import PATIENCE, Member
from tests.observe import containers, documents, until
from tests.running import Running

FILL = "mkdir -p data && head -c {megabytes}M /dev/urandom > data/{name}"


def test_a_member_over_their_plan_is_told_what_to_do_and_loses_nothing(stack: Running, browser: Browser) -> None:
    with Member(browser, stack.url, "Minji Park") as member:
        member.sign_in()
        put_on_free(stack, "minji@example.com")
        member.open()
        home = Inside(containers(stack)[member.slot])
        home.stay_awake()
        home.run(FILL.format(megabytes=105, name="first"))
        expect(member.page.get_by_text(re.compile("over your plan's storage")).first).to_be_visible(timeout=PATIENCE)
        home.run(FILL.format(megabytes=40, name="second"))
        refused = member.page.get_by_text(re.compile("kept for download only"))
        expect(refused.first).to_be_visible(timeout=PATIENCE)
        expect(refused.first).to_contain_text("data")
        expect(refused.first).to_contain_text("Starter")
        member.page.goto(stack.url)
        expect(member.page.get_by_text(re.compile(r"^Delete at least [\d,]+ bytes")).first).to_be_visible(
            timeout=PATIENCE
        )
        member.page.get_by_role("button", name="Stop").click()
        expect(member.page.get_by_role("button", name="Open", exact=True)).to_be_visible(timeout=PATIENCE)

        member.open()
        back = Inside(containers(stack)[member.slot])
        until(lambda: "first" in back.run("ls data 2>/dev/null || true"), "what the plan holds is back")
        assert "second" not in back.run("ls data")
        member.page.goto(stack.url)
        member.page.get_by_role("button", name="History").click()
        expect(member.page.get_by_text("over your plan: for download only").first).to_be_visible(timeout=PATIENCE)


def put_on_free(stack: Running, email: str) -> None:
    """As an operator would, whose console is yet to come."""
    [account] = [each for each in documents(stack, "accounts") if each["email"] == email]
    with environment(stack.env):
        billing_ref(account["bid"]).update({"plan": "free"})
