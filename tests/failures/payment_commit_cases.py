"""All that is ever committed about payments, and by which function of the store."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.billing.payer import Payer, Provider
from shared.billing.subscription import Subscription, SubscriptionState
from shared.gcp.store import subscriptions
from shared.record import Versioned
from tests.failures.commit_cases import LATER, NOW, Act, an_account

PAID = Subscription(
    subscription="sub_1", plan="pro", state=SubscriptionState.ACTIVE, created=NOW, period_end=NOW + timedelta(days=30)
)


def the_first_question() -> Act:
    bid = an_account("free").bid
    return lambda: subscriptions.ensure_payer(bid, Provider.STRIPE).record  # its version is a time


def a_payer() -> Versioned[Payer]:
    return subscriptions.ensure_payer(an_account("free").bid, Provider.STRIPE)


def a_customer() -> Act:
    payer = a_payer()
    return lambda: subscriptions.commit_payer(payer, payer.record.with_customer("cus_1"))


def an_answer_that_changes_the_plan() -> Act:
    payer = a_payer()
    answered = payer.record.answered([PAID], gone=False, base="free", now=LATER)
    return lambda: subscriptions.commit_answer(payer, answered)


def an_account_that_is_left() -> Act:
    bid = a_payer().record.bid
    return lambda: subscriptions.hurry_payer(bid, NOW)


def a_payer_who_is_forgotten() -> Act:
    payer = a_payer()
    return lambda: subscriptions.delete_payer(payer)


def a_delivered_event() -> Act:
    return lambda: subscriptions.create_event("evt_1", "invoice.paid", "cus_1", NOW)


def an_event_whose_time_is_over() -> Act:
    subscriptions.create_event("evt_1", "invoice.paid", "cus_1", NOW)
    return lambda: subscriptions.forget_events(NOW + 2 * subscriptions.KEPT_FOR)


COMMITS: dict[Callable[[], Act], set[Callable[..., Any]]] = {
    the_first_question: {subscriptions.ensure_payer},
    a_customer: {subscriptions.commit_payer},
    an_answer_that_changes_the_plan: {subscriptions.commit_answer},
    an_account_that_is_left: {subscriptions.commit_payer},
    a_payer_who_is_forgotten: {subscriptions.delete_payer},
    a_delivered_event: {subscriptions.create_event},
    an_event_whose_time_is_over: {subscriptions.forget_events},
}
"""What happens, and by which functions it is committed."""
