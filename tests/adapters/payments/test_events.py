"""A subscription's whole life, through Stripe's own SDK and on a real database: events in any order, doubled and lost,
end where one question at the end would, and so do no events at all."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.billing.provider import Hint
from shared.billing.subscription import Reason, SubscriptionState, standing
from shared.flows.payments import ask
from shared.gcp.store.billing import read_billing
from shared.gcp.store.subscriptions import create_event, find_payer, read_payer
from shared.payments.stripe_provider import EVENTS, StripeProvider
from tests.adapters.payments.paying import asked, plan, stripe_provider, subscriber
from tests.support.standins.stripe import DAY, HOUR, NOW, Standin, Subscriber
from tests.support.standins.target import Target

pytestmark = pytest.mark.usefixtures("empty_database")
MONTH = 30 * DAY


def live(ada: Subscriber) -> None:
    """Paid, failed, paid, upgraded, cancelled, ended."""
    ada.use_card("pm_card_chargeCustomerFail")
    ada.pass_to(NOW + MONTH + HOUR)
    ada.use_card("pm_card_visa")
    ada.pass_to(NOW + MONTH + HOUR + DAY)
    ada.v1.subscriptions.update(
        ada.id,
        {"items": [{"id": ada.item().id, "price": ada.prices["team"]}], "proration_behavior": "always_invoice"},
    )
    ada.v1.subscriptions.update(ada.id, {"cancel_at": "min_period_end"})
    ada.pass_to(NOW + MONTH + 31 * DAY + HOUR)


@pytest.mark.parametrize("seed", range(4))
def test_events_in_any_order_doubled_and_lost_end_with_the_truth(standin: Standin, bid: str, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311  # a schedule, no secret
    with Target.serving() as target:
        events: Any = [*EVENTS]
        endpoint = standin.v1.webhook_endpoints.create({"url": target.url, "enabled_events": events})
        standin.control("hold", held=True)
        with stripe_provider(standin, webhook_secret=endpoint.secret) as provider:
            ada = subscriber(standin, bid)
            live(ada)
            waiting = [each["id"] for each in standin.web.get("/_control/deliveries").json()]
            lost = {*draw.sample(waiting, len(waiting) // 3)}
            order = [each for each in waiting for _ in range(draw.choice([1, 1, 2])) if each not in lost]
            draw.shuffle(order)
            later = datetime.fromtimestamp(ada.now, UTC)
            first_times = deliver(standin, target, provider, order, lambda: later)
        standin.control("drop", ids=waiting)
        standin.control("hold", held=False)
        standin.v1.webhook_endpoints.delete(endpoint.id)
    payer = read_payer(bid)
    assert payer is not None
    truth = standing(provider.fetch(ada.customer).subscriptions, None, base="free", now=later)
    assert payer.record.standing == truth
    assert (truth.reason, plan(bid), payer.record.version) == (Reason.ENDED, "free", 1 + len(order))
    assert first_times == len({*order}), "a second delivery is known by its id"
    assert [each.state for each in payer.record.subscriptions] == [SubscriptionState.ENDED]


def deliver(
    standin: Standin, target: Target, provider: StripeProvider, order: list[str], now: Callable[[], datetime]
) -> int:
    """As the webhook does it: verify, note, ask. Returns how many came for the first time."""
    first_times = 0
    for place, name in enumerate(order):
        standin.control("deliver", ids=[name], keep=name in order[place + 1 :])
        received = target.received[-1]
        hint: Hint = provider.read_hint(received.body, received.headers)
        first_times += create_event(hint.event, hint.kind, hint.customer, now())
        found = find_payer(hint.customer or "")
        assert found is not None
        ask(provider, found.bid, base="free", now=now)
    return first_times


def test_the_whole_life_passes_through_all_plans_when_it_is_asked_about_each_day(standin: Standin, bid: str) -> None:
    """Without a single event: by the times at which a payer is due."""
    with stripe_provider(standin) as provider:
        seen = life_by_due(standin, provider, bid)
    # the payment fails on day 30, an hour after the daily question, and the seven days count from there all the same
    assert seen == [(0, "pro", "paid"), (31, "pro", "retrying"), (37, "free", "ended")]
    assert read_billing(bid).record.kept is None, "the ninety days are over"


def life_by_due(standin: Standin, provider: StripeProvider, bid: str) -> list[tuple[int, str, str]]:
    """After how many days which plan began to hold, and why."""
    ada = subscriber(standin, bid)
    seen: list[tuple[int, str, str]] = []

    def look() -> None:
        payer = asked(provider, bid, lambda: datetime.fromtimestamp(ada.now, UTC))
        state = ((ada.now - NOW) // DAY, plan(bid), payer.standing.reason.value)
        if not seen or seen[-1][1:] != state[1:]:
            seen.append(state)

    look()
    ada.use_card("pm_card_chargeCustomerFail")
    for _ in range(200):
        payer = read_payer(bid)
        assert payer is not None
        due = payer.record.due
        if due is None:
            break
        ada.pass_to(max(ada.now + 1, int(due.timestamp())))
        look()
    return seen
