"""What subscriptions mean for the plan: each state, several at once, an operator's plan, and when to ask again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.plans import PLANS
from shared.billing.subscription import (
    ASK_AFTER,
    ASK_AGAIN,
    CANCEL_AGAIN,
    GRACE,
    INCOMPLETE_FOR,
    ByHand,
    Reason,
    Standing,
    Subscription,
    SubscriptionState,
    lapsed_at,
    standing,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
STATES = list(SubscriptionState)


def a_subscription(
    state: SubscriptionState = SubscriptionState.ACTIVE, name: str = "sub_1", plan: str = "pro", **fields: Any
) -> Subscription:
    known = {"created": NOW - 40 * DAY, "period_end": NOW + 20 * DAY, **fields}
    return Subscription(subscription=name, plan=plan, state=state, **known)


def found(*subscriptions: Subscription, by_hand: ByHand | None = None, now: datetime = NOW) -> Standing:
    return standing(subscriptions, by_hand, base="free", now=now)


def test_without_a_subscription_the_plan_stays_as_it_is() -> None:
    assert found() == Standing(plan=None, reason=Reason.NOTHING_BOUGHT)


@pytest.mark.parametrize("state", [SubscriptionState.INCOMPLETE, SubscriptionState.EXPIRED])
def test_what_was_never_paid_changes_nothing(state: SubscriptionState) -> None:
    assert (found(a_subscription(state)).plan, found(a_subscription(state)).reason) == (None, Reason.NOTHING_BOUGHT)


def test_an_incomplete_subscription_is_asked_for_when_the_provider_should_have_given_it_up() -> None:
    incomplete = a_subscription(SubscriptionState.INCOMPLETE, created=NOW - SECOND)
    assert found(incomplete).due == NOW - SECOND + INCOMPLETE_FOR + ASK_AFTER


def test_an_active_subscription_grants_its_plan() -> None:
    active = found(a_subscription())
    assert (active.plan, active.reason, active.subscription, active.until) == ("pro", Reason.PAID, "sub_1", None)
    assert active.due == NOW + 20 * DAY + ASK_AFTER


def test_a_cancelled_subscription_grants_its_plan_until_the_end() -> None:
    ending = a_subscription(cancel_at=NOW + 20 * DAY)
    assert (found(ending).plan, found(ending).reason, found(ending).until) == ("pro", Reason.ENDING, NOW + 20 * DAY)
    assert found(ending).due == NOW + 20 * DAY + ASK_AFTER


def test_the_plan_ends_with_the_providers_word_and_not_with_the_time() -> None:
    """A provider that is late is asked again, and a member who has paid loses nothing by it."""
    late = a_subscription(cancel_at=NOW - DAY, period_end=NOW - DAY)
    assert (found(late).plan, found(late).due) == ("pro", NOW + ASK_AGAIN)


def test_an_upgrade_holds_at_once_and_a_downgrade_when_the_item_changes() -> None:
    assert found(a_subscription(plan="team")).plan == "team"
    downgrade = found(a_subscription(plan="team", next_plan="starter"))
    assert (downgrade.plan, downgrade.next_plan) == ("team", "starter")
    assert found(a_subscription(plan="starter")).plan == "starter"


def test_the_same_plan_again_is_no_change() -> None:
    assert found(a_subscription(plan="team", next_plan="team")).next_plan is None


def past_due(since: datetime, state: SubscriptionState = SubscriptionState.PAST_DUE, **fields: Any) -> Subscription:
    return a_subscription(state, unpaid_since=since, **fields)


def test_a_failed_payment_keeps_the_plan_for_seven_days() -> None:
    first = found(past_due(NOW))
    assert (first.plan, first.reason, first.until, first.due) == ("pro", Reason.RETRYING, NOW + GRACE, NOW + GRACE)
    assert found(past_due(NOW), now=NOW + GRACE - SECOND).plan == "pro"
    last = found(past_due(NOW), now=NOW + GRACE)
    assert (last.plan, last.reason, last.until) == ("free", Reason.UNPAID, None)


def test_a_failed_payment_without_an_open_invoice_keeps_the_plan() -> None:
    """An operator has voided the invoice: nothing is owed."""
    assert found(a_subscription(SubscriptionState.PAST_DUE)).plan == "pro"


def test_paying_brings_the_plan_back() -> None:
    assert found(past_due(NOW - 30 * DAY)).plan == "free"
    assert found(a_subscription()).plan == "pro"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (SubscriptionState.UNPAID, Reason.UNPAID),
        (SubscriptionState.PAUSED, Reason.PAUSED),
        (SubscriptionState.ENDED, Reason.ENDED),
    ],
)
def test_what_the_provider_stopped_grants_nothing(state: SubscriptionState, reason: Reason) -> None:
    stopped = found(a_subscription(state, stopped=NOW - DAY, unpaid_since=NOW - DAY))
    assert (stopped.plan, stopped.reason, stopped.subscription) == ("free", reason, "sub_1")


def test_the_base_plan_is_the_operators() -> None:
    ended = a_subscription(SubscriptionState.ENDED, stopped=NOW)
    assert standing([ended], None, base="starter", now=NOW).plan == "starter"


# several subscriptions


def test_a_new_subscription_after_an_ended_one() -> None:
    old = a_subscription(SubscriptionState.ENDED, stopped=NOW - 10 * DAY, plan="team")
    new = a_subscription(name="sub_2", plan="starter", created=NOW)
    assert (found(old, new).plan, found(old, new).doubled) == ("starter", [])


def test_of_two_running_subscriptions_the_dearest_holds_and_the_other_is_told() -> None:
    cheap, dear = a_subscription(plan="starter"), a_subscription(name="sub_2", plan="team")
    for both in ([cheap, dear], [dear, cheap]):
        assert (found(*both).plan, found(*both).subscription, found(*both).doubled) == ("team", "sub_2", ["sub_1"])


def test_a_second_subscription_that_is_still_tried_to_be_charged_is_told_too() -> None:
    unpaid = past_due(NOW - 30 * DAY, plan="team")
    assert found(unpaid, a_subscription(name="sub_2")).doubled == ["sub_1"]


def test_a_plan_that_was_removed_from_the_table_still_holds_alone() -> None:
    old = a_subscription(plan="hobby")
    assert found(old).plan == "hobby"
    assert found(old, a_subscription(name="sub_2", plan="starter")).plan == "starter"


# an operator's plan


def test_an_operators_plan_replaces_what_began_before_it() -> None:
    given_plan = ByHand("enterprise", NOW)
    replaced = found(a_subscription(), by_hand=given_plan)
    assert (replaced.plan, replaced.reason, replaced.cancel) == ("enterprise", Reason.BY_HAND, ["sub_1"])
    assert replaced.due == NOW + CANCEL_AGAIN


@pytest.mark.parametrize("state", STATES)
def test_only_what_is_over_need_not_be_cancelled(state: SubscriptionState) -> None:
    old = a_subscription(state, stopped=NOW - DAY)
    over = state in (SubscriptionState.ENDED, SubscriptionState.EXPIRED)
    assert found(old, by_hand=ByHand("free", NOW)).cancel == ([] if over else ["sub_1"])


def test_what_begins_later_replaces_the_operators_plan() -> None:
    given_plan = ByHand("enterprise", NOW - DAY)
    bought = a_subscription(name="sub_2", plan="starter", created=NOW)
    assert (found(bought, by_hand=given_plan).plan, found(bought, by_hand=given_plan).cancel) == ("starter", [])
    ended = a_subscription(SubscriptionState.ENDED, "sub_2", "starter", created=NOW, stopped=NOW)
    assert found(ended, by_hand=given_plan).plan == "free"


def test_a_later_checkout_that_was_never_paid_leaves_the_operators_plan() -> None:
    begun = a_subscription(SubscriptionState.INCOMPLETE, created=NOW)
    assert found(begun, by_hand=ByHand("enterprise", NOW - DAY)).plan == "enterprise"


def test_of_the_same_moment_the_operators_plan_holds() -> None:
    assert found(a_subscription(created=NOW), by_hand=ByHand("free", NOW)).plan == "free"


# what was lost


@pytest.mark.parametrize("state", [SubscriptionState.INCOMPLETE, SubscriptionState.EXPIRED, SubscriptionState.ACTIVE])
def test_what_was_never_paid_or_is_paid_is_not_lost(state: SubscriptionState) -> None:
    assert lapsed_at(a_subscription(state, stopped=NOW), NOW) is None


def test_a_plan_is_lost_when_its_seven_days_end_or_the_provider_ends_it() -> None:
    assert lapsed_at(past_due(NOW - GRACE + SECOND), NOW) is None
    assert lapsed_at(past_due(NOW - GRACE), NOW) == NOW
    assert lapsed_at(past_due(NOW - DAY, SubscriptionState.UNPAID), NOW) == NOW + 6 * DAY
    assert lapsed_at(past_due(NOW - 14 * DAY, SubscriptionState.ENDED, stopped=NOW), NOW) == NOW - 7 * DAY
    assert lapsed_at(past_due(NOW - DAY, SubscriptionState.ENDED, stopped=NOW), NOW) == NOW
    assert lapsed_at(a_subscription(SubscriptionState.PAUSED, stopped=NOW - DAY), NOW) == NOW - DAY


def test_a_lost_plan_is_kept_and_asked_about_when_its_notices_are_due() -> None:
    ended = found(a_subscription(SubscriptionState.ENDED, stopped=NOW - DAY))
    assert ended.kept is not None
    assert (ended.kept.plan, ended.kept.until, ended.due) == ("pro", NOW + 89 * DAY, NOW + 59 * DAY)


def test_nothing_is_kept_of_a_smaller_plan_but_its_last_snapshot() -> None:
    old = a_subscription(SubscriptionState.ENDED, plan="starter", stopped=NOW - DAY)
    now = found(old, a_subscription(name="sub_2", plan="pro"))
    assert now.kept is None
    assert [(each.plan, each.until) for each in now.lost] == [("starter", NOW + 89 * DAY)]
    long_ago = a_subscription(SubscriptionState.ENDED, plan="starter", stopped=NOW - 90 * DAY)
    assert found(long_ago).lost == []


# in general

moments = st.integers(-100, 100).map(lambda days: NOW + days * DAY)
maybe = st.none() | moments
subscriptions = st.lists(
    st.builds(
        Subscription,
        subscription=st.sampled_from(["sub_1", "sub_2", "sub_3", "sub_4"]),
        plan=st.sampled_from([*PLANS, "hobby"]),
        state=st.sampled_from(STATES),
        created=moments,
        period_end=moments,
        cancel_at=maybe,
        next_plan=st.none() | st.sampled_from([*PLANS]),
        unpaid_since=maybe,
        stopped=maybe,
    ),
    unique_by=lambda each: each.subscription,
    max_size=4,
)
by_hands = st.none() | st.builds(ByHand, st.sampled_from([*PLANS]), moments)


@given(subscriptions, by_hands, st.randoms(use_true_random=False))
def test_the_order_of_an_answer_means_nothing(answer: list[Subscription], by_hand: ByHand | None, order: Any) -> None:
    shuffled = list(answer)
    order.shuffle(shuffled)
    assert found(*shuffled, by_hand=by_hand) == found(*answer, by_hand=by_hand)


@given(subscriptions, by_hands)
def test_only_what_is_charged_or_given_is_granted(answer: list[Subscription], by_hand: ByHand | None) -> None:
    result = found(*answer, by_hand=by_hand)
    paying = {each.plan for each in answer if each.state in (SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE)}
    assert result.plan in {None, "free", *paying, *([by_hand.plan] if by_hand else [])}
    assert (result.plan is None) == (result.reason == Reason.NOTHING_BOUGHT)
    deciding = [each for each in answer if each.subscription == result.subscription]
    assert not {each.subscription for each in deciding} & {*result.cancel, *result.doubled}


@given(subscriptions, by_hands)
def test_the_provider_is_asked_before_anything_can_change_by_time_alone(
    answer: list[Subscription], by_hand: ByHand | None
) -> None:
    """Until the next question, time alone changes nothing but what is told as `until`."""
    result = found(*answer, by_hand=by_hand)
    assert result.due is None or result.due > NOW
    until_then = (result.due or NOW + 400 * DAY) - SECOND
    later = found(*answer, by_hand=by_hand, now=until_then)
    assert (later.plan, later.reason, later.kept) == (result.plan, result.reason, result.kept)
