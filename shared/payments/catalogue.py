"""What a Stripe account needs before Ondol can sell by it: a product and a price for each plan, a configuration of the
customer portal, and an endpoint for events. Made from the plan table.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import stripe

from shared.billing.payer import is_for_sale, monthly_cents
from shared.billing.plans import PLANS, is_shared
from shared.payments.stripe_client import API_VERSION, CALL_SECONDS, connect
from shared.payments.stripe_provider import EVENTS, MARK, is_of, lookup_key_of, portal_marks, portal_of, product_of

CURRENCY = "usd"
PRICES = "ondol_prices"
"""Names, in the metadata of a portal's configuration, the prices that it offers: its features may be told without."""
FEATURES: Mapping[str, Any] = {
    "customer_update": {"enabled": False},
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
    "subscription_update": {
        "enabled": True,
        "default_allowed_updates": ["price"],
        "proration_behavior": "always_invoice",
        "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
    },
}
"""Of the portal: upgrades are charged and hold at once, downgrades and cancellations hold from the period's end on."""


def set_up(key: str, *, project: str, events_url: str, endpoint: str | None = None) -> str | None:
    """Makes what is missing, and changes what differs. Doing so again changes nothing. Returns the secret of the
    endpoint for events; None if the endpoint was there before: Stripe tells its secret once. `endpoint` is a
    stand-in's. Raises ValueError for what is no key."""
    http = stripe.RequestsClient(timeout=CALL_SECONDS)
    client = connect(key, endpoint, http)
    try:
        prices = prices_of(client)
        for of_team in (False, True):
            portal_for(client, project, prices, of_team=of_team)
        return _events(client, project, events_url)
    finally:
        http.close()  # type: ignore[no-untyped-call]  # of the SDK


def plans_for_sale() -> list[str]:
    return [name for name in PLANS if is_for_sale(name)]


def plans_offered(*, of_team: bool) -> list[str]:
    """Those to which a person, or a team, can change."""
    return [name for name in plans_for_sale() if is_shared(name) == of_team]


# prices


def prices_of(client: stripe.StripeClient) -> dict[str, str]:
    """The id of the price at which each plan is sold now, by plan. Makes those that are missing."""
    return {plan: _price(client, plan) for plan in plans_for_sale()}


def price_of(client: stripe.StripeClient, plan: str) -> stripe.Price | None:
    """The price that has the plan's lookup key."""
    return next(iter(client.v1.prices.list({"lookup_keys": [lookup_key_of(plan)], "active": True}).data), None)


def is_as_planned(plan: str, price: stripe.Price) -> bool:
    return (price.unit_amount, price.currency) == (monthly_cents(plan), CURRENCY)


def make_price(client: stripe.StripeClient, plan: str) -> str:
    """A price never changes: a new one takes the lookup key over, and who pays the old one goes on to. Returns its
    id."""
    try:
        client.v1.products.create({"id": product_of(plan), "name": PLANS[plan].title})
    except stripe.InvalidRequestError as e:
        if e.code != "resource_already_exists":
            raise
    made = client.v1.prices.create(
        {
            "product": product_of(plan),
            "currency": CURRENCY,
            "unit_amount": monthly_cents(plan),
            "recurring": {"interval": "month"},
            "lookup_key": lookup_key_of(plan),
            "transfer_lookup_key": True,
        }
    )
    return made.id


def _price(client: stripe.StripeClient, plan: str) -> str:
    known = price_of(client, plan)
    return known.id if known is not None and is_as_planned(plan, known) else make_price(client, plan)


# the portal


def portal_for(client: stripe.StripeClient, project: str, prices: Mapping[str, str], *, of_team: bool) -> str:
    """The id of the portal's configuration, which offers those of the `prices`, by plan, that are for its payers: what
    a person could change to there and only a team can use would be paid for in vain."""
    known = portal_of(client, project, of_team=of_team)
    offers = {plan: prices[plan] for plan in plans_offered(of_team=of_team)}
    changed: Any = {
        "features": features(offers),
        "metadata": portal_marks(project, of_team=of_team) | {PRICES: offered(offers)},
    }
    configurations = client.v1.billing_portal.configurations
    if known is None:
        return configurations.create(changed).id
    return configurations.update(known.id, changed).id


def offered(prices: Mapping[str, str]) -> str:
    """As it stands in the metadata."""
    return " ".join(prices.values())


def features(prices: Mapping[str, str]) -> dict[str, Any]:
    """Of a portal in which one changes between these prices, by plan."""
    products = [{"product": product_of(plan), "prices": [price]} for plan, price in prices.items()]
    return {**FEATURES, "subscription_update": {**FEATURES["subscription_update"], "products": products}}


# the endpoint for events


def endpoints_of(client: stripe.StripeClient, project: str) -> Iterator[stripe.WebhookEndpoint]:
    """The project's endpoints, the newest first."""
    listed = client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter()
    return (each for each in listed if is_of(project, each.metadata))


def make_endpoint(client: stripe.StripeClient, project: str, url: str) -> stripe.WebhookEndpoint:
    """Only this answer has the endpoint's secret."""
    events, version = _sent(EVENTS), _sent(API_VERSION)
    return client.v1.webhook_endpoints.create(
        {"url": url, "enabled_events": events, "api_version": version, "metadata": {MARK: project}}
    )


def change_endpoint(client: stripe.StripeClient, id: str, url: str) -> None:
    client.v1.webhook_endpoints.update(id, {"url": url, "enabled_events": _sent(EVENTS), "disabled": False})


def _events(client: stripe.StripeClient, project: str, url: str) -> str | None:
    """The endpoint's secret, if it was made now."""
    for each in endpoints_of(client, project):
        if (each.url, sorted(each.enabled_events)) != (url, sorted(EVENTS)):
            change_endpoint(client, each.id, url)
        return None
    return make_endpoint(client, project, url).secret


def _sent(value: Any) -> Any:
    """What the SDK's types spell out as literals."""
    return list(value) if isinstance(value, tuple) else value
