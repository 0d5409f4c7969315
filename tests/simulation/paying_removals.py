"""The guards of payments, each of which can be taken away."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from shared.billing import payer
from shared.billing.payer import Payer
from shared.flows import erasing, payers, payments
from shared.gcp.store import operators, subscriptions
from shared.gcp.store.database import Commit
from shared.mail.mail import Reader
from shared.record import Versioned
from tests.simulation.provider import SimulatedProvider
from tests.simulation.removals import Functions, Pieces, removal


@removal
def the_guard_of_an_answer(_functions: Functions) -> Pieces:
    """It is committed over whatever was committed since the payer was read."""
    real = Commit.change

    def change(self: Commit, reference: Any, read: Any, record: Any) -> Commit:
        return self.replace(reference, record) if isinstance(record, Payer) else real(self, reference, read, record)

    yield Commit, "change", change
    yield Commit, "is_made", lambda _self: False


@removal
def asking_again(_functions: Functions) -> Pieces:
    """Who is outdated reads the payer again, and commits the same answer."""

    def commit_answer(before: Versioned[Payer], after: Payer) -> None:
        try:
            subscriptions.commit_answer(before, after)
        except subscriptions.OutdatedAnswer:
            now = subscriptions.read_payer(after.bid)
            if now is None:
                raise
            answered = {
                name: getattr(after, name) for name in ("subscriptions", "standing", "customer", "asked", "due")
            }
            subscriptions.commit_answer(now, replace(now.record, **answered, version=now.record.version + 1))

    yield payments, "commit_answer", commit_answer


@removal
def reading_before_asking(_functions: Functions) -> Pieces:
    """The payer is read when the answer is there."""

    def commit_answer(_before: Versioned[Payer], after: Payer) -> None:
        now = subscriptions.read_payer(after.bid)
        if now is not None:
            subscriptions.commit_answer(now, replace(after, version=now.record.version + 1))

    yield payments, "commit_answer", commit_answer


@removal
def the_version_that_rises(_functions: Functions) -> Pieces:
    real = Payer.answered
    yield (
        Payer,
        "answered",
        lambda self, *given, **named: replace(real(self, *given, **named), version=self.version),
    )


@removal
def one_commit_for_payer_and_plan(_functions: Functions) -> Pieces:
    real = subscriptions.commit_answer

    def commit_answer(before: Versioned[Payer], after: Payer) -> None:
        subscriptions.commit_payer(before, after)
        now = subscriptions.read_payer(after.bid)
        if now is not None:
            real(now, replace(now.record, version=now.record.version + 1))

    yield payments, "commit_answer", commit_answer


@removal
def a_plan_by_hand_through_the_payer(_functions: Functions) -> Pieces:
    yield operators, "read_payer", lambda _bid: None


@removal
def the_cancellation_of_what_is_replaced(_functions: Functions) -> Pieces:
    real = Payer.answered

    def answered(self: Payer, *given: Any, **named: Any) -> Payer:
        after = real(self, *given, **named)
        return replace(after, standing=replace(after.standing, cancel=[]))

    yield Payer, "answered", answered


@removal
def the_daily_question(functions: Functions) -> Pieces:
    yield payer, "COMPARE_EVERY", timedelta(days=1000)


@removal
def the_question_about_who_is_due(functions: Functions) -> Pieces:
    yield functions["meter"].module, "due_payers", lambda _now: iter(())


@removal
def the_question_after_a_checkout(_functions: Functions) -> Pieces:
    yield payer, "CHECKOUT_ASK", timedelta(days=1000)


@removal
def what_a_deleted_customer_had_kept(_functions: Functions) -> Pieces:
    """Another customer begins with nothing."""
    real = Payer.with_customer
    yield Payer, "with_customer", lambda self, customer: replace(real(self, customer), earlier=[])


@removal
def the_end_of_who_has_left(_functions: Functions) -> Pieces:
    yield erasing, "hurry_payer", lambda _bid, _now: False


@removal
def the_look_whether_the_owner_has_left(_functions: Functions) -> Pieces:
    """The payer of a closed account is asked about like any other."""

    def find_reader(uid: str, zone: str) -> Reader:
        return Reader(uid=uid, language="en", zone=zone)

    yield payers, "find_reader", find_reader


@removal
def the_record_that_is_deleted_last(_functions: Functions) -> Pieces:
    """The payer is deleted, and the customer only afterwards."""
    real = SimulatedProvider.forget

    def forget(self: SimulatedProvider, customer: str) -> None:
        found = subscriptions.read_payer(self.customers[customer].bid)
        if found is not None:
            subscriptions.delete_payer(found)
        real(self, customer)

    yield SimulatedProvider, "forget", forget


@removal
def the_look_for_a_running_subscription(_functions: Functions) -> Pieces:
    yield payments, "check_may_buy", lambda *_given: None


@removal
def one_page_at_a_time(_functions: Functions) -> Pieces:
    """An earlier page stays open."""
    yield SimulatedProvider, "close_checkout", lambda _self, _page: True
