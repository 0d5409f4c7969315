"""A member pays on Stripe's page and has the plan; leaves, and is charged no more: by a stack's own functions, to which
the stand-ins of Stripe and of Cloud Tasks bring what follows."""

from typing import Any

import httpx
import pytest

from tests.support.members.person import Person, call, problem
from tests.support.stack.observe import document, until
from tests.support.stack.running import Running
from tests.support.standins.stripe import StripeAccount

OWES = "owes"


def paid(person: Person, plan: str = "pro") -> None:
    answer = person.post("billing/checkout", {"plan": plan, "language": "ko"})
    assert answer.status_code == 200, answer.text
    assert httpx.post(answer.json()["url"], data={"card": "pm_card_visa"}, timeout=60).status_code == 303
    until(lambda: state(person)["plan"]["name"] == plan, "the plan that was paid for")


def state(person: Person) -> dict[str, Any]:
    answer = person.get("billing")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_member_pays_and_the_plan_follows(bare_stack: Running) -> None:
    person = Person(bare_stack, "buys")
    assert (state(person)["plan"]["name"], state(person)["paying"]) == ("free", None)
    paid(person)
    assert (state(person)["paying"]["reason"], state(person)["paying"]["manageable"]) == ("paid", True)
    assert problem(person.post("billing/checkout", {"plan": "starter"})) == "subscribed"
    page = httpx.get(person.post("billing/portal", {"language": "en"}).json()["url"], timeout=60)
    assert page.status_code == 200


def test_who_leaves_is_charged_no_more(bare_stack: Running) -> None:
    person = Person(bare_stack, "leaves")
    paid(person)
    account = document(bare_stack, f"accounts/{person.uid}") or {}
    bid = account["bid"]
    [subscription] = (document(bare_stack, f"payers/{bid}") or {})["subscriptions"]
    person.delete_account()
    until(lambda: not document(bare_stack, f"payers/{bid}"), "the payer is forgotten")
    stripe = StripeAccount(bare_stack.env["STRIPE_KEY"], bare_stack.env["STRIPE_EMULATOR_HOST"])
    assert stripe.v1.subscriptions.retrieve(subscription["subscription"]).status == "canceled"
    stripe.close()


def test_a_payment_that_fails_is_told_by_one_mail_in_the_members_language(bare_stack: Running) -> None:
    person = Person(bare_stack, OWES)
    person.post("login", {"time_zone": "Asia/Seoul", "locale": "ko-KR"}).raise_for_status()
    paid(person)
    bid = (document(bare_stack, f"accounts/{person.uid}") or {})["bid"]
    stripe = StripeAccount(bare_stack.env["STRIPE_KEY"], bare_stack.env["STRIPE_EMULATOR_HOST"])
    payer = document(bare_stack, f"payers/{bid}") or {}
    card = stripe.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": payer["customer"]}).id
    [subscription] = payer["subscriptions"]
    stripe.v1.subscriptions.update(subscription["subscription"], {"default_payment_method": card})
    stripe.close()
    control = f"{bare_stack.env['STRIPE_EMULATOR_HOST']}/_control/advance"
    httpx.post(control, json={"seconds": 32 * 86400}, timeout=60).raise_for_status()
    [mail] = until(lambda: mails_to(bare_stack, f"{OWES}@example.com"), "the mail")
    assert mail["subject"] == "Pro 요금이 결제되지 않았습니다"
    assert f"{bare_stack.env['PAGE_ORIGIN']}/plans" in mail["text"]
    assert state(person)["plan"]["name"] == "pro", "the plan is kept meanwhile"
    name = mail["message_id"].strip("<>").partition("@")[0]
    until(lambda: (document(bare_stack, f"mails/{name}") or {})["state"] == "sent", "it is noted")
    assert len(mails_to(bare_stack, f"{OWES}@example.com")) == 1


def test_who_deletes_their_account_is_told_what_is_erased_and_the_address_goes_with_the_mail(
    bare_stack: Running,
) -> None:
    person = Person(bare_stack, "departs")
    person.post("login", {"time_zone": "Asia/Seoul", "locale": "ko-KR"}).raise_for_status()
    person.delete_account()
    [mail] = until(lambda: mails_to(bare_stack, "departs@example.com"), "the mail")
    assert mail["subject"] == "계정이 삭제되었습니다"
    name = mail["message_id"].strip("<>").partition("@")[0]
    sent = until(
        lambda: (found := document(bare_stack, f"mails/{name}") or {})["state"] == "sent" and found, "it is noted"
    )
    assert "departs" not in repr(sent) and person.uid not in repr(sent), "nothing leads from it to the member"


def mails_to(bare_stack: Running, address: str) -> list[dict[str, Any]]:
    mails = httpx.get(f"{bare_stack.at('mailbox')}/mails", timeout=60).json()
    return [each for each in mails if each["to"] == address]


@pytest.mark.parametrize(
    ("method", "path"), [("get", "billing"), ("post", "billing/checkout"), ("post", "billing/portal")]
)
def test_a_stranger_is_asked_to_sign_in(bare_stack: Running, method: str, path: str) -> None:
    assert problem(call(bare_stack, path, b"" if method == "get" else {"plan": "pro"}, {}, method)) == "not-signed-in"


def test_events_reach_only_whoever_stripe_sends_them_to(bare_stack: Running) -> None:
    assert httpx.post(f"{bare_stack.url}/api/payment-events", content=b"{}", timeout=60).status_code == 404
    assert httpx.post(bare_stack.called_at("payment_events"), content=b"{}", timeout=60).status_code == 400
