"""The member's plan and how it is paid for: what is known of it, the page to buy another, the page to manage it."""

from datetime import datetime
from typing import Annotated, Literal

import functions_framework
from msgspec import Meta, Struct

from shared import logs
from shared.billing.account import Billing
from shared.billing.payer import Payer, is_for_sale
from shared.billing.plans import PLANS
from shared.billing.subscription import Reason
from shared.endpoint import endpoint, routes
from shared.errors import Refused
from shared.flows import payments
from shared.flows.sign_ins import SignedIn, may_change, may_look
from shared.gcp.store import clock
from shared.gcp.store.billing import read_billing
from shared.gcp.store.subscriptions import read_payer
from shared.payments import chosen
from shared.settings import settings
from shared.views.plan import KeptView, PlanView, kept_view, plan_view

DONE, BACK, MANAGED = "/plans?checkout=paid", "/plans", "/plans?portal=left"
"""Where the provider's pages lead back to: after a payment, without one, and from the page that manages."""

Language = Literal["ko", "en"]
PlanName = Annotated[str, Meta(min_length=1, max_length=32)]


class Nothing(Struct, forbid_unknown_fields=True):
    """No fields: the billing account is the caller's."""


class Buy(Struct, forbid_unknown_fields=True):
    plan: PlanName
    """A name in `for_sale`."""
    language: Language = "en"
    """Of the provider's page."""


class Manage(Struct, forbid_unknown_fields=True):
    plan: PlanName | None = None
    """A name in `for_sale`: the page then confirms the change of the subscription to this plan."""
    language: Language = "en"
    """Of the provider's page."""


class PayingView(Struct):
    """What is paid for."""

    reason: Reason
    """Why the plan is as it is."""
    until: float | None
    """When the plan ends, unless something changes."""
    following: PlanView | None
    """The plan that follows at the end of the period that is paid for; None if nothing changes."""
    subscribed: bool
    """Whether a subscription runs, which can be managed and changed, so that no second one is bought."""
    manageable: bool
    """Whether the provider has a page for this member: cards, invoices, cancellation."""
    buying: PlanView | None
    """The plan whose page was opened last and can be paid on still."""


class BillingAnswer(Struct):
    """The plan, and how it is paid for."""

    plan: PlanView
    kept: KeptView | None
    selling: bool
    """Whether plans are sold here. If not, operators set them by hand."""
    for_sale: list[PlanView]
    """The plans that have a price each month, from small to large; none if nothing is sold here."""
    own: bool
    """Whether the billing account is the caller's own. What is paid for is only told to its owner, who alone can buy
    and manage."""
    paying: PayingView | None


class PageAnswer(Struct):
    """A page of the payment provider's, to which the browser goes."""

    url: str


@endpoint(may_look, Nothing, method="GET")
def state(caller: SignedIn, _query: Nothing, now: datetime) -> BillingAnswer:
    """The plan, and how it is paid for.

    As the payment provider last said. A payment is there within seconds, so the page asks again after one.
    """
    billing = read_billing(caller.account.bid).record
    own = billing.owner == caller.account.uid
    payer = read_payer(billing.bid) if own else None
    selling = chosen.is_selling()
    return BillingAnswer(
        plan=plan_view(billing.plan),
        kept=kept_view(billing, now),
        selling=selling,
        for_sale=[plan_view(name) for name in PLANS if is_for_sale(name)] if selling else [],
        own=own,
        paying=_paying(payer.record, now) if payer else None,
    )


@endpoint(
    may_change,
    Buy,
    refuses={
        403: ("forbidden",),
        404: ("payments-off", "not-found"),
        409: ("subscribed",),
        503: ("checkout-open",),
    },
)
def checkout(caller: SignedIn, body: Buy, _now: datetime) -> PageAnswer:
    """Open the page on which a plan is paid for.

    The same page again, as long as it can be paid on. Who has a subscription changes that one instead (`subscribed`).
    """
    provider = chosen.selling()
    if provider is None:
        raise payments.payments_off()
    billing = _own_billing(caller)
    origin, member = settings().page_origin, caller.member
    sale = payments.Sale(
        bid=billing.bid,
        plan=body.plan,
        email=member.email if member.email_verified else None,
        language=body.language,
        done_url=f"{origin}{DONE}",
        back_url=f"{origin}{BACK}",
    )
    page = payments.sell(provider, sale, base=settings().first_plan, now=clock.now)
    logs.info("checkout-opened", billing=billing.bid, plan=body.plan, page=page.id)
    return PageAnswer(page.url)


@endpoint(may_look, Manage, refuses={403: ("forbidden",), 404: ("payments-off", "not-found")})
def portal(caller: SignedIn, body: Manage, _now: datetime) -> PageAnswer:
    """Open the page for cards, invoices, other plans and cancellation.

    Also for a suspended member: whoever is charged can end that.
    """
    provider = chosen.selling()
    if provider is None:
        raise payments.payments_off()
    billing = _own_billing(caller)
    back = f"{settings().page_origin}{MANAGED}"
    return PageAnswer(payments.manage(provider, billing.bid, plan=body.plan, back_url=back, language=body.language))


billing = functions_framework.http(
    routes({"": state, "billing": state, "checkout": checkout, "portal": portal}, "billing")
)


def _own_billing(caller: SignedIn) -> Billing:
    found = read_billing(caller.account.bid).record
    if found.owner != caller.account.uid:
        raise Refused("forbidden", "Only the owner of the plan can buy and manage it. Ask them.")
    return found


def _paying(payer: Payer, now: datetime) -> PayingView:
    found, begun = payer.standing, payer.checkout
    return PayingView(
        reason=found.reason,
        until=found.until.timestamp() if found.until else None,
        following=plan_view(found.next_plan) if found.next_plan else None,
        subscribed=payer.is_subscribed,
        manageable=payer.customer is not None,
        buying=plan_view(begun.plan) if begun and begun.page and now < begun.expires else None,
    )
