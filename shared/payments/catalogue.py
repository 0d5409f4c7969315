"""What a Stripe account needs before Ondol can sell by it: a product and a price for each plan, a configuration of the
customer portal, and an endpoint for events. Made from the plan table; what is there already stays.
"""

from typing import Any

import stripe
from msgspec import Struct

from shared.billing.payer import is_for_sale, monthly_cents
from shared.billing.plans import PLANS
from shared.payments.stripe_provider import API_VERSION, CALL_SECONDS, EVENTS, RETRIES, lookup_key_of, product_of

CURRENCY = "usd"
MARK = "ondol_project"
"""Names, in the metadata of what is ours, the project that it belongs to."""


class SetUp(Struct, frozen=True, kw_only=True):
    """What the functions are to be told of it."""

    portal: str
    """The id of the portal's configuration."""
    webhook_secret: str | None
    """None if the endpoint was there before: Stripe tells its secret once."""


def set_up(key: str, *, project: str, events_url: str, endpoint: str | None = None) -> SetUp:
    """Makes what is missing, and changes what differs. Doing so again changes nothing. `endpoint` is a stand-in's."""
    http = stripe.RequestsClient(timeout=CALL_SECONDS)
    client = stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": endpoint} if endpoint else {},
        max_network_retries=RETRIES,
        http_client=http,
    )
    try:
        prices = prices_of(client)
        return SetUp(portal=portal_of(client, project, prices), webhook_secret=_events(client, project, events_url))
    finally:
        http.close()  # type: ignore[no-untyped-call]  # of the SDK


def prices_of(client: stripe.StripeClient) -> dict[str, str]:
    """The id of the price at which each plan is sold now, by plan."""
    plans = [name for name in PLANS if is_for_sale(name)]
    keys = [lookup_key_of(each) for each in plans]
    listed = client.v1.prices.list({"lookup_keys": keys, "active": True, "limit": 100}).data
    known = {price.lookup_key: price for price in listed}
    return {each: _price(client, each, known.get(lookup_key_of(each))) for each in plans}


def _price(client: stripe.StripeClient, plan: str, known: stripe.Price | None) -> str:
    """A price never changes: a new one takes the lookup key over, and who pays the old one goes on to."""
    cents = monthly_cents(plan)
    if known is not None and (known.unit_amount, known.currency) == (cents, CURRENCY):
        return known.id
    if known is None:
        try:
            client.v1.products.create({"id": product_of(plan), "name": PLANS[plan].title})
        except stripe.InvalidRequestError as e:
            if e.code != "resource_already_exists":
                raise
    made = client.v1.prices.create(
        {
            "product": product_of(plan),
            "currency": CURRENCY,
            "unit_amount": cents,
            "recurring": {"interval": "month"},
            "lookup_key": lookup_key_of(plan),
            "transfer_lookup_key": True,
        }
    )
    return made.id


def portal_of(client: stripe.StripeClient, project: str, prices: dict[str, str]) -> str:
    """Upgrades are charged and hold at once, downgrades and cancellations hold from the period's end on."""
    features: Any = {
        "customer_update": {"enabled": False},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "products": [{"product": product_of(plan), "prices": [price]} for plan, price in prices.items()],
            "proration_behavior": "always_invoice",
            "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
        },
    }
    configurations = client.v1.billing_portal.configurations
    for each in configurations.list({"active": True, "limit": 100}).auto_paging_iter():
        if _is_of(project, each.metadata):
            return configurations.update(each.id, {"features": features}).id
    return configurations.create({"features": features, "metadata": {MARK: project}}).id


def _events(client: stripe.StripeClient, project: str, url: str) -> str | None:
    """The endpoint's secret, if it was made now."""
    events: Any = list(EVENTS)
    endpoints = client.v1.webhook_endpoints
    for each in endpoints.list({"limit": 100}).auto_paging_iter():
        if _is_of(project, each.metadata):
            if (each.url, sorted(each.enabled_events)) != (url, sorted(EVENTS)):
                endpoints.update(each.id, {"url": url, "enabled_events": events})
            return None
    version: Any = API_VERSION
    made = endpoints.create({"url": url, "enabled_events": events, "api_version": version, "metadata": {MARK: project}})
    return made.secret


def _is_of(project: str, metadata: Any) -> bool:
    marks: dict[str, str] = metadata.to_dict() if metadata else {}
    return marks.get(MARK) == project
