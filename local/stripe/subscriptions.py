"""Subscriptions of one item: begun, changed with the part of the price that is due at once, and ended."""

import copy
from typing import Any

from stripe.params import (
    SubscriptionCancelParams,
    SubscriptionCreateParams,
    SubscriptionListParams,
    SubscriptionResumeParams,
    SubscriptionRetrieveParams,
    SubscriptionUpdateParams,
)

from local.stripe import cards, invoices, statuses
from local.stripe.customers import living
from local.stripe.errors import StripeError, not_played
from local.stripe.lists import listed, within
from local.stripe.methods import method
from local.stripe.months import months_after, part
from local.stripe.state import Json
from local.stripe.world import World, with_metadata


def begin(world: World, customer: Json, price: Json, **fields: Any) -> Json:
    """A subscription that waits for its first payment, with its first invoice, open."""
    clock = customer["test_clock"]
    now = world.now(clock)
    name = world.new_id("subscription")
    item: Json = {
        "id": world.new_id("subscription_item"),
        "object": "subscription_item",
        "created": now,
        "current_period_end": months_after(now, 1),
        "current_period_start": now,
        "discounts": [],
        "metadata": {},
        "price": copy.deepcopy(price),
        "quantity": 1,
        "subscription": name,
        "tax_rates": [],
    }
    subscription: Json = {
        "id": name,
        "object": "subscription",
        "billing_cycle_anchor": now,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible", "updated_at": now},
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": price["currency"],
        "customer": customer["id"],
        "default_payment_method": None,
        "description": None,
        "discounts": [],
        "ended_at": None,
        "items": {
            "object": "list",
            "data": [item],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={name}",
        },
        "latest_invoice": None,
        "livemode": False,
        "metadata": {},
        "pause_collection": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": "incomplete",
        "status_details": None,
        "test_clock": clock,
        "trial_end": None,
        "trial_start": None,
        **fields,
    }
    world.put("subscription", subscription)
    period = (item["current_period_start"], item["current_period_end"])
    lines = [invoices.line(world, subscription, price, price["unit_amount"], period, part=False)]
    invoice = invoices.new_invoice(world, subscription, lines, "subscription_create")
    invoices.finalize(world, invoice)
    world.emit("customer.subscription.created", subscription)
    return subscription


def for_sale(world: World, name: str, param: str) -> Json:
    """The price. Raises StripeError if it is inactive, or another one than those that are played."""
    price = world.need("price", name, param)
    if not price["active"] or not world.need("product", price["product"])["active"]:
        detail = f"The price specified is inactive. This field only accepts active prices. ({name})"
        raise StripeError(detail, param=param)
    return price


@method("POST", "/v1/subscriptions", SubscriptionCreateParams)
def create_subscription(world: World, params: SubscriptionCreateParams) -> Json:
    customer = living(world, params.get("customer", ""), "customer")
    items = params.get("items", [])
    if len(items) != 1 or items[0].get("quantity", 1) != 1:
        raise not_played("subscriptions of other than one item")
    price = for_sale(world, items[0].get("price", ""), "items[0][price]")
    card = params.get("default_payment_method")
    subscription = begin(
        world,
        customer,
        price,
        metadata=with_metadata({}, params.get("metadata", {})),
        default_payment_method=cards.attach(world, card, customer)["id"] if card else None,
    )
    behavior = params.get("payment_behavior", "allow_incomplete")
    if behavior == "pending_if_incomplete":
        raise StripeError("`pending_if_incomplete` can't be used when a subscription is created.")
    if behavior != "default_incomplete":
        invoice = world.need("invoice", subscription["latest_invoice"])
        failure = invoices.attempt(world, invoice, present=not params.get("off_session", False))
        if failure and behavior == "error_if_incomplete":
            raise failure
    return subscription


@method("GET", "/v1/subscriptions/{subscription}", SubscriptionRetrieveParams)
def retrieve_subscription(world: World, _params: SubscriptionRetrieveParams, subscription: str) -> Json:
    return world.need("subscription", subscription)


@method("GET", "/v1/subscriptions", SubscriptionListParams)
def list_subscriptions(world: World, params: SubscriptionListParams) -> Json:
    """Without a status, those that are not canceled."""
    customer, price, status = params.get("customer"), params.get("price"), params.get("status")
    clock = params.get("test_clock")

    def has_status(each: Json) -> bool:
        match status:
            case None:
                return bool(each["status"] != "canceled")
            case "all":
                return True
            case "ended":
                return each["status"] in statuses.OVER
            case _:
                return bool(each["status"] == status)

    found = (
        each
        for each in within(world.all("subscription"), "created", params.get("created"))
        if (customer is None or each["customer"] == customer)
        and (price is None or each["items"]["data"][0]["price"]["id"] == price)
        and (clock is None or each["test_clock"] == clock)
        and has_status(each)
    )
    return listed(found, params, "/v1/subscriptions")


@method("POST", "/v1/subscriptions/{subscription}", SubscriptionUpdateParams)
def update_subscription(world: World, params: SubscriptionUpdateParams, subscription: str) -> Json:
    found = running(world, subscription)
    before = copy.deepcopy(found)
    if "metadata" in params:
        found["metadata"] = with_metadata(found["metadata"], params["metadata"])
    if "default_payment_method" in params:
        customer = world.need("customer", found["customer"])
        found["default_payment_method"] = cards.attach(world, params["default_payment_method"], customer)["id"]
    if "cancel_at_period_end" in params or "cancel_at" in params:
        _check_unscheduled(found)
        if found["status"] == "incomplete":
            raise StripeError("A subscription in `incomplete` status can't be canceled at a later time.")
    if "cancel_at_period_end" in params:
        end_later(world, found, params["cancel_at_period_end"])
    elif "cancel_at" in params:
        found.update(cancel_at=_end(world, found, params["cancel_at"]), cancel_at_period_end=False)
        found["canceled_at"] = None if found["cancel_at"] is None else world.now(found["test_clock"])
    proration = params.get("proration_behavior", "create_prorations")
    behavior = params.get("payment_behavior", "allow_incomplete")
    if "items" in params:
        items = params["items"]
        if len(items) != 1 or items[0].get("id") != found["items"]["data"][0]["id"] or items[0].get("quantity", 1) != 1:
            raise not_played("subscriptions of other than one item")
        price = for_sale(world, items[0].get("price", ""), "items[0][price]")
        if proration == "create_prorations":
            raise not_played("parts of a price that are charged with the next invoice")
        if behavior not in ("allow_incomplete", "error_if_incomplete"):
            raise not_played(f"payment_behavior={behavior} for changed items")
        failure = change_price(world, found, price, charged=proration == "always_invoice", before=before)
        if failure and behavior == "error_if_incomplete":
            raise failure
    else:
        world.emit("customer.subscription.updated", found, before)
    return found


@method("POST", "/v1/subscriptions/{subscription}/resume", SubscriptionResumeParams)
def resume_subscription(world: World, params: SubscriptionResumeParams, subscription: str) -> Json:
    found = running(world, subscription)
    if found["status"] != "paused":
        raise StripeError("Only a subscription that is paused can be resumed.")
    anchor = params.get("billing_cycle_anchor", {"type": "now"})
    if anchor["type"] != "unchanged" or params.get("proration_behavior") != "none":
        raise not_played("a resumption with an invoice of its own")
    statuses.resume(world, found)
    return found


@method("DELETE", "/v1/subscriptions/{subscription}", SubscriptionCancelParams)
def cancel_subscription(world: World, params: SubscriptionCancelParams, subscription: str) -> Json:
    found = running(world, subscription)
    if params.get("prorate", False) or params.get("invoice_now", False):
        raise not_played("credit for what is left of the period")
    statuses.end_subscription(world, found, "cancellation_requested")
    return found


def running(world: World, name: str) -> Json:
    """The subscription. Raises StripeError if it is over: Stripe then says that there is none."""
    found = world.need("subscription", name)
    if found["status"] in statuses.OVER:
        raise StripeError(f"No such subscription: '{name}'", status=404, code="resource_missing", param="id")
    return found


def change_price(world: World, subscription: Json, price: Json, *, charged: bool, before: Json) -> StripeError | None:
    """Changes the item at once. With `charged` the customer is charged for what is left of the period at the new price,
    less what was paid for it; returns what that failed with. `before` is the subscription before the request."""
    item = subscription["items"]["data"][0]
    old, now = item["price"], world.now(subscription["test_clock"])
    start, end = item["current_period_start"], item["current_period_end"]
    item["price"] = copy.deepcopy(price)
    if not charged or old["id"] == price["id"]:
        world.emit("customer.subscription.updated", subscription, before)
        return None
    rest = (now, end)
    lines = [
        invoices.line(world, subscription, old, -part(old["unit_amount"], start, end, now), rest, part=True),
        invoices.line(world, subscription, price, part(price["unit_amount"], start, end, now), rest, part=True),
    ]
    invoice = invoices.new_invoice(world, subscription, lines, "subscription_update")
    world.emit("customer.subscription.updated", subscription, before)
    invoices.finalize(world, invoice)
    return invoices.attempt(world, invoice, present=True)


def end_later(world: World, subscription: Json, asked: bool) -> None:
    """As the API and the Dashboard ask for the end of a subscription with its period, or take that back."""
    end = subscription["items"]["data"][0]["current_period_end"]
    subscription.update(
        cancel_at_period_end=asked,
        cancel_at=end if asked else None,
        canceled_at=world.now(subscription["test_clock"]) if asked else None,
    )


def _end(world: World, subscription: Json, asked: Any) -> int | None:
    if asked == "":
        return None
    end: int = subscription["items"]["data"][0]["current_period_end"]
    if asked in ("min_period_end", "max_period_end"):
        return end
    if asked != end:
        raise not_played("an end that is not the period's")
    return end


def _check_unscheduled(subscription: Json) -> None:
    if subscription["schedule"] is not None:
        detail = f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and updating "
        raise StripeError(
            f"{detail}any cancelation behavior directly is not allowed. Please update the schedule instead."
        )
