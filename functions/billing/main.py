"""The member's plan and how it is paid for: what is known of it, the page to buy another, the page to manage it."""

from datetime import datetime
from typing import Annotated, Literal

import functions_framework
from msgspec import Meta, Struct

from shared import logs
from shared.billing.account import Billing
from shared.billing.payer import Payer, is_for_sale
from shared.billing.plans import PLANS, is_shared
from shared.billing.subscription import Reason
from shared.endpoint import endpoint, routes
from shared.errors import Refused, bad_request
from shared.flows import payments
from shared.flows.sign_ins import SignedIn, may_change, may_look
from shared.gcp.store import clock
from shared.gcp.store.billing import read_billing
from shared.gcp.store.subscriptions import read_payer
from shared.gcp.store.teams import team_of
from shared.payments import chosen
from shared.settings import settings
from shared.views.plan import KeptView, PlanView, kept_view, plan_view

DONE, BACK, MANAGED = "/plans?checkout=paid", "/plans", "/plans?portal=left"
"""Where the provider's pages lead back to: after a payment, without one, and from the page that manages."""

Language = Literal["ko", "en"]
PlanName = Annotated[str, Meta(min_length=1, max_length=32)]


class Which(Struct, forbid_unknown_fields=True):
    team: bool = False
    """The billing account of the caller's team, instead of the caller's own."""


class Buy(Struct, forbid_unknown_fields=True):
    plan: PlanName
    """A name in `for_sale`."""
    team: bool = False
    """For the caller's team, instead of the caller alone."""
    language: Language = "en"
    """Of the provider's page."""


class Manage(Struct, forbid_unknown_fields=True):
    plan: PlanName | None = None
    """A name in `for_sale`: the page then confirms the change of the subscription to this plan."""
    team: bool = False
    """What the caller's team pays for, instead of the caller alone."""
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
    """Whether the caller can buy and manage: the owner of an own account, and of a team whoever may pay for it. What is
    paid for is only told to them."""
    paying: PayingView | None


class PageAnswer(Struct):
    """A page of the payment provider's, to which the browser goes."""

    url: str


@endpoint(may_look, Which, method="GET", refuses={404: ("no-team",)})
def state(caller: SignedIn, query: Which, now: datetime) -> BillingAnswer:
    """The plan, and how it is paid for.

    As the payment provider last said. A payment is there within seconds, so the page asks again after one.
    """
    billing, own = _billing(caller, of_team=query.team)
    payer = read_payer(billing.bid) if own else None
    selling = chosen.is_selling()
    return BillingAnswer(
        plan=plan_view(billing.plan),
        kept=kept_view(billing.kept, now),
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
        404: ("payments-off", "not-found", "no-team"),
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
    billing = _payable(caller, of_team=body.team)
    _check_kind(body.plan, of_team=body.team)
    member = caller.member
    sale = payments.Sale(
        bid=billing.bid,
        of_team=body.team,
        plan=body.plan,
        email=member.email if member.email_verified else None,
        language=body.language,
        done_url=_view(DONE, of_team=body.team),
        back_url=_view(BACK, of_team=body.team),
    )
    page = payments.sell(provider, sale, base=settings().first_plan, now=clock.now)
    logs.info("checkout-opened", billing=billing.bid, plan=body.plan, page=page.id)
    return PageAnswer(page.url)


@endpoint(
    may_look, Manage, refuses={403: ("forbidden",), 404: ("payments-off", "portal-missing", "not-found", "no-team")}
)
def portal(caller: SignedIn, body: Manage, _now: datetime) -> PageAnswer:
    """Open the page for cards, invoices, other plans and cancellation.

    Also for a suspended member: whoever is charged can end that.
    """
    provider = chosen.selling()
    if provider is None:
        raise payments.payments_off()
    billing = _payable(caller, of_team=body.team)
    if body.plan is not None:
        _check_kind(body.plan, of_team=body.team)
    back = _view(MANAGED, of_team=body.team)
    page = payments.manage(
        provider, billing.bid, of_team=body.team, plan=body.plan, back_url=back, language=body.language
    )
    return PageAnswer(page)


billing = functions_framework.http(
    routes({"": state, "billing": state, "checkout": checkout, "portal": portal}, "billing")
)


def _billing(caller: SignedIn, *, of_team: bool) -> tuple[Billing, bool]:
    """The caller's own billing account, or that of the team; and whether the caller may pay for it. Raises Refused."""
    account = caller.account
    if not of_team:
        billing = read_billing(account.bid).record
        return billing, billing.owner == account.uid
    team = team_of(account)
    role = team.role_of(account.uid)
    return read_billing(team.bid).record, role is not None and role.may_pay


def _payable(caller: SignedIn, *, of_team: bool) -> Billing:
    billing, may_pay = _billing(caller, of_team=of_team)
    if not may_pay:
        raise Refused("forbidden", "Only who pays for the plan can buy and manage it. Ask them.")
    return billing


def _check_kind(plan: str, *, of_team: bool) -> None:
    """Raises Refused if the plan is one that people share and the payer is one person, or the other way round."""
    if plan not in PLANS or is_shared(plan) == of_team:
        return
    if of_team:
        raise bad_request("plan: One person uses this plan. Choose one that a team can share.")
    raise bad_request("plan: A team shares this plan. Make the team first, and choose the plan for it.")


def _view(path: str, *, of_team: bool) -> str:
    """The address of the page's view of the plans; with `team`, of what is paid for the team."""
    address = f"{settings().page_origin}{path}"
    return f"{address}{'&' if '?' in path else '?'}team=yes" if of_team else address


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
