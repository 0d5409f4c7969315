"""Where the payment provider and Ondol disagree: what is found, since when, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.billing.disagreement import SHOWN_FOR, Disagreement, DisagreementKind
from shared.billing.payer import Payer, Provider
from shared.billing.subscription import Subscription, SubscriptionState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PAYER = Payer(bid="b-1", provider=Provider.STRIPE, customer="cus_1")
PRO = Subscription(
    subscription="sub_1", plan="pro", state=SubscriptionState.ACTIVE, created=NOW - DAY, period_end=NOW + 29 * DAY
)
ENDED = replace(PRO, state=SubscriptionState.ENDED, stopped=NOW)


def answered(payer: Payer, *subscriptions: Subscription, now: datetime = NOW, compared: bool = False) -> Payer:
    return payer.answered(subscriptions, gone=False, base="free", now=now, compared=compared)


def kind(payer: Payer) -> DisagreementKind | None:
    return payer.disagreement.kind if payer.disagreement else None


def test_a_change_of_which_an_event_told_is_none() -> None:
    known = answered(PAYER, PRO)
    assert (kind(known), kind(answered(known, ENDED))) == (None, None)


def test_what_the_comparison_finds_and_no_event_told_is_shown_for_a_week() -> None:
    known = answered(PAYER, PRO)
    assert answered(known, PRO, compared=True).disagreement is None
    lost = answered(known, ENDED, now=NOW + DAY, compared=True)
    assert lost.disagreement == Disagreement(
        kind=DisagreementKind.UNTOLD, since=NOW + DAY, subscriptions=["sub_1"]
    )  # fmt: skip
    later = NOW + DAY + SHOWN_FOR
    assert answered(lost, ENDED, now=later - DAY, compared=True).disagreement == lost.disagreement
    assert answered(lost, ENDED, now=later, compared=True).disagreement is None
    new = answered(known, PRO, replace(PRO, subscription="sub_2"), compared=True)
    assert kind(new) == DisagreementKind.DOUBLED, "what costs a member money comes first"


def test_what_is_shown_for_a_week_ends_also_where_nothing_else_has_the_provider_asked() -> None:
    """Of a subscription that is over, the next question is 60 days away."""
    known = answered(PAYER, PRO)
    lost = answered(known, ENDED, compared=True)
    assert lost.due == NOW + SHOWN_FOR
    over = answered(lost, ENDED, now=NOW + SHOWN_FOR, compared=True)
    assert over.disagreement is None
    assert over.due == NOW + timedelta(days=60), "the first notice about what is kept"
    gone = known.answered([], gone=True, base="free", now=NOW, compared=True)
    assert gone.due == NOW + SHOWN_FOR, "also of a customer who was deleted there"


def test_a_purchase_of_which_no_event_told_is_one() -> None:
    assert kind(answered(PAYER, PRO, compared=True)) == DisagreementKind.UNTOLD
    assert answered(PAYER, compared=True).disagreement is None


@pytest.mark.parametrize(
    ("plan", "of_team", "fits"),
    [("pro", False, True), ("pro", True, False), ("team", True, True), ("team", False, False)],
)
def test_a_plan_for_other_payers_is_one_as_long_as_it_is_paid(plan: str, of_team: bool, fits: bool) -> None:
    subscription = replace(PRO, plan=plan)
    paid = PAYER.answered([subscription], gone=False, base="free", now=NOW, of_team=of_team)
    assert kind(paid) == (None if fits else DisagreementKind.UNFIT)
    over = paid.answered([replace(subscription, state=ENDED.state, stopped=NOW)], gone=False, base="free", now=NOW)
    assert over.disagreement is None


def test_two_subscriptions_are_one_disagreement_until_one_is_over() -> None:
    second = replace(PRO, subscription="sub_2")
    both = answered(PAYER, PRO, second)
    again = answered(both, PRO, second, now=NOW + DAY)
    assert (kind(again), again.disagreement) == (DisagreementKind.DOUBLED, both.disagreement), "since it was found"
    assert answered(again, PRO, replace(second, state=SubscriptionState.ENDED, stopped=NOW)).disagreement is None


def test_what_an_operators_plan_has_replaced_and_is_still_charged_is_one() -> None:
    by_hand = answered(PAYER, PRO).given("enterprise", NOW)
    assert by_hand.disagreement is None, "it is being cancelled"
    still = answered(by_hand, PRO, now=NOW + DAY)
    assert still.disagreement == Disagreement(
        kind=DisagreementKind.NOT_CANCELLED, since=NOW + DAY, subscriptions=["sub_1"]
    )  # fmt: skip
    assert answered(still, ENDED, now=NOW + 2 * DAY).disagreement is None
