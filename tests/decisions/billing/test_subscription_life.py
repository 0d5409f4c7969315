"""Every order of a subscription's events, doubled, lost and late, ends where one question at the end would."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from shared.billing.payer import Payer, Provider
from shared.billing.subscription import OVER, Reason, Subscription, SubscriptionState, standing

BEGIN = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
Answer = list[Subscription]


def at(days: float) -> datetime:
    return BEGIN + timedelta(days=days)


def one(state: SubscriptionState, name: str = "sub_1", plan: str = "pro", **fields: Any) -> Subscription:
    return Subscription(subscription=name, plan=plan, state=state, **{"created": BEGIN, "period_end": at(30), **fields})


S = SubscriptionState
LIVES: dict[str, list[Answer]] = {
    "paid, failed, paid again, cancelled, ended": [
        [one(S.INCOMPLETE)],
        [one(S.ACTIVE)],
        [one(S.PAST_DUE, unpaid_since=at(30), period_end=at(60))],
        [one(S.ACTIVE, period_end=at(60))],
        [one(S.ACTIVE, period_end=at(60), cancel_at=at(60))],
        [one(S.ENDED, period_end=at(60), stopped=at(60))],
    ],
    "never paid": [[one(S.INCOMPLETE)], [one(S.EXPIRED)]],
    "failed until it ended": [
        [one(S.ACTIVE)],
        [one(S.PAST_DUE, unpaid_since=at(30))],
        [one(S.UNPAID, unpaid_since=at(30))],
        [one(S.ENDED, unpaid_since=at(30), stopped=at(44))],
    ],
    "upgraded, downgraded, paused, resumed": [
        [one(S.ACTIVE, plan="starter")],
        [one(S.ACTIVE, plan="team")],
        [one(S.ACTIVE, plan="team", next_plan="pro")],
        [one(S.ACTIVE, plan="pro", period_end=at(60))],
        [one(S.PAUSED, plan="pro", period_end=at(60), stopped=at(70))],
        [one(S.ACTIVE, plan="pro", period_end=at(100))],
    ],
    "ended and subscribed again": [
        [one(S.ACTIVE)],
        [one(S.ENDED, stopped=at(10))],
        [one(S.ENDED, stopped=at(10)), one(S.INCOMPLETE, "sub_2", "team", created=at(20))],
        [one(S.ENDED, stopped=at(10)), one(S.ACTIVE, "sub_2", "team", created=at(20))],
    ],
    "subscribed twice, one was cancelled": [
        [one(S.ACTIVE)],
        [one(S.ACTIVE), one(S.ACTIVE, "sub_2", "team", created=at(1))],
        [one(S.ENDED, stopped=at(2)), one(S.ACTIVE, "sub_2", "team", created=at(1))],
    ],
}
NEW = Payer(bid="b-1", provider=Provider.STRIPE, customer="cus_1")


class Store:
    """One document with Firestore's rule: a commit wins if the document is the one that was read. A write of the same
    content leaves the document's version as it was."""

    def __init__(self, payer: Payer) -> None:
        self.payer = payer

    def commit(self, read: Payer, after: Payer) -> bool:
        if self.payer != read:
            return False
        self.payer = after
        return True


class Asked(Struct):
    """A question that is on its way: what was read before it, and its answer."""

    read: Payer
    answer: Answer


class Stripe:
    """The truth, and the events of its changes. `reached` counts the changes that have happened."""

    def __init__(self, life: Sequence[Answer]) -> None:
        self.life = life
        self.reached = 0

    @property
    def answer(self) -> Answer:
        return self.life[self.reached - 1] if self.reached else []


def committed(store: Store, asked: Asked, now: datetime) -> bool:
    return store.commit(asked.read, asked.read.answered(asked.answer, gone=False, base="free", now=now))


def ask(store: Store, stripe: Stripe, now: datetime) -> None:
    """The whole task: asks until its commit wins."""
    while not committed(store, Asked(store.payer, stripe.answer), now):
        pass


def after_all(life: Sequence[Answer], order: Iterable[int], now: datetime) -> Payer:
    """Each change is asked about at once, and the answers come back in `order`, when all changes have happened."""
    store, stripe, asked = Store(NEW), Stripe(life), []
    for _ in life:
        stripe.reached += 1
        asked.append(Asked(store.payer, stripe.answer))
    for number in order:
        if not committed(store, asked[number], now):
            ask(store, stripe, now)
    return store.payer


@pytest.mark.parametrize("life", LIVES)
def test_every_order_of_late_answers_ends_with_the_truth(life: str) -> None:
    answers, now = LIVES[life], at(120)
    truth = standing(answers[-1], None, base="free", now=now)
    for order in permutations(range(len(answers))):
        # the first answer to come back wins, and whichever comes second has to ask again
        payer = after_all(answers, order, now)
        assert (payer.subscriptions, payer.standing) == (answers[-1], truth), order
        assert after_all(answers, [*order, *order], now).standing == truth, order


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("lost", range(6))
def test_what_no_event_told_is_asked_for_when_it_is_due(life: str, lost: int) -> None:
    """Events are lost from the change `lost` on: what follows is found by the questions that time alone brings."""
    answers = LIVES[life]
    store, stripe, now = Store(NEW), Stripe(answers), BEGIN
    for _ in answers[: lost + 1]:
        stripe.reached += 1
        ask(store, stripe, now)
    stripe.reached = len(answers)
    questions = 0
    while (due := store.payer.due) is not None and due < at(400):
        now, questions = due, questions + 1
        ask(store, stripe, now)
        assert questions < 450, "about one a day"
    if store.payer.subscriptions != answers[-1]:  # what began after everything was over: its checkout is asked about
        assert not [each for each in store.payer.subscriptions if each.state not in OVER]
        ask(store, stripe, now)
    assert store.payer.standing == standing(answers[-1], None, base="free", now=now)


steps = st.lists(st.tuples(st.sampled_from(["change", "ask", "answer", "commit"]), st.integers(0, 9)), max_size=60)


class Run:
    """Any number of questions at once, each of which goes on step by step."""

    def __init__(self, life: Sequence[Answer]) -> None:
        self.store, self.stripe = Store(NEW), Stripe(life)
        self.begun: list[Payer] = []
        self.asked: list[tuple[Asked, int]] = []
        self.newest = 0
        """How many changes had happened when the answer was made that was committed last."""

    def step(self, kind: str, number: int) -> None:
        if kind == "change" and self.stripe.reached < len(self.stripe.life):
            self.stripe.reached += 1
        elif kind == "ask":
            self.begun.append(self.store.payer)
        elif kind == "answer" and self.begun:
            read = self.begun.pop(number % len(self.begun))
            self.asked.append((Asked(read, self.stripe.answer), self.stripe.reached))
        elif kind == "commit" and self.asked:
            question, reached = self.asked.pop(number % len(self.asked))
            if committed(self.store, question, BEGIN):
                assert reached >= self.newest, "an older answer was committed over a newer one"
                self.newest = reached
            else:
                self.begun.append(self.store.payer)


@given(st.sampled_from(sorted(LIVES)), steps)
def test_no_answer_is_committed_over_a_newer_one(life: str, schedule: list[tuple[str, int]]) -> None:
    run = Run(LIVES[life])
    for kind, number in schedule:
        run.step(kind, number)


def test_two_opposite_changes_look_like_none_without_a_version_that_always_rises() -> None:
    """A card fails and is paid again while an answer from between is on its way. The payer looks as it did when it was
    read. Only the version that every commit raises shows that somebody asked since."""
    paid, failed = [one(S.ACTIVE)], [one(S.PAST_DUE, unpaid_since=BEGIN)]
    store = Store(NEW)
    committed(store, Asked(store.payer, paid), BEGIN)
    late = Asked(store.payer, failed)
    committed(store, Asked(store.payer, paid), BEGIN)
    same = replace(store.payer, version=late.read.version)
    assert same == late.read, "nothing but the version is another"
    assert not committed(store, late, BEGIN)
    assert store.payer.standing.reason == Reason.PAID
