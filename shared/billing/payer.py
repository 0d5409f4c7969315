"""The payer: who pays for a billing account at a payment provider, and what the provider said when last asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.billing import disagreement
from shared.billing.account import Billing
from shared.billing.disagreement import Disagreement
from shared.billing.plans import PLANS
from shared.billing.subscription import OVER, ByHand, PaidFor, Reason, Standing, Subscription, standing
from shared.errors import Conflict, Refused, TryAgain

CHECKOUT_FOR = timedelta(hours=12)
"""How long a checkout page can be paid on. Stripe allows half an hour to a day, and keeps an idempotency key a day."""
SECOND = timedelta(seconds=1)
CHECKOUT_ASK = timedelta(hours=1)
"""How long after a checkout began the provider is asked whether it was paid, if no event told."""
COMPARE_EVERY = timedelta(days=1)
"""How often the provider is asked about a payer with a subscription that is not over, whatever events told."""
CHECKOUT_LEFT = timedelta(hours=1)
"""A page that is shown again can be paid on for at least so long."""


class Provider(StrEnum):
    """A payment provider that has a module."""

    STRIPE = "stripe"


class CheckoutPage(Struct, frozen=True):
    """A page of the provider's, on which a plan can be paid for."""

    id: str
    url: str


class Checkout(Struct, frozen=True, kw_only=True):
    """A checkout that was begun. The provider opens one page for each `number`, however often it is asked."""

    number: int
    plan: str
    language: str
    """Of the page. The same number must come with the same order."""
    begun: datetime
    page: CheckoutPage | None = None
    """None until the provider's answer is committed."""

    @property
    def expires(self) -> datetime:
        return self.begun + CHECKOUT_FOR


class Payer(Struct, frozen=True, kw_only=True):
    """`payers/{bid}`: who pays for a billing account."""

    bid: str
    provider: Provider
    customer: str | None = None
    """The provider's id of who pays; None before the first checkout, and after the customer was deleted there."""
    customers: int = 0
    """How many customers were asked for: one each time the one before was deleted."""
    asking: int | None = None
    """The number of the customer that the provider is being asked for."""
    subscriptions: list[Subscription] = []
    """All that the provider had of this customer when last asked."""
    earlier: list[Subscription] = []
    """Those of customers before this one, who were deleted. All are over, and no answer tells of them any more; what
    one of them had kept is kept on."""
    by_hand: ByHand | None = None
    standing: Standing = Standing(plan=None, reason=Reason.NOTHING_BOUGHT)
    """What the subscriptions meant when they were committed."""
    checkout: Checkout | None = None
    """The checkout that was begun last; None once it was paid."""
    checkouts: int = 0
    """How many checkouts were begun."""
    asked: datetime | None = None
    """When the provider was last asked."""
    due: datetime | None = None
    """When it is to be asked again though no event came; None if nothing can change by itself."""
    disagreement: Disagreement | None = None
    """What an operator has to look at; None if the provider and Ondol agree."""
    told: datetime | None = None
    """The time of the last notice about what is kept."""
    version: int = 0
    """Rises with each commit, also with one that changes nothing else: an answer that was asked for before it must not
    be committed after it."""

    def answered(
        self,
        subscriptions: Sequence[Subscription],
        *,
        gone: bool,
        base: str,
        now: datetime,
        compared: bool = False,
        of_team: bool = False,
    ) -> "Payer":
        """The payer after the provider has answered with all subscriptions. `gone`: the customer was deleted there.
        `base` is the plan of an account that pays nothing. `compared`: no event had it asked. `of_team`: a team
        pays."""
        told = [each.subscription for each in subscriptions]
        over = [each for each in self.subscriptions if each.state in OVER and each.subscription not in told]
        answer = [*subscriptions, *(over if gone else ())]
        known = sorted(answer, key=lambda each: (each.created, each.subscription))
        found = standing([*self.earlier, *known], self.by_hand, base=base, now=now)
        checkout = None if gone or self._is_paid(known) else self.checkout
        odd = disagreement.found(
            self.disagreement, self.subscriptions, known, found, compared=compared, of_team=of_team, now=now
        )
        times = [found.due, disagreement.shown_until(odd)]
        if any(each.state not in OVER for each in known):
            times.append(now + COMPARE_EVERY)
        if checkout is not None and now < checkout.expires:
            times.append(now + CHECKOUT_ASK)
        return replace(
            self,
            customer=None if gone else self.customer,
            subscriptions=known,
            standing=found,
            checkout=checkout,
            disagreement=odd,
            asked=now,
            due=min(filter(None, times), default=None),
            version=self.version + 1,
        )

    @property
    def ever(self) -> list[Subscription]:
        """All subscriptions that are known, also of customers who were deleted."""
        return [*self.earlier, *self.subscriptions]

    @property
    def running(self) -> list[Subscription]:
        """The subscriptions that are not over. A plan that an operator gives now replaces all of them."""
        return [each for each in self.subscriptions if each.state not in OVER]

    @property
    def is_subscribed(self) -> bool:
        """Whether a subscription runs, so that no second one is bought."""
        return bool(self.running)

    @property
    def paid_for(self) -> PaidFor | None:
        """None if nothing was ever bought."""
        found = self.standing
        if found.reason == Reason.NOTHING_BOUGHT and not self.is_subscribed:
            return None
        return PaidFor(reason=found.reason, until=found.until, subscribed=self.is_subscribed)

    def is_due(self, now: datetime) -> bool:
        return self.due is not None and self.due <= now

    def hurry(self, now: datetime) -> "Payer":
        """The payer who is to be asked about now."""
        return replace(self, due=now, version=self.version + 1)

    def _is_paid(self, subscriptions: Sequence[Subscription]) -> bool:
        """Whether a subscription has begun since the checkout has. Its page can't be paid on again."""
        return self.checkout is not None and any(each.created >= self.checkout.begun for each in subscriptions)

    def given(self, plan: str, now: datetime) -> "Payer":
        """The payer after an operator gave the plan. The subscriptions in `standing.cancel` are to be cancelled now."""
        by_hand = ByHand(plan, now)
        found = standing(self.ever, by_hand, base=plan, now=now)
        due = now if found.cancel else self.due
        return replace(self, by_hand=by_hand, standing=found, due=due, version=self.version + 1)

    def asking_for_customer(self) -> "Payer":
        number = self.customers + 1
        return replace(self, customers=number, asking=number, version=self.version + 1)

    def with_customer(self, customer: str) -> "Payer":
        """The payer who is this customer from now on. What is known is of the customer before."""
        return replace(
            self,
            customer=customer,
            asking=None,
            earlier=[each for each in self.ever if each.state in OVER],
            subscriptions=[],
            version=self.version + 1,
        )

    def begin_checkout(self, plan: str, language: str, now: datetime) -> "Payer":
        """The payer with a checkout of its own number. Any earlier one must be closed."""
        number = self.checkouts + 1
        # In whole seconds, as the provider tells times; and later than every subscription that is known, or one that
        # began and ended within this second would count as this checkout's.
        begins = [now.replace(microsecond=0), *(each.created + SECOND for each in self.ever)]
        begun = Checkout(number=number, plan=plan, language=language, begun=max(begins))
        due = min(filter(None, [self.due, now + CHECKOUT_ASK]))
        return replace(self, checkout=begun, checkouts=number, due=due, version=self.version + 1)

    def with_page(self, page: CheckoutPage) -> "Payer":
        if self.checkout is None:
            raise ValueError("there is no checkout that the page could belong to")
        return replace(self, checkout=replace(self.checkout, page=page), version=self.version + 1)

    def sent(self, at: datetime) -> "Payer":
        """The payer after the notice of this time was sent."""
        return replace(self, told=at, version=self.version + 1)


def with_payer(billing: Billing, payer: Payer) -> Billing:
    """The billing account as its payer's subscriptions say. The same account if they say nothing new."""
    found = payer.standing
    plan, kept = (billing.plan, billing.kept) if found.plan is None else (found.plan, found.kept)
    # An answer does not tell of a loss that was made good by paying. What was noted stays.
    lost = [each for each in dict.fromkeys([*billing.lost, *found.lost]) if not payer.asked or payer.asked < each.until]
    after = replace(billing, plan=plan, kept=kept, lost=lost, paid_for=payer.paid_for)
    return billing if after == billing else after


def is_for_sale(plan: str) -> bool:
    """Whether the plan has a price that members pay each month."""
    return plan in PLANS and bool(PLANS[plan].price)


def monthly_cents(plan: str) -> int:
    """The plan's price in US cents a month. Raises ValueError if it is not for sale or no whole number of cents."""
    price = PLANS[plan].price if is_for_sale(plan) else None
    if price is None:
        raise ValueError(f"plan {plan} is not for sale")
    cents = round(price * 100)
    if abs(cents - price * 100) > 1e-6:
        raise ValueError(f"the price of plan {plan} is no whole number of cents")
    return cents


def check_may_buy(payer: Payer, plan: str) -> None:
    """Raises Refused for a plan that is not for sale, and Conflict while a subscription runs: two of them would both be
    charged."""
    if not is_for_sale(plan):
        raise Refused("bad-request", f"There is no plan {plan!r} that can be bought.", status=400)
    if payer.is_subscribed:
        detail = "You already have a subscription. Change its plan where you manage it: nothing is charged twice there."
        raise Conflict("subscribed", detail)


def open_checkout(payer: Payer, plan: str, now: datetime) -> Checkout | None:
    """The checkout to go on with, so that the same page opens again; None if a new one has to begin. Raises TryAgain
    while it is unknown whether there is a page that can be paid on."""
    checkout = payer.checkout
    if checkout is None or now >= checkout.expires:
        return None
    if checkout.plan == plan and now < checkout.expires - CHECKOUT_LEFT:
        return checkout
    if checkout.page is None:
        detail = f"An earlier checkout may still be open. Try again after {checkout.expires:%Y-%m-%d %H:%M} UTC."
        raise TryAgain("checkout-open", detail, retry_after=max(1, round((checkout.expires - now).total_seconds())))
    return None
