"""Customers."""

import copy
from typing import Any

from stripe.params import CustomerCreateParams, CustomerDeleteParams, CustomerRetrieveParams, CustomerUpdateParams

from local.stripe import cards
from local.stripe.errors import missing
from local.stripe.methods import method
from local.stripe.state import Json
from local.stripe.statuses import end_subscription
from local.stripe.world import World, with_metadata


def new_customer(world: World, clock: str | None, **fields: Any) -> Json:
    customer: Json = {
        "id": world.new_id("customer"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": world.now(clock),
        "currency": None,
        "delinquent": False,
        "description": None,
        "email": None,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": clock,
        **fields,
    }
    return world.put("customer", customer)


@method("POST", "/v1/customers", CustomerCreateParams)
def create_customer(world: World, params: CustomerCreateParams) -> Json:
    clock = params.get("test_clock")
    if clock is not None:
        world.need("test_helpers.test_clock", clock, "test_clock")
    customer = new_customer(
        world,
        clock,
        email=params.get("email"),
        name=params.get("name"),
        metadata=with_metadata({}, params.get("metadata", {})),
        preferred_locales=params.get("preferred_locales", []),
    )
    if "payment_method" in params:
        cards.attach(world, params["payment_method"], customer)
    if "invoice_settings" in params:
        _set_default_card(world, customer, params["invoice_settings"])
    world.emit("customer.created", customer)
    return customer


@method("GET", "/v1/customers/{customer}", CustomerRetrieveParams)
def retrieve_customer(world: World, _params: CustomerRetrieveParams, customer: str) -> Json:
    return world.need("customer", customer)


@method("POST", "/v1/customers/{customer}", CustomerUpdateParams)
def update_customer(world: World, params: CustomerUpdateParams, customer: str) -> Json:
    found = living(world, customer)
    before = copy.deepcopy(found)
    if "email" in params:
        found["email"] = params["email"] or None
    if "name" in params:
        found["name"] = params["name"] or None
    if "preferred_locales" in params:
        found["preferred_locales"] = params["preferred_locales"]
    if "metadata" in params:
        found["metadata"] = with_metadata(found["metadata"], params["metadata"])
    if "invoice_settings" in params:
        _set_default_card(world, found, params["invoice_settings"])
    world.emit("customer.updated", found, before)
    return found


@method("DELETE", "/v1/customers/{customer}", CustomerDeleteParams)
def delete_customer(world: World, _params: CustomerDeleteParams, customer: str) -> Json:
    """Ends the customer's subscriptions at once. What is left of the customer is its id."""
    found = living(world, customer)
    for each in world.all("subscription", customer=customer):
        if each["status"] not in ("canceled", "incomplete_expired"):
            end_subscription(world, each, "cancellation_requested")
    world.emit("customer.deleted", found)
    gone = {"id": customer, "object": "customer", "deleted": True}
    world.put("customer", {**gone, "test_clock": found["test_clock"]})
    return gone


def living(world: World, customer: str, param: str = "") -> Json:
    """The customer. Raises StripeError if it was deleted."""
    found = world.need("customer", customer, param)
    if found.get("deleted"):
        raise missing("customer", customer)
    return found


def _set_default_card(world: World, customer: Json, given: Any) -> None:
    token = given.get("default_payment_method")
    if token is None:
        return
    attached = {each["card"]["last4"]: each["id"] for each in world.all("payment_method", customer=customer["id"])}
    # a test card's name stands for the one that was attached by it
    known = token if world.find("payment_method", token) else attached.get(cards.LAST_DIGITS.get(token, ""))
    card = cards.attach(world, known or token, customer, "invoice_settings[default_payment_method]")
    customer["invoice_settings"]["default_payment_method"] = card["id"]
