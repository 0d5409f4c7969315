"""A member pays for a plan, fails to pay, pays and cancels, in a real browser and on the pages of Stripe's stand-in."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Browser, expect

from local.stripe.cards import TITLES
from shared.billing.time_allowance import period_of
from shared.gcp.store.billing import read_billing
from tests.support.browser.looks import KOREAN_PHONE_LIGHT
from tests.support.browser.member import PATIENCE, Member
from tests.support.stack.environment import environment
from tests.support.stack.observe import document, documents, until
from tests.support.stack.running import QUICK, SHORT, Running, running

A_MONTH_AND_A_DAY = 32 * 86_400


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One of its own: afterwards its Stripe is a month ahead, and would sell nothing to other journeys."""
    with running(tmp_path_factory.mktemp("paying"), *QUICK, **SHORT) as stack:
        yield stack


def test_a_member_subscribes_works_fails_to_pay_pays_and_cancels(stack: Running, browser: Browser) -> None:
    with Member(browser, stack.url, "Minji Park", KOREAN_PHONE_LIGHT) as member:
        page = member.page
        member.sign_in()
        page.get_by_role("link", name=member.reads("plans", "compare")).first.click()
        page.get_by_role("button", name=member.reads_filled("plans", "take", plan="Pro")).click()
        choose_card(member, "pm_card_visa", "Subscribe")
        come = member.reads_filled("plans", "come", plan="Pro")
        expect(page.get_by_role("status").filter(has_text=come)).to_be_visible(timeout=PATIENCE)

        member.go("home")
        member.open()
        [sid] = [each["session"] for each in documents(stack, "slots") if each["name"] == member.slot]
        session = document(stack, f"sessions/{sid}") or {}
        assert session["plan"] == "pro"
        month = until(lambda: charged(stack, session["bid"]), "a heartbeat has charged time")
        with environment(stack.env):
            assert month == [period_of(read_billing(session["bid"]).record, datetime.now(UTC)).id], "and Free none"

        page.goto(f"{stack.url}/plans")
        member.press("plans", "portal")
        choose_card(member, "pm_card_chargeCustomerFail", "Update payment method")
        pass_a_month(stack)
        until(lambda: reasons(stack) == ["retrying"], "the failed payment is known")
        page.goto(stack.url)
        missing = page.get_by_role("alert").get_by_role("button", name=member.reads("plans", "checkCard"))
        expect(missing).to_be_visible(timeout=PATIENCE)
        missing.click()
        choose_card(member, "pm_card_visa", "Update payment method")
        page.get_by_role("button", name=re.compile("^Pay ")).click()
        page.get_by_role("link", name="Back").click()
        paid = page.get_by_text(member.reads("plans", "paid"))
        expect(paid).to_be_visible(timeout=PATIENCE)
        page.goto(stack.url)
        expect(member.opens).to_be_visible(timeout=PATIENCE)
        expect(missing).to_have_count(0)

        page.goto(f"{stack.url}/plans")
        member.press("plans", "portal")
        page.get_by_role("button", name="Cancel subscription").click()
        page.get_by_role("link", name="Back").click()
        ending = member.reads_filled("plans", "ending", plan="Pro")
        expect(page.get_by_text(ending)).to_be_visible(timeout=PATIENCE)


def charged(stack: Running, bid: str) -> list[str]:
    """The periods in which time was used: days on Free, a month on the plans that are sold."""
    used = (document(stack, f"billing/{bid}") or {})["used"]
    return [period for period, ms in used.items() if ms > 0]


def choose_card(member: Member, card: str, button: str) -> None:
    """On a page of the stand-in's."""
    member.page.get_by_label("Card").select_option(label=TITLES[card])
    member.page.get_by_role("button", name=button).click()


def pass_a_month(stack: Running) -> None:
    """The period that is paid for ends, and Stripe charges the next one."""
    control = f"{stack.env['STRIPE_EMULATOR_HOST']}/_control/advance"
    httpx.post(control, json={"seconds": A_MONTH_AND_A_DAY}, timeout=60).raise_for_status()


def reasons(stack: Running) -> list[str]:
    """Why the plans of all who pay are as they are."""
    return [each["standing"]["reason"] for each in documents(stack, "payers")]
