"""The customer portal: its configurations and sessions, and what its hosted page does."""

import copy
from typing import Any

from stripe.params.billing_portal import (
    ConfigurationCreateParams,
    ConfigurationListParams,
    ConfigurationRetrieveParams,
    ConfigurationUpdateParams,
    SessionCreateParams,
)

from local.stripe import cards, invoices, schedules, statuses
from local.stripe.customers import living
from local.stripe.errors import StripeError, not_played
from local.stripe.lists import listed
from local.stripe.methods import method
from local.stripe.months import part
from local.stripe.state import Json
from local.stripe.subscriptions import change_price, running
from local.stripe.world import World, with_metadata

KIND, CONFIGURATION = "billing_portal.session", "billing_portal.configuration"
PATH = "/v1/billing_portal/configurations"
FEATURES: dict[str, Json] = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False},
    "subscription_cancel": {"enabled": False, "mode": "at_period_end", "proration_behavior": "none"},
    "subscription_update": {
        "default_allowed_updates": [],
        "enabled": False,
        "products": [],
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
    },
}


@method("POST", PATH, ConfigurationCreateParams)
def create_configuration(world: World, params: ConfigurationCreateParams) -> Json:
    now = world.now()
    configuration: Json = {
        "id": world.new_id(CONFIGURATION),
        "object": CONFIGURATION,
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "created": now,
        "default_return_url": params.get("default_return_url"),
        "features": _features(world, FEATURES, params["features"]),
        "is_default": not any(world.all(CONFIGURATION)),
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": with_metadata({}, params.get("metadata", {})),
        "updated": now,
    }
    if "business_profile" in params:
        configuration["business_profile"].update(_plain(params["business_profile"]))
    return world.put(CONFIGURATION, configuration)


@method("POST", PATH + "/{configuration}", ConfigurationUpdateParams)
def update_configuration(world: World, params: ConfigurationUpdateParams, configuration: str) -> Json:
    found = world.need(CONFIGURATION, configuration)
    if "features" in params:
        found["features"] = _features(world, found["features"], params["features"])
    if "default_return_url" in params:
        found["default_return_url"] = params["default_return_url"] or None
    if "active" in params:
        found["active"] = params["active"]
    if "metadata" in params:
        found["metadata"] = with_metadata(found["metadata"], params["metadata"])
    if "business_profile" in params:
        found["business_profile"].update(_plain(params["business_profile"]))
    found["updated"] = world.now()
    return found


@method("GET", PATH + "/{configuration}", ConfigurationRetrieveParams)
def retrieve_configuration(world: World, _params: ConfigurationRetrieveParams, configuration: str) -> Json:
    return world.need(CONFIGURATION, configuration)


@method("GET", PATH, ConfigurationListParams)
def list_configurations(world: World, params: ConfigurationListParams) -> Json:
    active = params.get("active")
    found = (each for each in world.all(CONFIGURATION) if active is None or each["active"] == active)
    return listed(found, params, PATH)


@method("POST", "/v1/billing_portal/sessions", SessionCreateParams)
def create_session(world: World, params: SessionCreateParams) -> Json:
    customer = living(world, params.get("customer", ""), "customer")
    given = params.get("configuration")
    configuration = world.need(CONFIGURATION, given, "configuration") if given else _default(world)
    name = world.new_id(KIND)
    session: Json = {
        "id": name,
        "object": KIND,
        "configuration": configuration["id"],
        "created": world.now(),
        "customer": customer["id"],
        "flow": _flow(world, customer, configuration, params["flow_data"]) if "flow_data" in params else None,
        "livemode": False,
        "locale": params.get("locale"),
        "on_behalf_of": None,
        "return_url": params.get("return_url", configuration["default_return_url"]),
        "url": f"{world.url}/p/session/{name}",
    }
    return world.put(KIND, session)


def _flow(world: World, customer: Json, configuration: Json, given: Any) -> Json:
    """A session that leads to one thing only."""
    kind = given["type"]
    flow: Json = {"type": kind, "after_completion": _plain(given.get("after_completion", {"type": "portal_homepage"}))}
    match kind:
        case "payment_method_update":
            return flow
        case "subscription_cancel":
            flow[kind] = {"subscription": _own(world, customer, given[kind]["subscription"])["id"]}
            return flow
        case "subscription_update_confirm":
            asked = given[kind]
            subscription = _own(world, customer, asked["subscription"])
            items = asked["items"]
            if len(items) != 1 or items[0]["id"] != subscription["items"]["data"][0]["id"]:
                raise not_played("subscriptions of other than one item")
            price = items[0].get("price", "")
            check_offered(configuration, price)
            flow[kind] = {
                "discounts": None,
                "items": [{"id": items[0]["id"], "price": price, "quantity": items[0].get("quantity", 1)}],
                "subscription": subscription["id"],
            }
            return flow
    raise not_played(f"the portal's flow {kind}")


def check_offered(configuration: Json, price: str) -> None:
    """Raises StripeError unless the portal lets customers change to the price."""
    feature = configuration["features"]["subscription_update"]
    if not feature["enabled"] or price not in [each for product in feature["products"] for each in product["prices"]]:
        detail = f"The price `{price}` is not in the portal configuration's subscription_update products."
        raise StripeError(detail, param="flow_data[subscription_update_confirm][items][0][price]")


def change_plan(world: World, configuration: Json, subscription: Json, price: Json) -> None:
    """As the portal's page does: charged at once, or at the period's end if the configuration says so of what costs
    less. Raises StripeError for a declined card, and nothing is changed then."""
    check_offered(configuration, price["id"])
    if subscription["status"] not in ("active", "past_due"):
        raise StripeError("This subscription can't be changed now.")
    if subscription["schedule"] is not None:
        raise StripeError("A change is scheduled already. Take it back first.")
    feature = configuration["features"]["subscription_update"]
    old = subscription["items"]["data"][0]["price"]
    conditions = [each["type"] for each in feature["schedule_at_period_end"]["conditions"]]
    if price["unit_amount"] < old["unit_amount"] and "decreasing_item_amount" in conditions:
        schedules.follow_with(world, schedules.from_subscription(world, subscription), price["id"])
        return
    charged = feature["proration_behavior"] == "always_invoice"
    failure = change_price(world, subscription, price, charged=charged, before=copy.deepcopy(subscription))
    if failure:
        raise failure


def cancel(world: World, configuration: Json, subscription: Json) -> None:
    """As the portal's page does. In flexible mode it sets `cancel_at` alone
    (https://docs.stripe.com/billing/subscriptions/billing-mode/compare)."""
    feature = configuration["features"]["subscription_cancel"]
    if not feature["enabled"]:
        raise StripeError("The portal's configuration does not let customers cancel.")
    schedules.release(world, subscription)
    if feature["mode"] == "immediately":
        statuses.end_subscription(world, subscription, "cancellation_requested")
        return
    end, now = subscription["items"]["data"][0]["current_period_end"], world.now(subscription["test_clock"])
    details = {**subscription["cancellation_details"], "reason": "cancellation_requested"}
    statuses.change(world, subscription, cancel_at=end, canceled_at=now, cancellation_details=details)


def renew(world: World, subscription: Json) -> None:
    """The customer takes a cancellation or a scheduled change back."""
    schedules.release(world, subscription)
    statuses.change(world, subscription, cancel_at=None, cancel_at_period_end=False, canceled_at=None)


def change_card(world: World, customer: Json, token: str) -> None:
    """The card that everything is charged to from now on. Open invoices are not tried by that."""
    card = cards.attach(world, token, customer)["id"]
    before = copy.deepcopy(customer)
    customer["invoice_settings"]["default_payment_method"] = card
    for each in world.all("subscription", customer=customer["id"]):
        if each["status"] not in statuses.OVER:
            statuses.change(world, each, default_payment_method=card)
    world.emit("customer.updated", customer, before)


def pay(world: World, invoice: Json) -> None:
    """Raises StripeError for a declined card."""
    if invoice["status"] != "open":
        raise StripeError(f"This invoice is {invoice['status']}.")
    failure = invoices.attempt(world, invoice, present=True)
    if failure:
        failure.kept = True
        raise failure


def due_now(world: World, subscription: Json, price: Json) -> int:
    """What a change to the price costs now, in the smallest unit."""
    item = subscription["items"]["data"][0]
    now = world.now(subscription["test_clock"])
    period = (item["current_period_start"], item["current_period_end"], now)
    return part(price["unit_amount"], *period) - part(item["price"]["unit_amount"], *period)


def _own(world: World, customer: Json, name: str) -> Json:
    subscription = running(world, name)
    if subscription["customer"] != customer["id"]:
        raise StripeError("The subscription belongs to another customer.", param="flow_data")
    return subscription


def _default(world: World) -> Json:
    for each in world.all(CONFIGURATION, is_default=True):
        return each
    detail = "You can't create a portal session in test mode until you save your customer portal settings in test mode."
    raise StripeError(detail)


def _features(world: World, known: Json, given: Any) -> Json:
    features = copy.deepcopy(known)
    for name, asked in _plain(given).items():
        if name not in features:
            raise not_played(f"the portal's feature {name}")
        if unknown := asked.keys() - features[name].keys():
            raise not_played(f"features[{name}][{min(unknown)}]")
        features[name].update(asked)
    for product in features["subscription_update"]["products"]:
        for price in product["prices"]:
            if world.need("price", price, "features[subscription_update][products]")["product"] != product["product"]:
                raise StripeError(f"The price `{price}` belongs to another product.")
        product.setdefault("adjustable_quantity", {"enabled": False, "maximum": None, "minimum": 1})
    return features


def _plain(given: Any) -> Any:
    """All of it, read."""
    if isinstance(given, dict):
        return {name: _plain(given[name]) for name in given}
    return [_plain(each) for each in given] if isinstance(given, list) else given
