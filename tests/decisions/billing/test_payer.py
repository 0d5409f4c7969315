"""The payer's record: an operator's plan, checkouts of which one is open at a time, and what is written to the plan."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.kept_plan import Kept
from shared.billing.payer import (
    CHECKOUT_ASK,
    CHECKOUT_FOR,
    CHECKOUT_LEFT,
    COMPARE_EVERY,
    CheckoutPage,
    Payer,
    Provider,
    check_may_buy,
    is_for_sale,
    monthly_cents,
    open_checkout,
    with_payer,
)
from shared.billing.plans import PLANS
from shared.billing.subscription import ASK_AFTER, GRACE, PaidFor, Reason, Standing, Subscription, SubscriptionState
from shared.errors import Conflict, Refused, TryAgain
from tests.support.records.factories import a_billing

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PAYER = Payer(bid="b-1", provider=Provider.STRIPE, customer="cus_1")
PAGE = CheckoutPage("cs_1", "https://checkout.example/cs_1")


def a_subscription(state: SubscriptionState = SubscriptionState.ACTIVE, name: str = "sub_1") -> Subscription:
    return Subscription(subscription=name, plan="pro", state=state, created=NOW, period_end=NOW + timedelta(days=30))


def answered(*subscriptions: Subscription, gone: bool = False) -> Payer:
    return PAYER.answered(subscriptions, gone=gone, base="free", now=NOW)


def test_an_answer_replaces_all_that_was_known() -> None:
    payer = answered(a_subscription(name="sub_2"), a_subscription())
    assert [each.subscription for each in payer.subscriptions] == ["sub_1", "sub_2"]
    assert (payer.asked, payer.version, payer.customer) == (NOW, 1, "cus_1")
    assert payer.answered([], gone=False, base="free", now=NOW).subscriptions == []


def test_a_customer_who_was_deleted_is_made_anew() -> None:
    payer = PAYER.begin_checkout("pro", "ko", NOW).answered([], gone=True, base="free", now=NOW)
    assert (payer.customer, payer.checkout) == (None, None)
    asking = payer.asking_for_customer()
    assert (asking.asking, asking.with_customer("cus_2").asking) == (1, None)
    again = asking.with_customer("cus_2").answered([], gone=True, base="free", now=NOW).asking_for_customer()
    assert again.asking == 2, "another number is another customer"


def test_what_a_deleted_customer_had_kept_is_not_forgotten_when_they_buy_again() -> None:
    """Another customer's answer says nothing of it. Notices and the end of the ninety days stay where they were."""
    ended = replace(a_subscription(SubscriptionState.ENDED), stopped=NOW)
    gone = PAYER.answered([ended], gone=True, base="free", now=NOW)
    kept = Kept(plan="pro", since=NOW)
    assert (gone.customer, gone.standing.kept) == (None, kept)
    again = gone.asking_for_customer().with_customer("cus_2")
    looked = again.answered([], gone=False, base="free", now=NOW + SECOND)
    assert (looked.standing.plan, looked.standing.reason, looked.standing.kept) == ("free", Reason.ENDED, kept)
    assert looked.due == NOW + timedelta(days=60), "the first notice about what is kept"
    smaller = replace(a_subscription(name="sub_2"), plan="starter", created=NOW + SECOND)
    bought = looked.answered([smaller], gone=False, base="free", now=NOW + SECOND)
    assert (bought.standing.plan, bought.standing.kept) == ("starter", kept)
    assert [each.subscription for each in bought.subscriptions] == ["sub_2"], "what is charged now is told apart"
    assert bought.given("free", NOW + 2 * SECOND).standing.kept == kept


def test_a_loss_stays_noted_for_ninety_days_also_when_it_was_made_good_by_paying() -> None:
    """The provider tells of the same subscription that it runs, and nothing of the days between. Whoever pays on the
    80th day wants what was there before."""
    lapsed = replace(a_subscription(SubscriptionState.UNPAID), stopped=NOW)
    lost = Kept(plan="pro", since=NOW)
    on_free = with_payer(a_billing("pro"), answered(lapsed))
    assert (on_free.plan, on_free.kept, on_free.lost) == ("free", lost, [lost])

    def paid(days: int) -> Billing:
        now = NOW + timedelta(days=days)
        return with_payer(on_free, PAYER.answered([a_subscription()], gone=False, base="free", now=now))

    assert (paid(80).plan, paid(80).kept, paid(80).lost) == ("pro", None, [lost])
    assert paid(80).losses(NOW + timedelta(days=89)) == [lost]
    assert paid(80).losses(NOW + timedelta(days=90)) == []
    assert paid(90).lost == []


def test_what_had_ended_is_known_though_the_provider_tells_nothing_of_a_deleted_customer() -> None:
    ended = replace(a_subscription(SubscriptionState.ENDED), stopped=NOW)
    gone = answered(ended).answered([], gone=True, base="free", now=NOW + SECOND)
    assert (gone.standing.plan, gone.standing.kept) == ("free", Kept(plan="pro", since=NOW))
    running = answered(a_subscription()).answered([], gone=True, base="free", now=NOW + SECOND)
    assert running.standing.plan is None, "whether it has ended is not known"


def test_an_operators_plan_holds_at_once_and_names_what_is_to_be_cancelled() -> None:
    payer = answered(a_subscription()).given("enterprise", NOW + SECOND)
    assert (payer.standing.plan, payer.standing.reason) == ("enterprise", Reason.BY_HAND)
    assert (payer.standing.cancel, payer.due) == (["sub_1"], NOW + SECOND)


def test_a_payer_is_asked_about_once_a_day_while_a_subscription_runs() -> None:
    """So whatever events did not tell is known within a day, each payer by itself."""
    assert answered(a_subscription()).due == NOW + COMPARE_EVERY
    soon = replace(a_subscription(), cancel_at=NOW - ASK_AFTER + SECOND)
    assert answered(soon).due == NOW + SECOND
    ended = replace(a_subscription(SubscriptionState.ENDED), stopped=NOW)
    assert answered(ended).due == NOW + timedelta(days=60), "the first notice about what is kept"
    assert (answered().due, answered(a_subscription(SubscriptionState.EXPIRED)).due) == (None, None)


def test_a_checkout_of_which_no_event_tells_is_asked_about_each_hour() -> None:
    begun = PAYER.begin_checkout("pro", "ko", NOW)
    assert begun.due == NOW + CHECKOUT_ASK
    assert answered(a_subscription()).begin_checkout("pro", "ko", NOW).due == NOW + CHECKOUT_ASK
    still = begun.answered([], gone=False, base="free", now=NOW + CHECKOUT_ASK)
    assert still.due == NOW + 2 * CHECKOUT_ASK
    paid = begun.answered([a_subscription()], gone=False, base="free", now=NOW + CHECKOUT_ASK)
    assert paid.due == NOW + CHECKOUT_ASK + COMPARE_EVERY
    assert begun.answered([], gone=False, base="free", now=NOW + CHECKOUT_FOR).due is None


def every_change(payer: Payer) -> list[Payer]:
    begun = payer.begin_checkout("pro", "ko", NOW)
    return [
        payer.answered([], gone=False, base="free", now=NOW),
        payer.given("pro", NOW),
        payer.asking_for_customer(),
        payer.with_customer("cus_1"),
        begun,
        replace(begun, version=payer.version).with_page(PAGE),
        payer.sent(NOW),
    ]


def test_every_change_raises_the_version() -> None:
    again = every_change(PAYER)[0]
    for payer in (PAYER, again):
        assert {each.version for each in every_change(payer)} == {payer.version + 1}


def test_a_page_belongs_to_a_checkout() -> None:
    with pytest.raises(ValueError, match="no checkout"):
        PAYER.with_page(PAGE)


# the plan


def test_the_plan_is_written_only_where_the_standing_says_one() -> None:
    billing = a_billing("enterprise")
    assert with_payer(billing, PAYER) is billing
    paid = with_payer(billing, replace(PAYER, standing=Standing(plan="enterprise", reason=Reason.PAID)))
    assert (paid.plan, paid.paid_for) == ("enterprise", PaidFor(reason=Reason.PAID, until=None, subscribed=False))
    kept = Kept(plan="enterprise", since=NOW)
    lost = replace(PAYER, standing=Standing(plan="free", reason=Reason.ENDED, kept=kept))
    fallen = with_payer(billing, lost)
    assert (fallen.plan, fallen.kept) == ("free", kept)
    assert with_payer(fallen, lost) is fallen
    assert with_payer(fallen, replace(lost, standing=Standing(plan="free", reason=Reason.ENDED))).kept is None


def test_what_is_told_of_a_payment_follows_the_subscriptions() -> None:
    unpaid = replace(a_subscription(SubscriptionState.PAST_DUE), unpaid_since=NOW)
    assert answered(unpaid).paid_for == PaidFor(reason=Reason.RETRYING, until=NOW + GRACE, subscribed=True)
    late = PAYER.answered([unpaid], gone=False, base="free", now=NOW + GRACE)
    assert late.paid_for == PaidFor(reason=Reason.UNPAID, until=None, subscribed=True)
    first = a_subscription(SubscriptionState.INCOMPLETE)
    assert answered(first).paid_for == PaidFor(reason=Reason.NOTHING_BOUGHT, until=None, subscribed=True)
    assert answered(a_subscription(SubscriptionState.EXPIRED)).paid_for is None
    billing = with_payer(a_billing("free"), answered(unpaid))
    assert with_payer(billing, answered()).paid_for is None, "it is told no longer than it holds"
    assert billing.anonymous("gone").paid_for is None


def test_a_price_is_a_whole_number_of_cents() -> None:
    assert {plan: monthly_cents(plan) for plan in PLANS if is_for_sale(plan)} == {
        "starter": 500,
        "pro": 1000,
        "team": 2500,
    }


@pytest.mark.parametrize("plan", ["free", "enterprise", "nonsense"])
def test_what_has_no_price_is_not_for_sale(plan: str) -> None:
    with pytest.raises(ValueError, match="not for sale"):
        monthly_cents(plan)
    with pytest.raises(Refused) as refused:
        check_may_buy(PAYER, plan)
    assert refused.value.answer_status == 400


def test_a_price_of_a_part_of_a_cent_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLANS, "pro", replace(PLANS["pro"], price=9.999))
    with pytest.raises(ValueError, match="cents"):
        monthly_cents("pro")


# checkouts


@pytest.mark.parametrize("state", SubscriptionState)
def test_nobody_buys_a_second_subscription(state: SubscriptionState) -> None:
    payer = answered(a_subscription(state))
    if state in (SubscriptionState.ENDED, SubscriptionState.EXPIRED):
        check_may_buy(payer, "pro")
        return
    with pytest.raises(Conflict) as refused:
        check_may_buy(payer, "pro")
    assert refused.value.name == "subscribed"


def test_the_same_checkout_opens_again() -> None:
    assert open_checkout(PAYER, "pro", NOW) is None
    begun = PAYER.begin_checkout("pro", "ko", NOW)
    for payer in (begun, begun.with_page(PAGE)):
        assert open_checkout(payer, "pro", NOW + CHECKOUT_FOR - CHECKOUT_LEFT - SECOND) == payer.checkout


def test_another_plan_or_a_page_that_soon_ends_needs_a_new_checkout() -> None:
    payer = PAYER.begin_checkout("pro", "ko", NOW).with_page(PAGE)
    assert open_checkout(payer, "team", NOW) is None
    assert open_checkout(payer, "pro", NOW + CHECKOUT_FOR - CHECKOUT_LEFT) is None
    again = payer.begin_checkout("team", "ko", NOW).checkout
    assert again is not None and (again.number, again.page) == (2, None)


def test_a_checkout_that_was_paid_is_forgotten_and_its_number_is_not_used_again() -> None:
    begun = PAYER.begin_checkout("pro", "ko", NOW).with_page(PAGE)
    earlier = replace(a_subscription(SubscriptionState.ENDED, "sub_0"), created=NOW - SECOND)
    assert begun.answered([earlier], gone=False, base="free", now=NOW).checkout == begun.checkout
    paid = begun.answered([earlier, a_subscription(SubscriptionState.ENDED)], gone=False, base="free", now=NOW)
    assert paid.checkout is None
    again = paid.begin_checkout("pro", "ko", NOW).checkout
    assert again is not None and again.number == 2


def test_a_subscription_that_ended_within_the_second_in_which_a_checkout_begins_is_not_what_it_sold() -> None:
    """Found by the simulation: the page stayed open, nobody knew of it, and a second one was sold beside it."""
    ended = a_subscription(SubscriptionState.ENDED)
    payer = answered(ended).begin_checkout("pro", "ko", NOW).with_page(PAGE)
    assert payer.answered([ended], gone=False, base="free", now=NOW).checkout == payer.checkout
    bought = replace(a_subscription(name="sub_2"), created=NOW + SECOND)
    assert payer.answered([ended, bought], gone=False, base="free", now=NOW).checkout is None


@pytest.mark.parametrize(("plan", "later"), [("team", timedelta(0)), ("pro", CHECKOUT_FOR - CHECKOUT_LEFT)])
def test_no_new_checkout_begins_while_an_unknown_page_may_be_open(plan: str, later: timedelta) -> None:
    payer = PAYER.begin_checkout("pro", "ko", NOW)
    with pytest.raises(TryAgain) as refused:
        open_checkout(payer, plan, NOW + later)
    assert refused.value.retry_after == (CHECKOUT_FOR - later).total_seconds()
    assert open_checkout(payer, plan, NOW + CHECKOUT_FOR) is None
