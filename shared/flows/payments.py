"""Payments: ask the provider about a payer and follow its answer; sell a plan on one page at a time.

An event only says whom to ask about. Every change of a plan follows from an answer (docs/payments.md).
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from shared import logs
from shared.billing.disagreement import DisagreementKind
from shared.billing.payer import CheckoutPage, Payer, check_may_buy, is_for_sale, open_checkout
from shared.billing.provider import (
    BadSignature,
    Buyer,
    Hint,
    Management,
    NotDone,
    NotSetUp,
    NotSold,
    Order,
    PaymentProvider,
    Unreachable,
)
from shared.errors import Conflict, Refused, TryAgain, bad_request
from shared.gcp.store.database import LostRace
from shared.gcp.store.races import until_won
from shared.gcp.store.subscriptions import (
    OutdatedAnswer,
    commit_answer,
    commit_payer,
    ensure_payer,
    read_payer,
)
from shared.record import Versioned

QUESTIONS = 5
"""How often the provider is asked in one go. Who is outdated so often is asked again by the next event, or when due."""

STEPS = 4
"""The commits from a payer without a customer to a page: a number, the customer, a checkout, its page."""

Now = Callable[[], datetime]


class Sale(Struct, frozen=True, kw_only=True):
    """What a member asks for, and where the provider's page leads back to."""

    bid: str
    of_team: bool = False
    plan: str
    email: str | None
    language: str
    done_url: str
    back_url: str


def hint_in(provider: PaymentProvider, body: bytes, headers: Mapping[str, str]) -> Hint:
    """What an event says. Raises Refused for one that the provider did not sign, in words that hold nothing of it; and
    TryAgain."""
    try:
        return provider.read_hint(body, headers)
    except BadSignature as e:
        raise bad_request("The payment provider has not signed this, or too long ago.") from e
    except Unreachable as e:
        raise unreachable() from e


@until_won(
    "This payer is being changed by several requests at once. Try again.", attempts=QUESTIONS, after=OutdatedAnswer
)
def ask(
    provider: PaymentProvider, bid: str, *, base: str, now: Now, compared: bool = False, of_team: bool = False
) -> Payer | None:
    """Asks the provider about a payer, and commits the answer with the plan that follows. Returns the payer; None if
    there is none who is a customer. `base` is the plan of an account that pays nothing. Of a customer who was deleted
    the last answer holds, with what time brings. `compared`: no event had it asked, so a difference is to be looked at.
    `of_team`: it is a team that pays.

    Cancels what an operator's plan has replaced; what the provider does not cancel is committed as that, so that
    operators see it, and tried again when the payer is due. Raises TryAgain if the provider can't be asked, or if
    others commit all the time.
    """
    payer = read_payer(bid)
    if payer is None or not (payer.record.customer or payer.record.is_due(now())):
        return None
    after = _answered(provider, payer.record, base=base, now=now, compared=compared, of_team=of_team)
    commit_answer(payer, after)
    _tell(payer.record, after)
    return after


def _answered(provider: PaymentProvider, payer: Payer, *, base: str, now: Now, compared: bool, of_team: bool) -> Payer:
    customer = payer.customer
    if customer is None:
        return payer.answered(payer.subscriptions, gone=True, base=base, now=now(), of_team=of_team)
    try:
        fetched = provider.fetch(customer)
        after = payer.answered(
            fetched.subscriptions, gone=fetched.gone, base=base, now=now(), compared=compared, of_team=of_team
        )
        cancelled = [_is_cancelled(provider, payer.bid, each) for each in after.standing.cancel]
        if not any(cancelled):
            return after
        fetched = provider.fetch(customer)
        return payer.answered(fetched.subscriptions, gone=fetched.gone, base=base, now=now(), of_team=of_team)
    except Unreachable as e:
        raise unreachable() from e


def _is_cancelled(provider: PaymentProvider, bid: str, subscription: str) -> bool:
    try:
        provider.cancel(subscription)
    except (NotDone, Unreachable) as e:
        logs.warning("subscription-not-cancelled", billing=bid, subscription=subscription, reason=str(e))
        return False
    logs.info("subscription-cancelled", billing=bid, subscription=subscription)
    return True


def _tell(before: Payer, after: Payer) -> None:
    """One line for each change; an error where money is charged that should not be."""
    was, found = before.standing, after.standing
    if (was.plan, was.reason) != (found.plan, found.reason):
        logs.info("plan-follows", billing=after.bid, plan=found.plan, reason=found.reason)
    odd = after.disagreement
    if odd is not None and odd != before.disagreement:
        log = logs.warning if odd.kind == DisagreementKind.UNTOLD else logs.error
        log("provider-disagrees", billing=after.bid, kind=odd.kind, subscriptions=odd.subscriptions)


def sell(provider: PaymentProvider, sale: Sale, *, base: str, now: Now) -> CheckoutPage:
    """The page on which the member pays. The same page again, as long as it can be paid on.

    The provider is asked first, so that nobody with a subscription buys a second one. A page is opened for a number
    that was committed before, and the next number begins only once the page before can't be paid on any more: so at
    most one page is open. Raises Refused, Conflict and TryAgain.
    """
    ensure_payer(sale.bid, provider.name)
    ask(provider, sale.bid, base=base, now=now, of_team=sale.of_team)
    try:
        return _open_page(provider, sale, now)
    except NotSold as e:
        logs.error("plan-not-sold", plan=sale.plan, reason=str(e))
        raise Refused("not-found", "This plan is not sold here. Tell the operator.", status=404) from e
    except Unreachable as e:
        raise unreachable() from e


@until_won("Your checkout is being opened by several requests at once. Try again.")
def _open_page(provider: PaymentProvider, sale: Sale, now: Now) -> CheckoutPage:
    for _ in range(STEPS):
        page = _step(provider, ensure_payer(sale.bid, provider.name), sale, now())
        if page is not None:
            return page
    raise LostRace(f"payer {sale.bid}: others begin another checkout after each step")


def _step(provider: PaymentProvider, payer: Versioned[Payer], sale: Sale, now: datetime) -> CheckoutPage | None:
    """One commit further, None if it is not the last. Raises LostRace."""
    record = payer.record
    check_may_buy(record, sale.plan)
    if record.customer is None:
        _find_customer(provider, payer, sale)
        return None
    checkout = open_checkout(record, sale.plan, now)
    if checkout is None:
        before = record.checkout
        if before is not None and before.page is not None and not provider.close_checkout(before.page.id):
            # paid a moment ago: the answer about it is on its way
            raise Conflict("subscribed", "You have paid already. Your plan follows in a moment.")
        commit_payer(payer, record.begin_checkout(sale.plan, sale.language, now))
        return None
    if checkout.page is not None:
        return checkout.page
    page = provider.open_checkout(
        Order(
            bid=sale.bid,
            customer=record.customer,
            plan=checkout.plan,
            number=checkout.number,
            expires=checkout.expires,
            language=checkout.language,
            done_url=sale.done_url,
            back_url=sale.back_url,
        )
    )
    commit_payer(payer, record.with_page(page))
    return page


def _find_customer(provider: PaymentProvider, payer: Versioned[Payer], sale: Sale) -> None:
    """The number is committed first, so that the same number is the same customer, also for a request that died."""
    record = payer.record
    if record.asking is None:
        commit_payer(payer, record.asking_for_customer())
        return
    buyer = Buyer(bid=sale.bid, number=record.asking, email=sale.email, language=sale.language)
    commit_payer(payer, record.with_customer(provider.create_customer(buyer)))


def manage(
    provider: PaymentProvider, bid: str, *, of_team: bool, plan: str | None, back_url: str, language: str
) -> str:
    """The URL of the provider's page for cards, invoices, cancellation and other plans; with `plan`, of the page that
    confirms the change to it. Raises Refused and TryAgain."""
    payer = read_payer(bid)
    if payer is None or payer.record.customer is None:
        raise Refused("not-found", "There is no subscription to manage.", status=404)
    running = payer.record.running
    if plan is not None and (not is_for_sale(plan) or len(running) != 1):
        raise Refused("not-found", "There is no subscription that could change to this plan.", status=404)
    try:
        return provider.manage(
            Management(
                customer=payer.record.customer,
                of_team=of_team,
                back_url=back_url,
                language=language,
                change=(running[0].subscription, plan) if plan else None,
            )
        )
    except NotSetUp as e:
        logs.error("portal-missing", billing=bid, reason=str(e))
        detail = "The page for cards, invoices and cancellation is not set up here. Tell the operator."
        raise Refused("portal-missing", detail, status=404) from e
    except NotSold as e:
        logs.error("plan-not-sold", plan=plan, reason=str(e))
        raise Refused("not-found", "This plan is not sold here. Tell the operator.", status=404) from e
    except Unreachable as e:
        raise unreachable() from e


def payments_off() -> Refused:
    return Refused("payments-off", "Nothing is sold here. Ask the operator, who sets plans by hand.", status=404)


def unreachable() -> TryAgain:
    return TryAgain(
        "unavailable", "The payment provider can't be reached right now. Nothing was charged.", retry_after=5
    )
