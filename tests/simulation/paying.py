"""Who pays: the truth at the provider and what Ondol's records make of it, checked after every commit and at the end.

What an answer means is said here once more, in few words, and not by the function that the commit comes from.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared.billing.payer import Payer
from shared.billing.plans import PLANS
from shared.billing.subscription import ByHand, Subscription, SubscriptionState, standing
from tests.simulation.events import Events
from tests.simulation.firestore import Change, Fields
from tests.simulation.processes import Process
from tests.simulation.provider import Answer, SimulatedProvider

BASE = "free"
GRACE = timedelta(days=7)
S = SubscriptionState


class Paying:
    """`fail` raises; what it is given says what does not hold. `billings` and `accounts`: what there is now."""

    def __init__(
        self,
        provider: SimulatedProvider,
        events: Events,
        billings: Mapping[str, Fields],
        is_closed: Callable[[str], bool],
        fail: Callable[[str], None],
    ) -> None:
        self.payers: dict[str, Payer] = {}
        self._provider = provider
        self._events = events
        self._billings = billings
        self._is_closed = is_closed
        self._newest: dict[str, int] = {}
        """By billing account: the number of the newest answer that was committed."""
        self._fail = fail

    def committed(self, changes: Sequence[Change], process: Process | None) -> None:
        """Also without changes: an answer that changes nothing is committed all the same."""
        answer = self._provider.answers.pop(process, None) if self._provider.answers else None
        if answer is not None:
            self._answered(answer)
        touched = set()
        for change in changes:
            collection, bid = change.path.split("/")[-2:]
            if collection == "payers":
                self._payer(bid, change, answer)
                touched.add(bid)
            elif collection == "billing":
                touched.add(bid)
        for bid in touched:
            self._agree(bid)

    def _answered(self, answer: Answer) -> None:
        bid = self._provider.customers[answer.customer].bid
        if answer.number < self._newest.get(bid, 0):
            self._fail(f"{bid} follows an older answer than one that was committed before")
        self._newest[bid] = answer.number

    def _payer(self, bid: str, change: Change, answer: Answer | None) -> None:
        before = self.payers.get(bid)
        if change.after is None:
            self._forgotten(bid)
            return
        after = self.payers[bid] = msgspec.convert(change.after, Payer)
        if before is None:
            return
        if after.version != before.version + 1:
            self._fail(f"the version of the payer of {bid} went from {before.version} to {after.version}")
        if answer is not None:
            said = sorted(answer.subscriptions, key=lambda each: each.subscription)
            if sorted(after.subscriptions, key=lambda each: each.subscription) != said:
                self._fail(f"the payer of {bid} has other subscriptions than the answer that was committed")
        at = after.asked if after.asked != before.asked else None
        if after.by_hand and after.by_hand != before.by_hand:
            at = after.by_hand.at
        if at and (follows := plan_of(after.ever, after.by_hand, at)) != after.standing.plan:
            self._fail(f"the payer of {bid} has {after.standing.plan}, and {follows} follows")
        self._note(before, after)

    def _forgotten(self, bid: str) -> None:
        self.payers.pop(bid, None)
        self._events.note("who had left was forgotten")
        if not self._is_closed(bid):
            self._fail(f"the payer of {bid} was forgotten, whose account is not closed")
        if running := self._provider.running(bid):
            self._fail(f"the payer of {bid} was forgotten, and goes on to pay for {running}")

    def _agree(self, bid: str) -> None:
        payer = self.payers.get(bid)
        if payer is None or payer.standing.plan is None:
            return
        billing, found = self._billings[bid], payer.standing
        if billing["plan"] != found.plan:
            self._fail(f"the plan of {bid} is {billing['plan']}, and its payer has {found.plan}")
        kept = billing["kept"] and (billing["kept"]["plan"], billing["kept"]["since"])
        if kept != (found.kept and (found.kept.plan, found.kept.since)):
            self._fail(f"{bid} keeps {kept}, and its payer {found.kept}")
        paid_for = billing["paid_for"]
        if paid_for and paid_for["subscribed"] != payer.is_subscribed:
            self._fail(f"{bid} is told of another subscription than its payer has")

    def _note(self, before: Payer, after: Payer) -> None:
        if before.standing.reason != after.standing.reason:
            self._events.note(f"a payer's plan became {after.standing.reason}")
        if after.standing.cancel and not before.standing.cancel:
            self._events.note("an operator's plan replaced a running subscription")
        if before.customer and after.customer is None:
            self._events.note("a customer was found to be gone")

    # payments

    def pays(self, bid: str) -> None:
        """Whoever is about to pay on a page must not pay already."""
        if running := self._provider.running(bid):
            self._fail(f"{bid} pays twice: on a page, and for {running[0][1].subscription}")

    # the end

    def wrong(self, bid: str, now: datetime) -> str | None:
        """What is other than one question now would make it."""
        running, payer = self._provider.running(bid), self.payers.get(bid)
        if self._is_closed(bid):
            pages = [page.id for page in self._provider.payable() if page.order.bid == bid]
            if payer is not None or running or pages:
                return f"the account of {bid} is closed, and its payer is {payer}, with {running} and {pages}"
            return None
        if payer is None:
            return f"{bid} has no payer, and pays for {running}" if running else None
        truth = payer.ever
        if payer.customer is not None:
            customers = [each for each in self._provider.customers.values() if each.bid == bid]
            truth = [each for customer in customers for each in customer.subscriptions.values()]
        for _, each in running:
            if payer.by_hand and each.created <= payer.by_hand.at:
                return f"{each.subscription} still runs, which an operator's plan has replaced"
        answered = standing(truth, payer.by_hand, base=BASE, now=now)
        told, asked = payer.standing, (answered.plan, answered.reason, answered.subscription, answered.kept)
        if (told.plan, told.reason, told.subscription, told.kept) != asked:
            return f"the payer of {bid} has {told}, and one question says {answered}"
        follows = plan_of(truth, payer.by_hand, now)
        if follows is not None and self._billings[bid]["plan"] != follows:
            return f"{bid} has {self._billings[bid]['plan']}, and one question says {follows}"
        return None


def plan_of(subscriptions: Sequence[Subscription], by_hand: ByHand | None, now: datetime) -> str | None:
    """The plan that is paid for, or given by hand after that; None if there never was one (decision 0066)."""
    begun = [
        each
        for each in subscriptions
        if each.state not in (S.INCOMPLETE, S.EXPIRED) and (by_hand is None or each.created > by_hand.at)
    ]
    paid = [each.plan for each in begun if each.state == S.ACTIVE or _is_waited_for(each, now)]
    if paid:
        return max(paid, key=list[Any](PLANS).index)
    if begun:
        return BASE
    return by_hand.plan if by_hand else None


def _is_waited_for(subscription: Subscription, now: datetime) -> bool:
    unpaid = subscription.unpaid_since
    return subscription.state == S.PAST_DUE and unpaid is not None and now < unpaid + GRACE
