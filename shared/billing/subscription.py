"""Subscriptions: what a payment provider says of them when asked, and what that means for a billing account's plan.

Everything here follows from one whole answer of the provider and `now`. Nothing depends on when Ondol learned of
something, so the order in which events arrive, and whether they arrive, does not matter.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from shared.billing.kept_plan import Kept, every_loss, kept_plan, next_notice
from shared.billing.plans import PLANS

GRACE = timedelta(days=7)
"""How long a plan whose payment failed is kept, from the oldest unpaid invoice on, while the provider tries again."""
INCOMPLETE_FOR = timedelta(hours=23)
"""After this time Stripe gives up a subscription whose first payment is missing
(https://docs.stripe.com/billing/subscriptions/overview)."""
ASK_AFTER = timedelta(hours=2)
"""The provider is asked so long after a time at which it should have changed something. Stripe finalizes and charges
the invoice of a new period an hour after the period's beginning."""
ASK_AGAIN = timedelta(days=1)
"""When the provider is asked again that should have changed something, and has not."""
CANCEL_AGAIN = timedelta(minutes=15)
"""When a cancellation is tried again that the provider has not carried out."""


class SubscriptionState(StrEnum):
    INCOMPLETE = "incomplete"
    """The first payment is missing."""
    EXPIRED = "expired"
    """The first payment never came."""
    ACTIVE = "active"
    PAST_DUE = "past_due"
    """A later payment has failed, and the provider tries again."""
    UNPAID = "unpaid"
    """A later payment has failed, and the provider has given up trying. Paying makes the subscription active again."""
    PAUSED = "paused"
    ENDED = "ended"


NEVER_PAID = (SubscriptionState.INCOMPLETE, SubscriptionState.EXPIRED)
OVER = (SubscriptionState.EXPIRED, SubscriptionState.ENDED)
CHARGING = (SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE)
"""The provider charges, or tries to."""


class Subscription(Struct, frozen=True, kw_only=True):
    """One subscription, as the provider described it. Times are the provider's."""

    subscription: str
    """The provider's id."""
    plan: str
    """A name in the plan table, or one that was removed from it."""
    state: SubscriptionState
    created: datetime
    period_end: datetime
    """When the period ends that was charged last."""
    cancel_at: datetime | None = None
    """When the subscription will end, if that was asked for."""
    next_plan: str | None = None
    """The plan from `period_end` on, if another was asked for."""
    unpaid_since: datetime | None = None
    """When its oldest open invoice became due; None without one."""
    stopped: datetime | None = None
    """When it ended or was paused; None in the other states."""


class ByHand(Struct, frozen=True):
    """A plan that an operator gave. It replaces all subscriptions that began until then."""

    plan: str
    at: datetime


class Reason(StrEnum):
    """Why the plan is as it is."""

    NOTHING_BOUGHT = "nothing-bought"
    BY_HAND = "by-hand"
    PAID = "paid"
    ENDING = "ending"
    """Paid, and ends at `until`."""
    RETRYING = "retrying"
    """A payment has failed. The plan is kept until `until`."""
    UNPAID = "unpaid"
    PAUSED = "paused"
    ENDED = "ended"


PAYING = (Reason.PAID, Reason.ENDING, Reason.RETRYING)
"""A subscription is charged, or its payment is tried again."""


class Standing(Struct, frozen=True, kw_only=True):
    """What a billing account's subscriptions mean."""

    plan: str | None
    """The plan; None leaves it as it is, because nothing was ever paid for."""
    reason: Reason
    subscription: str | None = None
    """The id of the subscription that decides."""
    until: datetime | None = None
    """When the plan ends, unless something changes."""
    next_plan: str | None = None
    """What follows at the end of the charged period; None if nothing changes."""
    kept: Kept | None = None
    """A larger plan that was lost: what it had kept is not deleted yet."""
    lost: list[Kept] = []
    """All plans that were lost and are larger than that of an account that pays nothing, as long as they are kept."""
    cancel: list[str] = []
    """Ids of subscriptions that must be cancelled at the provider: an operator's plan has replaced them."""
    doubled: list[str] = []
    """Ids of further subscriptions that the provider charges. An operator should refund them."""
    due: datetime | None = None
    """When the provider should be asked though no event came; None if nothing can change by time alone."""

    @property
    def is_paid(self) -> bool:
        return self.reason in PAYING


class PaidFor(Struct, frozen=True, kw_only=True):
    """How a plan is paid for: what of it a member is told wherever they look."""

    reason: Reason
    until: datetime | None
    """When the plan ends, unless something changes."""
    subscribed: bool
    """Whether a subscription runs."""


def granted_until(subscription: Subscription, now: datetime) -> tuple[bool, datetime | None]:
    """Whether the subscription grants its plan, and until when it will if nothing changes."""
    match subscription.state:
        case SubscriptionState.ACTIVE:
            return True, subscription.cancel_at
        case SubscriptionState.PAST_DUE:
            until = subscription.unpaid_since and subscription.unpaid_since + GRACE
            return until is None or now < until, until
        case _:
            return False, None


def lapsed_at(subscription: Subscription, now: datetime) -> datetime | None:
    """When a plan that was granted ceased to be; None if it is granted, or never was.

    The time can lie ahead of `now` by up to GRACE, if the provider gave up before the end of GRACE.
    """
    if subscription.state in NEVER_PAID or granted_until(subscription, now)[0]:
        return None
    unpaid = subscription.unpaid_since and subscription.unpaid_since + GRACE
    if subscription.stopped and unpaid:
        return min(subscription.stopped, unpaid)
    return subscription.stopped or unpaid


def standing(subscriptions: Sequence[Subscription], by_hand: ByHand | None, *, base: str, now: datetime) -> Standing:
    """What all subscriptions of a billing account mean together. `base` is the plan of an account that pays nothing.

    The dearest granted plan holds. Without one it is `base`, if there ever was one.
    """
    replaced = [each for each in subscriptions if by_hand and each.created <= by_hand.at]
    begun = [each for each in subscriptions if each not in replaced and each.state not in NEVER_PAID]
    granting = [each for each in begun if granted_until(each, now)[0]]
    if granting:
        deciding = max(granting, key=lambda each: (_rank(each.plan), each.subscription))
        found = _granted(deciding, begun, now)
    elif begun:
        latest = max(begun, key=lambda each: (each.created, each.subscription))
        found = Standing(plan=base, reason=_reason_without_plan(latest), subscription=latest.subscription)
    elif by_hand:
        found = Standing(plan=by_hand.plan, reason=Reason.BY_HAND)
    else:
        found = Standing(plan=None, reason=Reason.NOTHING_BOUGHT)
    cancel = sorted(each.subscription for each in replaced if each.state not in OVER)
    lost = [(each.plan, lapsed) for each in subscriptions if (lapsed := lapsed_at(each, now))]
    kept = kept_plan(lost, found.plan, now) if found.plan is not None else None
    return Standing(
        plan=found.plan,
        reason=found.reason,
        subscription=found.subscription,
        until=found.until,
        next_plan=found.next_plan,
        kept=kept,
        lost=every_loss(lost, base, now),
        cancel=cancel,
        doubled=found.doubled,
        due=_due(subscriptions, kept, now, cancel=bool(cancel)),
    )


def _granted(deciding: Subscription, begun: Iterable[Subscription], now: datetime) -> Standing:
    until = granted_until(deciding, now)[1]
    if deciding.state == SubscriptionState.PAST_DUE:
        reason = Reason.RETRYING
    else:
        reason = Reason.ENDING if until else Reason.PAID
    others = [each.subscription for each in begun if each is not deciding and each.state in CHARGING]
    return Standing(
        plan=deciding.plan,
        reason=reason,
        subscription=deciding.subscription,
        until=until,
        next_plan=None if deciding.next_plan == deciding.plan else deciding.next_plan,
        doubled=sorted(others),
    )


def _reason_without_plan(subscription: Subscription) -> Reason:
    match subscription.state:
        case SubscriptionState.PAUSED:
            return Reason.PAUSED
        case SubscriptionState.ENDED:
            return Reason.ENDED
        case _:
            return Reason.UNPAID


def _due(subscriptions: Iterable[Subscription], kept: Kept | None, now: datetime, *, cancel: bool) -> datetime | None:
    times = [time for each in subscriptions if (time := _changes_at(each, now))]
    if cancel:
        times.append(now + CANCEL_AGAIN)
    if kept:
        times.append(min(filter(None, [next_notice(kept, now), kept.until])))
    return min((time if time > now else now + ASK_AGAIN for time in times), default=None)


def _changes_at(subscription: Subscription, now: datetime) -> datetime | None:
    """When the provider will have changed the subscription, or its plan lapses."""
    match subscription.state:
        case SubscriptionState.INCOMPLETE:
            return subscription.created + INCOMPLETE_FOR + ASK_AFTER
        case SubscriptionState.ACTIVE:
            return min(filter(None, [subscription.cancel_at, subscription.period_end])) + ASK_AFTER
        case SubscriptionState.PAST_DUE:
            is_granted, until = granted_until(subscription, now)
            return until if is_granted and until else subscription.period_end + ASK_AFTER
        case _:
            return None


def _rank(plan: str) -> int:
    """The plan's place in the table, from small to large; below all others for a plan that was removed from it."""
    return [*PLANS].index(plan) if plan in PLANS else -1
