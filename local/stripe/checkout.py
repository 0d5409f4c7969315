"""Checkout sessions that sell a subscription, and what comes of their hosted page."""

from typing import Any

from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionLineItemListParams,
    SessionListParams,
    SessionRetrieveParams,
)

from local.stripe import cards, invoices
from local.stripe.customers import living, new_customer
from local.stripe.errors import StripeError, not_played
from local.stripe.lists import listed, within
from local.stripe.methods import method
from local.stripe.months import DAY, HOUR
from local.stripe.state import Json
from local.stripe.subscriptions import begin, for_sale
from local.stripe.world import World, with_metadata

KIND = "checkout.session"
PATH = "/v1/checkout/sessions"
DELAYED = "bank_debit"
"""On the hosted page: a way of paying of which the bank tells days later whether it worked."""


@method("POST", PATH, SessionCreateParams)
def create_session(world: World, params: SessionCreateParams) -> Json:
    if params.get("mode") != "subscription":
        raise not_played("Checkout in another mode than subscription")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_played("Checkout within another page")
    if "success_url" not in params:
        raise StripeError("Missing required param: success_url.", code="parameter_missing", param="success_url")
    if "customer" in params and "customer_email" in params:
        raise StripeError("You may only specify one of these parameters: customer, customer_email.")
    customer = living(world, params["customer"], "customer") if "customer" in params else None
    items = params.get("line_items", [])
    if len(items) != 1 or items[0].get("quantity") != 1:
        raise not_played("Checkout with other than one item")
    price = for_sale(world, items[0].get("price", ""), "line_items[0][price]")
    clock = customer["test_clock"] if customer else None
    now = world.now(clock)
    expires = params.get("expires_at", now + DAY)
    if not now + HOUR // 2 <= expires <= now + DAY:
        detail = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
        raise StripeError(detail, param="expires_at")
    managed = params.get("managed_payments", {}).get("enabled", False)
    data: Any = params.get("subscription_data", {})
    name = world.new_id(KIND)
    session: Json = {
        "id": name,
        "object": KIND,
        "amount_subtotal": price["unit_amount"],
        "amount_total": price["unit_amount"],
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": now,
        "currency": price["currency"],
        "customer": customer["id"] if customer else None,
        "customer_email": params.get("customer_email"),
        "expires_at": expires,
        "invoice": None,
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": {"enabled": managed},
        "metadata": with_metadata({}, params.get("metadata", {})),
        "mode": "subscription",
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "subscription": None,
        "success_url": params["success_url"],
        "ui_mode": "hosted_page",
        "url": f"{world.url}/c/pay/{name}",
    }
    world.state.sold[name] = {
        "price": price["id"],
        "quantity": items[0]["quantity"],
        "metadata": with_metadata({}, data.get("metadata", {})),
    }
    return world.put(KIND, session)


@method("GET", PATH + "/{session}", SessionRetrieveParams)
def retrieve_session(world: World, _params: SessionRetrieveParams, session: str) -> Json:
    return world.need(KIND, session)


@method("GET", PATH, SessionListParams)
def list_sessions(world: World, params: SessionListParams) -> Json:
    customer, status = params.get("customer"), params.get("status")
    subscription = params.get("subscription")
    found = (
        each
        for each in within(world.all(KIND), "created", params.get("created"))
        if (customer is None or each["customer"] == customer)
        and (status is None or each["status"] == status)
        and (subscription is None or each["subscription"] == subscription)
    )
    return listed(found, params, PATH)


@method("POST", PATH + "/{session}/expire", SessionExpireParams)
def expire(world: World, _params: SessionExpireParams, session: str) -> Json:
    found = world.need(KIND, session)
    if found["status"] != "open":
        detail = f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {found["status"]}.'
        raise StripeError(detail)
    expire_session(world, found)
    return found


@method("GET", PATH + "/{session}/line_items", SessionLineItemListParams)
def list_line_items(world: World, params: SessionLineItemListParams, session: str) -> Json:
    """The one of the session, of which the page sells one."""
    price = price_of(world, world.need(KIND, session))
    item = {
        "id": f"li_{session.removeprefix('cs_')}",
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": price["unit_amount"],
        "amount_tax": 0,
        "amount_total": price["unit_amount"],
        "currency": price["currency"],
        "description": world.need("product", price["product"])["name"],
        "price": price,
        "quantity": world.state.sold[session]["quantity"],
    }
    return listed([item], params, f"{PATH}/{session}/line_items")


def expire_session(world: World, session: Json) -> None:
    session.update(status="expired", url=None)
    world.emit("checkout.session.expired", session)


def price_of(world: World, session: Json) -> Json:
    return world.need("price", world.state.sold[session["id"]]["price"])


def pay(world: World, session: Json, means: str) -> str:
    """The customer pays on the hosted page, with a test card or DELAYED. Returns where the browser goes. Raises
    StripeError for a declined card, and nothing has happened then."""
    if session["status"] != "open":
        raise StripeError(f"This page can't be paid on: it is {session['status']}.")
    found = world.find("customer", session["customer"]) if session["customer"] else None
    customer = found or new_customer(world, None, email=session["customer_email"])
    if found is None:
        world.emit("customer.created", customer)
    card = None if means == DELAYED else cards.attach(world, means, customer)["id"]
    sold = world.state.sold[session["id"]]
    price = world.need("price", sold["price"])
    subscription = begin(world, customer, price, metadata=sold["metadata"], default_payment_method=card)
    invoice = world.need("invoice", subscription["latest_invoice"])
    if card is not None and (failure := invoices.attempt(world, invoice, present=True)):
        raise failure
    session.update(
        customer=customer["id"],
        invoice=invoice["id"],
        payment_status="unpaid" if card is None else "paid",
        status="complete",
        subscription=subscription["id"],
        url=None,
    )
    world.emit("checkout.session.completed", session)
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def bank_answers(world: World, session: Json, *, worked: bool) -> None:
    """The bank tells whether a delayed payment has worked."""
    if session["status"] != "complete" or session["payment_status"] != "unpaid":
        raise StripeError("This session waits for no bank.")
    invoice = world.need("invoice", session["invoice"])
    if worked:
        invoices.settle(world, invoice)
        session["payment_status"] = "paid"
        world.emit("checkout.session.async_payment_succeeded", session)
    else:
        world.emit("invoice.payment_failed", invoice)
        world.emit("checkout.session.async_payment_failed", session)
