"""Stripe Billing, through Stripe's SDK: hosted Checkout, the customer portal, and what Stripe says when asked.

Importing the SDK takes 0.18 s. Only functions that need payments import this module.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import stripe
from stripe.params.billing_portal import SessionCreateParams as PortalParams
from stripe.params.checkout import SessionCreateParams as CheckoutParams

from shared import logs
from shared.billing.payer import CheckoutPage, Provider
from shared.billing.provider import (
    BadSignature,
    Buyer,
    Fetched,
    Hint,
    Management,
    NotDone,
    NotSetUp,
    NotSold,
    Order,
    Unreachable,
)
from shared.billing.subscription import Subscription, SubscriptionState
from shared.payments.stripe_client import CALL_SECONDS, connect

TOLERANCE = 300
"""Seconds that may have passed since an event was signed."""
SECRET_PREFIX = "whsec_"  # noqa: S105  # how each begins
"""Begins the secret of each webhook endpoint of Stripe's."""
MARK = "ondol_project"
"""Names, in the metadata of what is ours, the project that it belongs to."""
PROJECT = "project"
"""The same, in the metadata of a customer and of a subscription."""
PORTAL_OF, TEAMS = "ondol_portal_of", "teams"
"""Names, beside it, whom a portal's configuration is for."""
PRODUCT_PREFIX = "ondol-"
EVENTS = (
    "charge.dispute.created",
    "charge.refunded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "invoice.finalization_failed",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
)
"""After each of these the plan may be another, or an operator wants to know."""
STATES = {
    "incomplete": SubscriptionState.INCOMPLETE,
    "incomplete_expired": SubscriptionState.EXPIRED,
    "trialing": SubscriptionState.ACTIVE,
    "active": SubscriptionState.ACTIVE,
    "past_due": SubscriptionState.PAST_DUE,
    "unpaid": SubscriptionState.UNPAID,
    "paused": SubscriptionState.PAUSED,
    "canceled": SubscriptionState.ENDED,
}


class OddSubscription(Exception):
    """Stripe says something about a subscription that this module does not know. Nothing may be decided by it."""


def product_of(plan: str) -> str:
    """The id of the plan's product. It never changes, so it also names the plan of a price that is not sold any
    more."""
    return f"{PRODUCT_PREFIX}{plan}"


def lookup_key_of(plan: str) -> str:
    """Finds the price at which the plan is sold now."""
    return f"{PRODUCT_PREFIX}{plan}-month"


def is_of(project: str, metadata: Any) -> bool:
    """Whether what has this metadata was made for the project."""
    marks: dict[str, str] = metadata.to_dict() if metadata else {}
    return marks.get(MARK) == project


def portal_of(
    client: stripe.StripeClient, project: str, *, of_team: bool
) -> stripe.billing_portal.Configuration | None:
    """The project's configuration of the customer portal for persons, or for teams."""
    listed = client.v1.billing_portal.configurations.list({"active": True, "limit": 100})
    ours = (each for each in listed.auto_paging_iter() if is_of(project, each.metadata))
    return next((each for each in ours if _is_teams(each.metadata) == of_team), None)


def portal_marks(project: str, *, of_team: bool) -> dict[str, str]:
    """By which a configuration of the portal is found."""
    return {MARK: project, PORTAL_OF: TEAMS if of_team else "persons"}


def _is_teams(metadata: Any) -> bool:
    marks: dict[str, str] = metadata.to_dict()
    return marks.get(PORTAL_OF) == TEAMS


@contextmanager
def reachable() -> Iterator[None]:
    """Raises Unreachable for what passes by itself. A decorator, too."""
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as e:
        raise Unreachable(type(e).__name__) from e
    except stripe.APIError as e:
        if e.http_status == 501:  # of a stand-in that does not play this
            raise
        raise Unreachable(str(e)) from e


class StripeProvider:
    """`PaymentProvider` by Stripe. Other errors of the SDK than those of `reachable` are mistakes: of a key, or of this
    module."""

    name = Provider.STRIPE

    def __init__(
        self,
        key: str,
        *,
        project: str,
        webhook_secret: str = "",
        managed: bool = False,
        endpoint: str | None = None,
    ) -> None:
        """`project` distinguishes deployments that share a Stripe account. `managed`: Stripe is the merchant of record.
        `endpoint` is a stand-in's."""
        self._http = stripe.RequestsClient(timeout=CALL_SECONDS)
        self._client = connect(key, endpoint, self._http)
        self._v1 = self._client.v1
        self._project = project
        self._secret = webhook_secret
        self._managed = managed

    def close(self) -> None:
        self._http.close()  # type: ignore[no-untyped-call]  # of the SDK

    @reachable()
    def create_customer(self, buyer: Buyer) -> str:
        """Address and language are set afterwards: they may change, and the same key must come with the same
        parameters."""
        metadata = {"bid": buyer.bid, PROJECT: self._project}
        key = f"ondol-{self._project}-customer-{buyer.bid}-{buyer.number}"
        customer = self._v1.customers.create({"metadata": metadata}, {"idempotency_key": key})
        update: Any = {"preferred_locales": [buyer.language]}
        self._v1.customers.update(customer.id, update | ({"email": buyer.email} if buyer.email else {}))
        return customer.id

    @reachable()
    def open_checkout(self, order: Order) -> CheckoutPage:
        """Raises NotSold."""
        metadata = {"bid": order.bid, PROJECT: self._project}
        params: CheckoutParams = {
            "mode": "subscription",
            "customer": order.customer,
            "client_reference_id": order.bid,
            "line_items": [{"price": self._price(order.plan).id, "quantity": 1}],
            "subscription_data": {"metadata": metadata},
            "metadata": metadata,
            "success_url": order.done_url,
            "cancel_url": order.back_url,
            "expires_at": int(order.expires.timestamp()),
            "locale": "ko" if order.language == "ko" else "en",
        }
        if self._managed:
            params["managed_payments"] = {"enabled": True}
        key = f"ondol-{self._project}-checkout-{order.bid}-{order.number}"
        session = self._v1.checkout.sessions.create(params, {"idempotency_key": key})
        return CheckoutPage(session.id, session.url or "")

    @reachable()
    def close_checkout(self, page: str) -> bool:
        session = self._v1.checkout.sessions.retrieve(page)
        if session.status == "open":
            try:
                session = self._v1.checkout.sessions.expire(page)
            except stripe.InvalidRequestError:  # it was paid on, or has expired, in between
                session = self._v1.checkout.sessions.retrieve(page)
        return session.status != "complete"

    @reachable()
    def manage(self, asked: Management) -> str:
        """Without a configuration of ours Stripe would take the account's own, which offers whatever it does. Raises
        NotSetUp and NotSold."""
        portal = portal_of(self._client, self._project, of_team=asked.of_team)
        if portal is None:
            marks = portal_marks(self._project, of_team=asked.of_team)
            raise NotSetUp(f"Stripe has no active configuration of the portal with the metadata {marks}")
        params: PortalParams = {
            "customer": asked.customer,
            "configuration": portal.id,
            "return_url": asked.back_url,
            "locale": "ko" if asked.language == "ko" else "en",
        }
        if asked.change:
            subscription, plan = asked.change
            item = self._v1.subscriptions.retrieve(subscription)["items"].data[0]
            params["flow_data"] = {
                "type": "subscription_update_confirm",
                "subscription_update_confirm": {
                    "subscription": subscription,
                    "items": [{"id": item.id, "price": self._price(plan).id, "quantity": 1}],
                },
                "after_completion": {"type": "redirect", "redirect": {"return_url": asked.back_url}},
            }
        return self._v1.billing_portal.sessions.create(params).url

    @reachable()
    def fetch(self, customer: str) -> Fetched:
        """Nothing of what another project has made, which may share the Stripe account. Raises OddSubscription."""
        known = self._customer(customer)
        if known is None:
            return Fetched([], gone=True)
        listed = self._v1.subscriptions.list(
            {"customer": customer, "status": "all", "limit": 100, "expand": ["data.schedule"]}
        )
        open_invoices = self._v1.invoices.list({"customer": customer, "status": "open", "limit": 100})
        unpaid = _unpaid_since(open_invoices.auto_paging_iter())
        return Fetched([*self._known(listed.auto_paging_iter(), unpaid)], gone=bool(getattr(known, "deleted", False)))

    @reachable()
    def cancel(self, subscription: str) -> None:
        """Raises NotDone."""
        try:
            self._v1.subscriptions.cancel(subscription)
        except (stripe.InvalidRequestError, stripe.PermissionError, stripe.AuthenticationError) as e:
            # Stripe says of a subscription that is over that there is none
            if e.code != "resource_missing":
                raise NotDone(f"{type(e).__name__} {e.code or e.http_status}") from e

    @reachable()
    def forget(self, customer: str) -> None:
        if self._customer(customer) is None:
            return
        try:
            self._v1.customers.delete(customer)
        except stripe.InvalidRequestError as e:
            if e.code != "resource_missing":
                raise

    @reachable()
    def read_hint(self, body: bytes, headers: Mapping[str, str]) -> Hint:
        """Raises BadSignature. A dispute names a charge and no customer, so Stripe is asked for the charge."""
        if not self._secret.startswith(SECRET_PREFIX):
            raise BadSignature("there is no secret of Stripe's")  # whatever stands in its place, others may know it
        try:
            event = self._client.construct_event(body, headers.get("Stripe-Signature"), self._secret, TOLERANCE)
        except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError, TypeError) as e:
            raise BadSignature(str(e)) from e  # TypeError: of a signature that is no ASCII
        about = event.data.object.to_dict()
        if event.type == "charge.dispute.created":
            about = self._v1.charges.retrieve(about["charge"]).to_dict()
        customer = about["id"] if about["object"] == "customer" else about.get("customer")
        return Hint(event=event.id, kind=event.type, customer=customer if isinstance(customer, str) else None)

    def _customer(self, customer: str) -> stripe.Customer | None:
        """None if there is none, or if it is another project's: records that were copied from another deployment have
        its customers in them."""
        try:
            found = self._v1.customers.retrieve(customer)
        except stripe.InvalidRequestError as e:
            if e.code != "resource_missing":
                raise
            return None
        if self._is_others(getattr(found, "metadata", None)):  # of one who was deleted there is none
            logs.warning("customer-foreign", customer=customer)
            return None
        return found

    def _is_others(self, metadata: Any) -> bool:
        """What has no project was made by hand, for a customer of ours."""
        marks: dict[str, str] = metadata.to_dict() if metadata else {}
        return marks.get(PROJECT, self._project) != self._project

    def _price(self, plan: str) -> stripe.Price:
        found = self._v1.prices.list({"lookup_keys": [lookup_key_of(plan)], "active": True}).data
        if not found:
            raise NotSold(f"Stripe has no active price with the lookup key {lookup_key_of(plan)}")
        return found[0]

    def _known(
        self, subscriptions: Iterable[stripe.Subscription], unpaid: Mapping[str, datetime]
    ) -> Iterator[Subscription]:
        for each in subscriptions:
            plan, end = _plan_and_end(each)
            if plan is None or self._is_others(each.metadata):
                logs.warning("subscription-foreign", subscription=each.id)
                continue
            if each.status not in STATES:
                raise OddSubscription(f"{each.id} is {each.status}")
            state = STATES[each.status]
            yield Subscription(
                subscription=each.id,
                plan=plan,
                state=state,
                created=_moment(each.created),
                period_end=end,
                cancel_at=_moment(each.cancel_at) if each.cancel_at else end if each.cancel_at_period_end else None,
                next_plan=self._next_plan(each),
                unpaid_since=unpaid.get(each.id),
                stopped=_stopped(each, state),
            )

    def _next_plan(self, subscription: stripe.Subscription) -> str | None:
        schedule = subscription.schedule
        if not isinstance(schedule, stripe.SubscriptionSchedule) or schedule.current_phase is None:
            return None
        starts = schedule.current_phase.start_date
        following = [each for each in schedule.phases if each.start_date > starts]
        if not following:
            return None
        first = min(following, key=lambda each: each.start_date).to_dict()
        price = self._v1.prices.retrieve(first["items"][0]["price"])
        return _plan_of(price)


def _plan_and_end(subscription: stripe.Subscription) -> tuple[str | None, datetime]:
    """The plan, None if it is none of ours, and the end of the charged period, which is the items' since 2025-03-31."""
    items: list[stripe.SubscriptionItem] = subscription["items"].data
    plans = [plan for item in items if (plan := _plan_of(item.price))]
    return plans[0] if plans else None, _moment(max(item.current_period_end for item in items))


def _plan_of(price: stripe.Price) -> str | None:
    product = price.product if isinstance(price.product, str) else price.product.id
    return product.removeprefix(PRODUCT_PREFIX) if product.startswith(PRODUCT_PREFIX) else None


def _stopped(subscription: stripe.Subscription, state: SubscriptionState) -> datetime | None:
    if state == SubscriptionState.ENDED and subscription.ended_at:
        return _moment(subscription.ended_at)
    if state == SubscriptionState.PAUSED and subscription.status_details:
        return _moment(subscription.status_details.paused.transitioned_at)
    return None


def _unpaid_since(invoices: Iterable[stripe.Invoice]) -> dict[str, datetime]:
    """When the oldest open invoice of each subscription became due."""
    oldest: dict[str, datetime] = {}
    for invoice in invoices:
        details = invoice.parent.subscription_details if invoice.parent else None
        if details is None:
            continue
        name = details.subscription if isinstance(details.subscription, str) else details.subscription.id
        due = _moment(invoice.status_transitions.finalized_at or invoice.created)
        oldest[name] = min(due, oldest.get(name, due))
    return oldest


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
