"""A member pays on Stripe's page and has the plan; leaves, and is charged no more: by a stack's own functions, to which
the stand-ins of Stripe and of Cloud Tasks bring what follows."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.functions.saving import AT_ONCE, PARTS
from tests.support.members.person import Person, call, problem
from tests.support.stack.observe import document, until
from tests.support.stack.running import Running, running
from tests.support.standins.stripe import StripeAccount

OWES = "owes"
FUNCTIONS = ("billing", "payment_events", "payer", "mail", "account", "erase")


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("plane")
    with running(folder, "--only", *PARTS, "stripe", "mailbox", *FUNCTIONS, FIRST_PLAN="free", **AT_ONCE) as started:
        yield started


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


def test_a_member_pays_and_the_plan_follows(plane: Running) -> None:
    person = Person(plane, "buys")
    assert (state(person)["plan"]["name"], state(person)["paying"]) == ("free", None)
    paid(person)
    assert (state(person)["paying"]["reason"], state(person)["paying"]["manageable"]) == ("paid", True)
    assert problem(person.post("billing/checkout", {"plan": "starter"})) == "subscribed"
    page = httpx.get(person.post("billing/portal", {"language": "en"}).json()["url"], timeout=60)
    assert page.status_code == 200


def test_who_leaves_is_charged_no_more(plane: Running) -> None:
    person = Person(plane, "leaves")
    paid(person)
    account = document(plane, f"accounts/{person.uid}") or {}
    bid = account["bid"]
    [subscription] = (document(plane, f"payers/{bid}") or {})["subscriptions"]
    person.delete_account()
    until(lambda: not document(plane, f"payers/{bid}"), "the payer is forgotten")
    stripe = StripeAccount(plane.env["STRIPE_KEY"], plane.env["STRIPE_EMULATOR_HOST"])
    assert stripe.v1.subscriptions.retrieve(subscription["subscription"]).status == "canceled"
    stripe.close()


def test_a_payment_that_fails_is_told_by_one_mail_in_the_members_language(plane: Running) -> None:
    person = Person(plane, OWES)
    person.post("login", {"time_zone": "Asia/Seoul", "locale": "ko-KR"}).raise_for_status()
    paid(person)
    bid = (document(plane, f"accounts/{person.uid}") or {})["bid"]
    stripe = StripeAccount(plane.env["STRIPE_KEY"], plane.env["STRIPE_EMULATOR_HOST"])
    payer = document(plane, f"payers/{bid}") or {}
    card = stripe.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": payer["customer"]}).id
    [subscription] = payer["subscriptions"]
    stripe.v1.subscriptions.update(subscription["subscription"], {"default_payment_method": card})
    stripe.close()
    control = f"{plane.env['STRIPE_EMULATOR_HOST']}/_control/advance"
    httpx.post(control, json={"seconds": 32 * 86400}, timeout=60).raise_for_status()
    [mail] = until(lambda: mails_to(plane, f"{OWES}@example.com"), "the mail")
    assert mail["subject"] == "Pro 요금이 결제되지 않았습니다"
    assert f"{plane.env['PAGE_ORIGIN']}/plans" in mail["text"]
    assert state(person)["plan"]["name"] == "pro", "the plan is kept meanwhile"
    name = mail["message_id"].strip("<>").partition("@")[0]
    until(lambda: (document(plane, f"mails/{name}") or {})["state"] == "sent", "it is noted")
    assert len(mails_to(plane, f"{OWES}@example.com")) == 1


def test_who_deletes_their_account_is_told_what_is_erased_and_the_address_goes_with_the_mail(plane: Running) -> None:
    person = Person(plane, "departs")
    person.post("login", {"time_zone": "Asia/Seoul", "locale": "ko-KR"}).raise_for_status()
    person.delete_account()
    [mail] = until(lambda: mails_to(plane, "departs@example.com"), "the mail")
    assert mail["subject"] == "계정이 삭제되었습니다"
    name = mail["message_id"].strip("<>").partition("@")[0]
    sent = until(lambda: (found := document(plane, f"mails/{name}") or {})["state"] == "sent" and found, "it is noted")
    assert "departs" not in repr(sent) and person.uid not in repr(sent), "nothing leads from it to the member"


def mails_to(plane: Running, address: str) -> list[dict[str, Any]]:
    mails = httpx.get(f"{plane.at('mailbox')}/mails", timeout=60).json()
    return [each for each in mails if each["to"] == address]


@pytest.mark.parametrize(
    ("method", "path"), [("get", "billing"), ("post", "billing/checkout"), ("post", "billing/portal")]
)
def test_a_stranger_is_asked_to_sign_in(plane: Running, method: str, path: str) -> None:
    assert problem(call(plane, path, b"" if method == "get" else {"plan": "pro"}, {}, method)) == "not-signed-in"


def test_events_reach_only_whoever_stripe_sends_them_to(plane: Running) -> None:
    assert httpx.post(f"{plane.url}/api/payment-events", content=b"{}", timeout=60).status_code == 404
    assert httpx.post(plane.called_at("payment_events"), content=b"{}", timeout=60).status_code == 400
