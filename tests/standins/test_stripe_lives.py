"""Subscriptions on test clocks of the Stripe stand-in: what time and cards bring, to the second and the cent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe
from stripe.params import SubscriptionResumeParams

from tests.support.standins.stripe import DAY, HOUR, NOW, Standin, Subscriber, stripe_standin

MONTH = 30 * DAY
"""From 29 November to 29 December."""


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with stripe_standin(tmp_path_factory.mktemp("stripe")) as standin:
        yield standin


def test_a_subscription_begins_paid(standin: Standin) -> None:
    ada = Subscriber(standin)
    subscription, item = ada.get("latest_invoice"), ada.item()
    assert (subscription.status, item.price.product) == ("active", "ondol-pro")
    assert (item.current_period_start, item.current_period_end) == (NOW, NOW + MONTH)
    invoice = subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", 1000, "subscription_create")
    assert ada.events() == [
        "customer.created",
        "invoice.created",
        "invoice.finalized",
        "customer.subscription.created",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
    ]


def test_a_month_later_the_next_is_charged_after_an_hour(standin: Standin) -> None:
    ada = Subscriber(standin)
    ada.pass_to(NOW + MONTH)
    assert [each.status for each in ada.invoices()] == ["paid", "draft"]
    assert ada.item().current_period_end == NOW + MONTH + 31 * DAY
    ada.pass_to(NOW + MONTH + HOUR)
    assert [(each.status, each.amount_paid) for each in ada.invoices()] == [("paid", 1000), ("paid", 1000)]
    assert ada.get().status == "active"


def test_the_31st_becomes_the_last_day_of_a_shorter_month(standin: Standin) -> None:
    january = 1_801_382_400  # 2027-01-31 08:00 UTC
    ada = Subscriber(standin, begins=january)
    assert ada.item().current_period_end == january + 28 * DAY
    ada.pass_to(january + 28 * DAY)
    assert ada.item().current_period_end == january + 59 * DAY, "the 31st of March"


def test_without_a_first_payment_it_expires_after_23_hours(standin: Standin) -> None:
    ada = Subscriber(standin, card="pm_card_chargeCustomerFail")
    assert (ada.get().status, [each.status for each in ada.invoices()]) == ("incomplete", ["open"])
    ada.pass_to(NOW + 23 * HOUR - 1)
    assert ada.get().status == "incomplete"
    ada.pass_to(NOW + 23 * HOUR)
    assert (ada.get().status, [each.status for each in ada.invoices()]) == ("incomplete_expired", ["void"])
    assert "invoice.payment_failed" in ada.events()


def test_an_incomplete_subscription_begins_when_it_is_paid(standin: Standin) -> None:
    ada = Subscriber(standin, card="pm_card_chargeCustomerFail")
    [invoice] = ada.invoices()
    with pytest.raises(stripe.CardError) as refusal:
        ada.v1.invoices.pay(invoice.id)
    assert (refusal.value.http_status, refusal.value.code) == (402, "card_declined")
    ada.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
    assert ada.get().status == "active"


def test_nothing_begins_that_may_not_stay_incomplete(standin: Standin) -> None:
    ada = Subscriber(standin, plan=None, card="pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        ada.v1.subscriptions.create(
            {
                "customer": ada.customer,
                "items": [{"price": ada.prices["pro"]}],
                "payment_behavior": "error_if_incomplete",
            }
        )
    assert (ada.invoices(), ada.events()) == ([], ["customer.created"])


def failing(standin: Standin) -> Subscriber:
    """Whose second payment has failed."""
    ada = Subscriber(standin)
    ada.use_card("pm_card_chargeCustomerFail")
    ada.pass_to(NOW + MONTH + HOUR)
    return ada


def test_a_failed_payment_is_tried_again_until_the_subscription_ends(standin: Standin) -> None:
    ada = failing(standin)
    first = NOW + MONTH + HOUR
    assert ada.get().status == "past_due"
    [invoice] = ada.invoices(status="open")
    assert (invoice.attempt_count, invoice.next_payment_attempt) == (1, first + DAY)
    assert invoice.status_transitions.finalized_at == first
    for attempts, day in enumerate((1, 3, 5), 2):
        ada.pass_to(first + day * DAY)
        assert ada.v1.invoices.retrieve(invoice.id).attempt_count == attempts
        assert ada.get().status == "past_due"
    ada.pass_to(first + 7 * DAY)
    ended = ada.get()
    assert ended.cancellation_details is not None
    assert (ended.status, ended.ended_at, ended.cancellation_details.reason) == (
        "canceled",
        first + 7 * DAY,
        "payment_failed",
    )
    assert ada.events()[-1] == "customer.subscription.deleted"
    assert ada.v1.invoices.retrieve(invoice.id).status == "open", "it is still owed, and not tried any more"


def test_paying_what_is_open_makes_it_active_again(standin: Standin) -> None:
    ada = failing(standin)
    ada.use_card("pm_card_visa")
    assert ada.get().status == "past_due", "a new card alone pays nothing"
    ada.pass_to(NOW + MONTH + HOUR + DAY)
    assert (ada.get().status, ada.invoices(status="open")) == ("active", [])


def test_a_card_that_asks_its_owner_fails_while_nobody_is_there(standin: Standin) -> None:
    ada = Subscriber(standin, card="pm_card_authenticationRequired")
    assert ada.get().status == "active"
    ada.pass_to(NOW + MONTH + HOUR)
    assert ada.get().status == "past_due"
    assert ada.events()[-3:] == [
        "invoice.payment_failed",
        "invoice.payment_action_required",
        "customer.subscription.updated",
    ]


def test_a_card_that_is_declined_at_once_can_not_be_attached(standin: Standin) -> None:
    with pytest.raises(stripe.CardError):
        Subscriber(standin, card="pm_card_chargeDeclined")


# changes


def test_an_upgrade_charges_what_is_left_of_the_period_at_once(standin: Standin) -> None:
    ada = Subscriber(standin, "starter")
    ada.pass_to(NOW + 10 * DAY)
    ada.v1.subscriptions.update(
        ada.id,
        {
            "items": [{"id": ada.item().id, "price": ada.prices["team"]}],
            "proration_behavior": "always_invoice",
            "payment_behavior": "error_if_incomplete",
        },
    )
    assert (ada.item().price.product, ada.item().current_period_end) == ("ondol-team", NOW + MONTH)
    invoice = ada.invoices()[-1]
    assert [each.amount for each in invoice.lines.data] == [-333, 1667], "two thirds of 500 and of 2500"
    assert (invoice.amount_paid, invoice.billing_reason) == (1334, "subscription_update")


def test_an_upgrade_that_is_declined_changes_nothing(standin: Standin) -> None:
    ada = Subscriber(standin, "starter")
    ada.use_card("pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        ada.v1.subscriptions.update(
            ada.id,
            {
                "items": [{"id": ada.item().id, "price": ada.prices["team"]}],
                "proration_behavior": "always_invoice",
                "payment_behavior": "error_if_incomplete",
            },
        )
    assert (ada.item().price.product, len(ada.invoices()), ada.get().status) == ("ondol-starter", 1, "active")


def test_credit_of_a_downgrade_at_once_is_used_by_the_next_invoice(standin: Standin) -> None:
    ada = Subscriber(standin, "team")
    ada.v1.subscriptions.update(
        ada.id,
        {
            "items": [{"id": ada.item().id, "price": ada.prices["starter"]}],
            "proration_behavior": "always_invoice",
        },
    )
    assert ada.v1.customers.retrieve(ada.customer).balance == -2000
    ada.pass_to(NOW + MONTH + HOUR)
    last = ada.invoices()[-1]
    assert (last.total, last.amount_due, last.amount_paid, last.status) == (500, 0, 0, "paid")
    assert ada.v1.customers.retrieve(ada.customer).balance == -1500


def schedule_starter(ada: Subscriber) -> stripe.SubscriptionSchedule:
    schedule = ada.v1.subscription_schedules.create({"from_subscription": ada.id})
    [present] = schedule.phases
    return ada.v1.subscription_schedules.update(
        schedule.id,
        {
            "end_behavior": "release",
            "phases": [
                {
                    "items": [{"price": ada.prices["pro"], "quantity": 1}],
                    "start_date": present.start_date,
                    "end_date": present.end_date,
                },
                {"items": [{"price": ada.prices["starter"], "quantity": 1}], "duration": {"interval": "month"}},
            ],
        },
    )


def test_a_schedule_changes_the_price_with_the_period(standin: Standin) -> None:
    ada = Subscriber(standin)
    schedule = schedule_starter(ada)
    assert ada.get().schedule == schedule.id
    expanded = ada.get("schedule").schedule
    assert isinstance(expanded, stripe.SubscriptionSchedule)
    prices = [each["items"][0]["price"] for each in expanded.to_dict()["phases"]]
    assert prices == [ada.prices["pro"], ada.prices["starter"]]
    ada.pass_to(NOW + MONTH - 1)
    assert ada.item().price.product == "ondol-pro"
    ada.pass_to(NOW + MONTH + HOUR)
    assert ada.item().price.product == "ondol-starter"
    assert ada.invoices()[-1].amount_paid == 500
    ada.pass_to(NOW + MONTH + 31 * DAY + HOUR)
    after = ada.v1.subscription_schedules.retrieve(schedule.id)
    assert (after.status, ada.get().schedule, ada.item().price.product) == ("released", None, "ondol-starter")


def test_a_released_schedule_leaves_all_as_it_is(standin: Standin) -> None:
    ada = Subscriber(standin)
    schedule = schedule_starter(ada)
    ada.v1.subscription_schedules.release(schedule.id)
    ada.pass_to(NOW + MONTH + HOUR)
    assert (ada.item().price.product, ada.get().schedule) == ("ondol-pro", None)
    with pytest.raises(stripe.InvalidRequestError, match="released"):
        ada.v1.subscription_schedules.release(schedule.id)


def test_an_end_is_not_asked_for_beside_a_schedule(standin: Standin) -> None:
    ada = Subscriber(standin)
    schedule_starter(ada)
    with pytest.raises(stripe.InvalidRequestError, match="update the schedule instead"):
        ada.v1.subscriptions.update(ada.id, {"cancel_at_period_end": True})


def test_a_subscription_ends_with_its_period_or_at_once(standin: Standin) -> None:
    ada, bob = Subscriber(standin), Subscriber(standin)
    ada.v1.subscriptions.update(ada.id, {"cancel_at_period_end": True})
    assert (ada.get().cancel_at, ada.get().cancel_at_period_end, ada.get().status) == (NOW + MONTH, True, "active")
    ada.v1.subscriptions.update(ada.id, {"cancel_at_period_end": False})
    assert (ada.get().cancel_at, ada.get().canceled_at) == (None, None)
    ada.v1.subscriptions.update(ada.id, {"cancel_at": "min_period_end"})
    assert (ada.get().cancel_at, ada.get().cancel_at_period_end) == (NOW + MONTH, False)
    ada.pass_to(NOW + MONTH)
    assert (ada.get().status, ada.get().ended_at, len(ada.invoices())) == ("canceled", NOW + MONTH, 1)

    bob.v1.subscriptions.cancel(bob.id)
    assert (bob.get().status, bob.get().ended_at) == ("canceled", NOW)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        bob.v1.subscriptions.cancel(bob.id)
    assert refusal.value.code == "resource_missing"


def test_lists_leave_out_what_was_canceled_unless_they_are_asked(standin: Standin) -> None:
    ada = Subscriber(standin)
    ada.v1.subscriptions.cancel(ada.id)
    second = ada.v1.subscriptions.create({"customer": ada.customer, "items": [{"price": ada.prices["team"]}]})
    listed = ada.v1.subscriptions.list
    assert [each.id for each in listed({"customer": ada.customer}).data] == [second.id]
    assert [each.id for each in listed({"customer": ada.customer, "status": "all"}).data] == [second.id, ada.id]
    assert [each.id for each in listed({"customer": ada.customer, "status": "canceled"}).data] == [ada.id]


def test_a_deleted_customer_has_no_running_subscription(standin: Standin) -> None:
    ada = Subscriber(standin)
    ada.v1.customers.delete(ada.customer)
    assert ada.v1.customers.retrieve(ada.customer).deleted
    assert ada.get().status == "canceled"
    assert ada.events()[-2:] == ["customer.subscription.deleted", "customer.deleted"]
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        ada.v1.subscriptions.create({"customer": ada.customer, "items": [{"price": ada.prices["pro"]}]})


# what an operator chooses in the Dashboard


@pytest.mark.parametrize(
    ("choice", "status"), [("unpaid", "unpaid"), ("past_due", "past_due"), ("pause", "paused"), ("cancel", "canceled")]
)
def test_what_the_last_failure_does_is_a_setting(tmp_path: Path, choice: str, status: str) -> None:
    with stripe_standin(tmp_path, "--after-retries", choice, "--retry-days", 1, 2) as standin:
        ada = failing(standin)
        ada.pass_to(NOW + MONTH + HOUR + 2 * DAY)
        assert ada.get().status == status
        if status == "canceled":
            return
        ada.use_card("pm_card_visa")
        [invoice] = ada.invoices(status="open")
        ada.v1.invoices.pay(invoice.id)
        assert ada.get().status == ("paused" if status == "paused" else "active")
        if status == "paused":
            unchanged: SubscriptionResumeParams = {
                "billing_cycle_anchor": {"type": "unchanged"},
                "proration_behavior": "none",
            }
            assert ada.v1.subscriptions.resume(ada.id, unchanged).status == "active"
            assert ada.events()[-1] == "customer.subscription.resumed"


def test_an_invoice_that_could_not_be_finalized_stays_a_draft(standin: Standin) -> None:
    ada = Subscriber(standin)
    ada.pass_to(NOW + MONTH + 60)
    [draft] = ada.invoices("draft")
    standin.control("fail-finalization", invoice=draft.id)
    assert ada.events()[-1] == "invoice.finalization_failed"
    ada.pass_to(NOW + MONTH + 2 * HOUR)
    assert ada.v1.invoices.retrieve(draft.id).status == "draft"


# clocks


def test_a_clock_advances_by_two_months_at_most_and_never_back(standin: Standin) -> None:
    ada = Subscriber(standin)
    advance = ada.v1.test_helpers.test_clocks.advance
    for until in (NOW, NOW - 1, NOW + 70 * DAY):
        with pytest.raises(stripe.InvalidRequestError):
            advance(ada.clock, {"frozen_time": until})
    assert advance(ada.clock, {"frozen_time": NOW + 1}).status == "advancing"
    with pytest.raises(stripe.RateLimitError):
        ada.v1.test_helpers.test_clocks.advance(ada.clock, {"frozen_time": NOW + 2}, {"max_network_retries": 0})
    assert ada.v1.test_helpers.test_clocks.retrieve(ada.clock).status == "ready"


def test_clocks_do_not_move_each_other(standin: Standin) -> None:
    ada, bob = Subscriber(standin), Subscriber(standin)
    ada.pass_to(NOW + 2 * MONTH)
    assert len(ada.invoices()) == 2
    assert len(bob.invoices()) == 1
    bob.v1.test_helpers.test_clocks.delete(bob.clock)
    with pytest.raises(stripe.InvalidRequestError):
        bob.get()


def test_what_is_on_no_clock_follows_the_wall_clock(standin: Standin) -> None:
    customer = standin.v1.customers.create(
        {"payment_method": "pm_card_visa", "invoice_settings": {"default_payment_method": "pm_card_visa"}}
    )
    made = standin.v1.subscriptions.create({"customer": customer.id, "items": [{"price": standin.catalogue()["pro"]}]})
    standin.control("advance", seconds=32 * DAY)
    assert len(standin.v1.invoices.list({"customer": customer.id}).data) == 2
    assert standin.v1.subscriptions.retrieve(made.id).status == "active"
