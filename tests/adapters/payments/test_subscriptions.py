"""What a payment provider answers, on a real database: payer and plan in one commit, and never an older answer over a
newer one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from shared.accounts.audit import Action, AuditLine
from shared.billing.kept_plan import Kept
from shared.billing.payer import Payer, Provider
from shared.billing.subscription import Reason, Subscription, SubscriptionState
from shared.gcp.store import operators, subscriptions
from shared.gcp.store.accounts import ensure_account
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit, LostRace, document, read
from shared.gcp.store.paying import Keeping, keeping_of
from shared.gcp.store.subscriptions import (
    KEPT_FOR,
    OutdatedAnswer,
    ProviderEvent,
    all_payers,
    commit_answer,
    commit_payer,
    create_event,
    delete_payer,
    due_payers,
    ensure_payer,
    event_ref,
    find_payer,
    forget_events,
    hurry_payer,
    payer_ref,
    read_payer,
)
from shared.record import Versioned
from tests.support.records.factories import a_billing

pytestmark = pytest.mark.usefixtures("empty_database")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BID = "b-1"


def a_subscription(state: SubscriptionState = SubscriptionState.ACTIVE, plan: str = "pro", **more: Any) -> Subscription:
    known = {"subscription": "sub_1", "created": NOW, "period_end": NOW + 30 * DAY, **more}
    return Subscription(plan=plan, state=state, **known)


def a_payer(plan: str = "free") -> Versioned[Payer]:
    """A payer who is a customer already, with a billing account on this plan."""
    Commit().create(billing_ref(BID), a_billing(plan)).run()
    commit_payer(payer := ensure_payer(BID, Provider.STRIPE), payer.record.with_customer("cus_1"))
    return now_read()


def now_read() -> Versioned[Payer]:
    payer = read_payer(BID)
    assert payer is not None
    return payer


def answer(before: Versioned[Payer], *found: Subscription, now: datetime = NOW) -> None:
    commit_answer(before, before.record.answered(found, gone=False, base="free", now=now))


def test_payer_and_plan_change_in_one_commit() -> None:
    before = a_payer()
    answer(before, a_subscription())
    assert now_read().record == before.record.answered([a_subscription()], gone=False, base="free", now=NOW)
    assert read_billing(BID).record.plan == "pro"


def test_an_account_without_a_subscription_keeps_its_plan() -> None:
    before = a_payer("enterprise")
    version = read_billing(BID).version
    answer(before)
    assert (now_read().record.standing.reason, read_billing(BID).version) == (Reason.NOTHING_BOUGHT, version)


def test_what_was_lost_is_kept_with_the_account() -> None:
    answer(a_payer(), a_subscription())
    answer(now_read(), a_subscription(SubscriptionState.ENDED, stopped=NOW))
    billing = read_billing(BID).record
    assert billing.kept is not None
    assert (billing.plan, billing.kept.plan, billing.kept.until) == ("free", "pro", NOW + 90 * DAY)


def test_an_older_answer_is_not_committed_over_a_newer_one() -> None:
    late = a_payer()
    answer(now_read(), a_subscription(plan="team"))
    with pytest.raises(OutdatedAnswer):
        answer(late, a_subscription())
    assert (read_billing(BID).record.plan, now_read().record.standing.plan) == ("team", "team")


def test_an_answer_that_changed_nothing_outdates_others_too() -> None:
    """A card fails and is paid again, while the answer from between is on its way."""
    answer(a_payer(), a_subscription())
    late = now_read()
    answer(late, a_subscription(), now=NOW)
    with pytest.raises(OutdatedAnswer):
        answer(late, a_subscription(SubscriptionState.UNPAID, unpaid_since=NOW))
    assert read_billing(BID).record.plan == "pro"


@pytest.fixture
def heartbeat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A heartbeat charges between the read of the billing account and the commit, once."""
    times = iter([True])

    def then_charged(bid: str) -> Any:
        read_before = read_billing(bid)
        if next(times, False):
            charged = replace(read_before.record, used={"2026-11-23": 1_000})
            Commit().change(billing_ref(bid), read_before, charged).run()
        return read_before

    yield lambda: monkeypatch.setattr(subscriptions, "read_billing", then_charged)


def test_a_heartbeat_in_between_costs_no_second_question(heartbeat: Callable[[], None]) -> None:
    before = a_payer()
    heartbeat()
    answer(before, a_subscription())
    billing = read_billing(BID).record
    assert (billing.plan, billing.used) == ("pro", {"2026-11-23": 1_000})


def test_of_many_answers_at_once_one_is_committed_and_the_others_ask_again() -> None:
    before, at_once = a_payer(), 8
    plans = ["starter", "pro", "team"]

    def commit(number: int) -> bool:
        try:
            answer(before, a_subscription(plan=plans[number % 3]), now=NOW + timedelta(seconds=number))
        except OutdatedAnswer:
            return False
        return True

    with ThreadPoolExecutor(at_once) as threads:
        won = list(threads.map(commit, range(at_once)))
    assert won.count(True) == 1
    assert read_billing(BID).record.plan == plans[won.index(True) % 3] == now_read().record.standing.plan


def test_a_payer_is_made_once() -> None:
    Commit().create(billing_ref(BID), a_billing()).run()
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: ensure_payer(BID, Provider.STRIPE), range(8)))
    assert {each.version for each in made} == {now_read().version}
    with pytest.raises(LookupError):
        ensure_payer("b-0", Provider.STRIPE)


def test_a_payer_is_found_by_the_customer() -> None:
    a_payer()
    found = find_payer("cus_1")
    assert found is not None and found.bid == BID
    assert find_payer("cus_2") is None


def test_a_change_of_the_payer_alone_is_guarded_too() -> None:
    before = a_payer()
    commit_payer(before, before.record.begin_checkout("pro", "ko", NOW))
    with pytest.raises(LostRace):
        commit_payer(before, before.record.begin_checkout("team", "ko", NOW))


def test_payers_are_due_when_their_standing_says_so() -> None:
    answer(a_payer(), a_subscription())
    due = now_read().record.due
    assert due is not None
    assert not [*due_payers(due - timedelta(seconds=1))]
    assert [each.bid for each in due_payers(due)] == [BID]


def test_all_who_are_due_are_found_and_a_bounded_number_of_events_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.gcp.store.database.PAGE", 2)
    monkeypatch.setattr(subscriptions, "AT_ONCE", 2)
    for number in range(3):
        account = ensure_account(f"u-{number}", email=None, name=None, now=NOW)
        payer = ensure_payer(account.bid, Provider.STRIPE)
        commit_answer(payer, payer.record.answered([a_subscription()], gone=False, base="free", now=NOW))
        create_event(f"evt_{number}", "invoice.paid", None, NOW)
    assert len([*due_payers(NOW + 400 * DAY)]) == 3
    assert [forget_events(NOW + KEPT_FOR) for _ in range(3)] == [2, 1, 0]


def test_a_payer_who_is_left_is_due_until_it_is_deleted() -> None:
    assert not hurry_payer(BID, NOW)
    before = a_payer()
    assert hurry_payer(BID, NOW)
    hurried = now_read()
    assert (hurried.record.due, hurried.record.version) == (NOW, before.record.version + 1)
    assert hurry_payer(BID, NOW + DAY) and now_read().record == hurried.record
    with pytest.raises(LostRace):
        delete_payer(before)
    delete_payer(hurried)
    assert read_payer(BID) is None


def test_a_payer_that_cannot_be_read_stops_no_other() -> None:
    answer(a_payer(), a_subscription())
    document("payers", "b-2").set({"bid": "b-2", "customer": "cus_2", "due": NOW - DAY, "standing": 1})
    assert [each.bid for each in all_payers()] == [BID]
    assert [each.bid for each in due_payers(NOW + 400 * DAY)] == [BID]
    assert find_payer("cus_2") is None


# an operator's plan


def a_paying_member() -> str:
    """The id of the billing account, which pays for Pro."""
    bid = ensure_account("u-1", email=None, name=None, now=NOW).bid
    payer = ensure_payer(bid, Provider.STRIPE)
    commit_answer(payer, payer.record.answered([a_subscription()], gone=False, base="free", now=NOW))
    return bid


def a_line(request: str = "request-1") -> AuditLine:
    asked: dict[str, Any] = {"target": "u-1", "asked": {}, "note": "why", "by": "u-op", "email": "op@example.com"}
    return AuditLine(request=request, at=NOW + DAY, action=Action.PLAN, **asked)


def test_an_operators_plan_replaces_a_subscription_in_one_commit_and_says_so() -> None:
    bid = a_paying_member()
    line = operators.set_plan(a_line(), "u-1", "enterprise")
    assert (line.before["plan"], line.after["plan"], line.after["cancels"]) == ("pro", "enterprise", "sub_1")
    assert read_billing(bid).record.plan == "enterprise"
    assert [each.bid for each in due_payers(NOW + DAY)] == [bid], "the cancellation is due at once"
    payer = read_payer(bid)
    assert payer is not None
    commit_answer(payer, payer.record.answered([a_subscription()], gone=False, base="free", now=NOW + DAY))
    assert read_billing(bid).record.plan == "enterprise", "what still runs at the provider decides nothing"


def test_an_answer_that_was_asked_for_before_an_operators_plan_is_asked_for_again() -> None:
    bid = a_paying_member()
    late = read_payer(bid)
    assert late is not None
    operators.set_plan(a_line(), "u-1", "enterprise")
    with pytest.raises(OutdatedAnswer):
        commit_answer(late, late.record.answered([a_subscription()], gone=False, base="free", now=NOW + DAY))


def test_an_operators_plan_without_a_subscription_is_as_before() -> None:
    bid = ensure_account("u-1", email=None, name=None, now=NOW).bid
    assert operators.set_plan(a_line(), "u-1", "pro").after == {"billing": bid, "plan": "pro"}
    ensure_payer(bid, Provider.STRIPE)
    assert operators.set_plan(a_line("request-2"), "u-1", "team").after["cancels"] is None
    assert read_billing(bid).record.plan == "team"


# what was lost


def test_snapshots_are_kept_by_the_lost_plan_for_ninety_days() -> None:
    bid = a_paying_member()
    assert keeping_of("u-1", NOW).plan == "pro"
    payer = read_payer(bid)
    assert payer is not None
    ended = a_subscription(SubscriptionState.ENDED, stopped=NOW)
    commit_answer(payer, payer.record.answered([ended], gone=False, base="free", now=NOW))
    assert read_billing(bid).record.plan == "free"
    lost = [Kept(plan="pro", since=NOW)]
    assert keeping_of("u-1", NOW + 90 * DAY - timedelta(seconds=1)) == Keeping("pro", lost)
    assert keeping_of("u-1", NOW + 90 * DAY) == Keeping("free", [])
    payer = read_payer(bid)
    assert payer is not None
    commit_answer(payer, payer.record.answered([a_subscription()], gone=False, base="free", now=NOW + 80 * DAY))
    assert keeping_of("u-1", NOW + 80 * DAY) == Keeping("pro", lost), "also for who pays again"
    with pytest.raises(LookupError):
        keeping_of("u-0", NOW)


# events


def test_an_event_is_noted_once() -> None:
    numbers = count()
    with ThreadPoolExecutor(8) as threads:
        first = list(
            threads.map(
                lambda _: create_event("evt_1", "invoice.paid", "cus_1", NOW + next(numbers) * DAY),
                range(8),
            )
        )
    assert first.count(True) == 1
    noted = read(event_ref("evt_1"), ProviderEvent)
    assert noted is not None
    assert (noted.record.kind, noted.record.customer) == ("invoice.paid", "cus_1")
    assert noted.record.expires - noted.record.at == KEPT_FOR


def test_events_are_forgotten_after_their_time() -> None:
    create_event("evt_1", "invoice.paid", "cus_1", NOW)
    assert forget_events(NOW + KEPT_FOR - timedelta(seconds=1)) == 0
    assert forget_events(NOW + KEPT_FOR) == 1
    assert read(event_ref("evt_1"), ProviderEvent) is None


def test_a_record_of_a_payer_reads_as_it_was_written() -> None:
    answer(a_payer(), a_subscription(cancel_at=NOW + DAY, next_plan="starter", unpaid_since=NOW))
    before = now_read()
    commit_payer(before, before.record.given("enterprise", NOW + DAY))
    assert now_read().record == before.record.given("enterprise", NOW + DAY)
    fields = payer_ref(BID).get().to_dict()
    assert fields is not None and fields["due"] == NOW + DAY
