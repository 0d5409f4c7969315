"""What Ondol sells by, in the operator's Stripe account. Without a key of Stripe's there are no such rows, and the
account is left as it is.
"""

from functools import cache

import stripe

from deploy.deployment import Deployment
from deploy.kinds.stripe_account import Events, Portal, Price
from deploy.reconciler.resource import Output, Resource
from deploy.resources.images import service_id
from deploy.resources.secrets import EVENTS_ROW, STRIPE_KEY, STRIPE_WEBHOOK_SECRET, secret_name
from shared.billing.payer import monthly_cents
from shared.billing.plans import PLANS
from shared.gcp import emulators
from shared.payments.catalogue import CURRENCY, FEATURES, plans_for_sale, plans_offered
from shared.payments.stripe_client import API_VERSION, CALL_SECONDS, connect
from shared.payments.stripe_provider import EVENTS

PRODUCTS, PORTALS = "https://dashboard.stripe.com/products", "https://dashboard.stripe.com/settings/billing/portal"


def payments(deployment: Deployment, client: stripe.StripeClient | None = None) -> list[Resource]:
    """A price for each plan, the portals that offer them, and the endpoint for events."""
    if not deployment.stripe_key:
        return []
    client = client or _client(deployment.stripe_key)
    prices = [_price(client, plan) for plan in plans_for_sale()]
    portals = [_portal(client, deployment, of_team=of_team) for of_team in (False, True)]
    return [*prices, *portals, _events(client, deployment)]


@cache
def _client(key: str) -> stripe.StripeClient:
    return connect(key, emulators.stripe_endpoint(), stripe.RequestsClient(timeout=CALL_SECONDS))


def price_row(plan: str) -> str:
    return f"Stripe price {plan}"


def _price(client: stripe.StripeClient, plan: str) -> Resource:
    return Resource(
        id=price_row(plan),
        kind=Price(client=client),
        name=plan,
        body={"unit_amount": monthly_cents(plan), "currency": CURRENCY},
        why=f"is what members pay for {PLANS[plan].title} each month",
        needs=(f"key {STRIPE_KEY}",),
        holds_data=True,
        removed_by=f"who subscribed goes on being charged until you cancel it; archive the price at {PRODUCTS}",
    )


def _portal(client: stripe.StripeClient, deployment: Deployment, *, of_team: bool) -> Resource:
    offered = plans_offered(of_team=of_team)
    return Resource(
        id=f"Stripe portal for {'teams' if of_team else 'persons'}",
        kind=Portal(client=client, of_team=of_team),
        name=deployment.project,
        body={"features": dict(FEATURES), "prices": {plan: Output(price_row(plan), "id") for plan in offered}},
        why=f"is where {'teams' if of_team else 'members'} change and cancel what they pay for",
        needs=(f"key {STRIPE_KEY}",),
        holds_data=True,
        removed_by=f"Stripe deletes none, and nobody is led to it any more; its settings: {PORTALS}",
    )


def _events(client: stripe.StripeClient, deployment: Deployment) -> Resource:
    return Resource(
        id=EVENTS_ROW,
        kind=Events(client=client, secret=secret_name(deployment, STRIPE_WEBHOOK_SECRET)),
        name=deployment.project,
        body={
            "url": deployment.service_url(service_id("payment_events")),
            "enabled_events": sorted(EVENTS),
            "api_version": API_VERSION,
            "status": "enabled",
        },
        why="tells Ondol that somebody has paid, or has not",
        needs=(f"key {STRIPE_KEY}", f"key {STRIPE_WEBHOOK_SECRET}"),
    )
