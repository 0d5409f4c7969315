"""A plan by hand while a subscription runs: the operator sees which one, it ends at once, and where money is given back
is one link away."""

import json
from datetime import UTC, datetime
from typing import Any

from shared.gcp.store.subscriptions import read_payer
from tests.adapters.payments.functions import Buyer, call, holds, pay, settled
from tests.adapters.people import operators_token
from tests.support.stack.observe import until
from tests.support.standins.stripe import Standin


def payments_of(uid: str, bearer: str) -> Any:
    status, answer = call(f"/admin/account?uid={uid}", method="GET", Authorization=bearer)
    assert status == 200, answer
    return answer["payments"]


def test_the_subscription_ends_without_waiting_for_meter_and_the_refund_is_one_link_away(
    standin: Standin, ada: Buyer
) -> None:
    bearer = f"Bearer {operators_token('op', datetime.now(UTC).replace(microsecond=0))}"
    assert payments_of("ada", bearer) is None
    pay(standin, ada.page())
    holds("pro", ada.bid)
    settled(standin)
    payer = read_payer(ada.bid)
    assert payer is not None
    [subscription] = payer.record.subscriptions
    page = f"https://dashboard.stripe.com/customers/{payer.record.customer}"
    assert payments_of("ada", bearer) == {
        "reason": "paid", "until": None, "customer_url": page,
        "running": [{"subscription": subscription.subscription, "plan": "pro"}],
    }  # fmt: skip

    body = {"request": "request-1", "note": "a school", "uid": "ada", "plan": "enterprise"}
    status, line = call("/admin/plan", json.dumps(body).encode(), Authorization=bearer)
    assert (status, line["after"]["cancels"]) == (200, subscription.subscription)
    until(lambda: not payments_of("ada", bearer)["running"], "it is cancelled")
    assert standin.v1.subscriptions.retrieve(subscription.subscription).status == "canceled"
    after = payments_of("ada", bearer)
    assert (after["reason"], after["customer_url"], ada.state()["plan"]["name"]) == ("by-hand", page, "enterprise")
