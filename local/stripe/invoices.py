"""Invoices: made with a period or an upgrade, finalized, paid or tried again."""

from collections.abc import Sequence

from stripe.params import InvoiceListParams, InvoicePayParams, InvoiceRetrieveParams, InvoiceVoidInvoiceParams

from local.stripe import cards, statuses
from local.stripe.errors import StripeError
from local.stripe.lists import listed, within
from local.stripe.methods import method
from local.stripe.months import DAY, HOUR
from local.stripe.state import Json
from local.stripe.world import World


def line(world: World, subscription: Json, price: Json, amount: int, period: tuple[int, int], *, part: bool) -> Json:
    """A line of an invoice. `part`: for a part of a period."""
    item = subscription["items"]["data"][0]
    details = {"invoice_item": None, "proration": part, "subscription": subscription["id"]}
    return {
        "id": world.new_id("line_item"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": f"{'Part of' if part else 'A month of'} {world.need('product', price['product'])['name']}",
        "discount_amounts": [],
        "discountable": not part,
        "discounts": [],
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {**details, "subscription_item": item["id"]},
            "type": "subscription_item_details",
        },
        "period": {"start": period[0], "end": period[1]},
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": 1,
        "subtotal": amount,
        "taxes": [],
    }


def new_invoice(world: World, subscription: Json, lines: Sequence[Json], reason: str) -> Json:
    """A draft, which is finalized and tried an hour later unless somebody does so before."""
    clock = subscription["test_clock"]
    now, customer = world.now(clock), world.need("customer", subscription["customer"])
    advances = subscription["status"] != "unpaid"
    total = sum(each["amount"] for each in lines)
    name = world.new_id("invoice")
    invoice: Json = {
        "id": name,
        "object": "invoice",
        "amount_due": max(0, total),
        "amount_paid": 0,
        "amount_remaining": max(0, total),
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": advances,
        "automatically_finalizes_at": now + HOUR if advances else None,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": subscription["currency"],
        "customer": customer["id"],
        "customer_email": customer["email"],
        "default_payment_method": None,
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "lines": {"object": "list", "data": list(lines), "has_more": False, "url": f"/v1/invoices/{name}/lines"},
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": now + HOUR if advances else None,
        "number": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": subscription["metadata"], "subscription": subscription["id"]},
            "type": "subscription_details",
        },
        "period_end": now,
        "period_start": now,
        "starting_balance": customer["balance"],
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
        "subtotal": total,
        "test_clock": clock,
        "total": total,
    }
    world.put("invoice", invoice)
    subscription["latest_invoice"] = name
    world.emit("invoice.created", invoice)
    return invoice


def finalize(world: World, invoice: Json) -> None:
    """The customer's credit is used, or gets what an invoice is below zero."""
    now, customer = world.now(invoice["test_clock"]), world.need("customer", invoice["customer"])
    balance, total = customer["balance"], invoice["total"]
    used = total if total < 0 else min(total, -balance)
    customer["balance"] = balance + used
    number = sum(1 for each in world.all("invoice", customer=customer["id"]) if each["number"]) + 1
    invoice.update(
        amount_due=max(0, total) - max(0, used),
        amount_remaining=max(0, total) - max(0, used),
        automatically_finalizes_at=None,
        effective_at=now,
        ending_balance=customer["balance"],
        hosted_invoice_url=f"{world.url}/i/{invoice['id']}",
        invoice_pdf=f"{world.url}/i/{invoice['id']}/pdf",
        next_payment_attempt=None,
        number=f"{customer['id'][4:12].upper()}-{number:04}",
        starting_balance=balance,
        status="open",
    )
    invoice["status_transitions"]["finalized_at"] = now
    world.emit("invoice.finalized", invoice)


def attempt(
    world: World, invoice: Json, *, present: bool, card: str | None = None, scheduled: bool = False
) -> StripeError | None:
    """Charges an open invoice. Returns what it failed with, None if it is paid. `present`: the customer is there and
    can be asked by the bank. `scheduled`: by Stripe's own schedule."""
    subscription = _subscription_of(world, invoice)
    customer = world.need("customer", invoice["customer"])
    default = customer["invoice_settings"]["default_payment_method"]
    used = card or subscription["default_payment_method"] or default
    failure = cards.charge(world, used, present=present) if invoice["amount_due"] else None
    first = not invoice["attempted"]
    invoice["attempted"] = True
    invoice["attempt_count"] += 1 if first or scheduled else 0
    if failure is None:
        settle(world, invoice)
        return None
    final = _plan_retry(world, invoice, first=first)
    world.emit("invoice.payment_failed", invoice)
    if failure.body["error"].get("code") == "authentication_required":
        world.emit("invoice.payment_action_required", invoice)
    if subscription["status"] == "active":
        statuses.change(world, subscription, status="past_due")
    if final and scheduled and subscription["status"] == "past_due":
        _after_retries(world, subscription)
    return failure


def settle(world: World, invoice: Json) -> None:
    """The invoice is paid, and its subscription no longer waits for it."""
    now = world.now(invoice["test_clock"])
    amount = invoice["amount_due"]
    invoice.update(amount_paid=amount, amount_remaining=0, auto_advance=False, next_payment_attempt=None, status="paid")
    invoice["status_transitions"]["paid_at"] = now
    world.emit("invoice.paid", invoice)
    world.emit("invoice.payment_succeeded", invoice)
    subscription = _subscription_of(world, invoice)
    waits = any(
        each["parent"]["subscription_details"]["subscription"] == subscription["id"]
        for each in world.all("invoice", status="open")
    )
    if subscription["status"] == "incomplete" or (subscription["status"] in ("past_due", "unpaid") and not waits):
        statuses.change(world, subscription, status="active")


def _plan_retry(world: World, invoice: Json, *, first: bool) -> bool:
    """When the next attempt is due. Returns True if there is none."""
    now, days = world.now(invoice["test_clock"]), world.settings.retry_days
    if invoice["billing_reason"] == "subscription_create" or not invoice["auto_advance"]:
        invoice["next_payment_attempt"] = None  # the first invoice waits for its customer
        return False
    begun = now if first else invoice["status_transitions"]["finalized_at"]
    times = [begun + day * DAY for day in days if begun + day * DAY > now]
    invoice["next_payment_attempt"] = min(times, default=None)
    return not times


def _after_retries(world: World, subscription: Json) -> None:
    match world.settings.after_retries:
        case "cancel":
            statuses.end_subscription(world, subscription, "payment_failed")
        case "unpaid":
            statuses.change(world, subscription, status="unpaid")
        case "pause":
            statuses.pause(world, subscription, "final_payment_failure")
        case _:
            pass  # it stays past_due


def _subscription_of(world: World, invoice: Json) -> Json:
    return world.need("subscription", invoice["parent"]["subscription_details"]["subscription"])


@method("GET", "/v1/invoices/{invoice}", InvoiceRetrieveParams)
def retrieve_invoice(world: World, _params: InvoiceRetrieveParams, invoice: str) -> Json:
    return world.need("invoice", invoice)


@method("GET", "/v1/invoices", InvoiceListParams)
def list_invoices(world: World, params: InvoiceListParams) -> Json:
    customer, subscription, status = params.get("customer"), params.get("subscription"), params.get("status")
    found = (
        each
        for each in within(world.all("invoice"), "created", params.get("created"))
        if (customer is None or each["customer"] == customer)
        and (subscription is None or each["parent"]["subscription_details"]["subscription"] == subscription)
        and (status is None or each["status"] == status)
    )
    return listed(found, params, "/v1/invoices")


@method("POST", "/v1/invoices/{invoice}/pay", InvoicePayParams)
def pay_invoice(world: World, params: InvoicePayParams, invoice: str) -> Json:
    found = world.need("invoice", invoice)
    if found["status"] not in ("draft", "open"):
        raise StripeError(f"Invoice is already {found['status']}.", code="invoice_already_paid")
    card = None
    if "payment_method" in params:
        customer = world.need("customer", found["customer"])
        card = cards.attach(world, params["payment_method"], customer)["id"]
    if found["status"] == "draft":
        finalize(world, found)
    failure = attempt(world, found, present=not params.get("off_session", True), card=card)
    if failure is not None:
        failure.kept = True
        raise failure
    return found


@method("POST", "/v1/invoices/{invoice}/void", InvoiceVoidInvoiceParams)
def void_invoice(world: World, _params: InvoiceVoidInvoiceParams, invoice: str) -> Json:
    found = world.need("invoice", invoice)
    if found["status"] != "open":
        raise StripeError("You can only pass in open invoices. This invoice isn't open.")
    found.update(status="void", auto_advance=False, next_payment_attempt=None)
    found["status_transitions"]["voided_at"] = world.now(found["test_clock"])
    world.emit("invoice.voided", found)
    return found
