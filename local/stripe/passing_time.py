"""What time brings: periods begin, invoices are charged, checkouts and first payments expire."""

from collections.abc import Callable, Iterator
from functools import partial

from local.stripe import invoices, statuses
from local.stripe.checkout import expire_session
from local.stripe.errors import StripeError
from local.stripe.months import HOUR, period_after
from local.stripe.state import Json
from local.stripe.world import World

INCOMPLETE_FOR = 23 * HOUR
MOST = 10_000
"""Things that one step of a clock may bring: more of them is a mistake of this stand-in."""

Happening = tuple[int, str, Callable[[], None]]
"""When, the object, and what happens."""


def pass_until(world: World, clock: str | None, until: int) -> None:
    """All that happens by `until` on a test clock, or the wall clock, in order of its time."""
    for _ in range(MOST):
        due = min(_coming(world, clock), key=lambda each: each[:2], default=None)
        if due is None or due[0] > until:
            return
        world.during[clock or ""] = due[0]
        try:
            due[2]()
        finally:
            del world.during[clock or ""]
    raise StripeError("This stand-in of Stripe finds no end.", status=500, kind="api_error")


def _coming(world: World, clock: str | None) -> Iterator[Happening]:
    for each in world.all("subscription", test_clock=clock):
        if each["status"] == "incomplete":
            yield each["created"] + INCOMPLETE_FOR, each["id"], partial(statuses.expire, world, each)
        elif each["status"] in ("active", "past_due", "unpaid"):
            end = each["items"]["data"][0]["current_period_end"]
            yield min(end, each["cancel_at"] or end), each["id"], partial(_period_ends, world, each)
    for each in world.all("invoice", test_clock=clock):
        if each["status"] == "draft" and each["automatically_finalizes_at"] is not None:
            yield each["automatically_finalizes_at"], each["id"], partial(_first_attempt, world, each)
        elif each["status"] == "open" and each["next_payment_attempt"] is not None:
            yield each["next_payment_attempt"], each["id"], partial(_retry, world, each)
    for each in world.all("checkout.session", status="open"):
        if _clock_of(world, each) == clock:
            yield each["expires_at"], each["id"], partial(expire_session, world, each)


def _period_ends(world: World, subscription: Json) -> None:
    item = subscription["items"]["data"][0]
    end, cancel_at = item["current_period_end"], subscription["cancel_at"]
    if cancel_at is not None and cancel_at <= end:
        statuses.end_subscription(world, subscription, "cancellation_requested")
        return
    fields: Json = {}
    price = item["price"]
    if subscription["schedule"] is not None:
        price = _next_phase(world, subscription, end)
        fields["schedule"] = subscription["schedule"]
    start, following = period_after(subscription["billing_cycle_anchor"], end)
    changed = {**item, "price": price, "current_period_start": start, "current_period_end": following}
    statuses.change(world, subscription, items={**subscription["items"], "data": [changed]}, **fields)
    lines = [invoices.line(world, subscription, price, price["unit_amount"], (start, following), part=False)]
    invoices.new_invoice(world, subscription, lines, "subscription_cycle")


def _next_phase(world: World, subscription: Json, end: int) -> Json:
    """The price from here on. A schedule without a further phase is over."""
    schedule = world.need("subscription_schedule", subscription["schedule"])
    following = next((each for each in schedule["phases"] if each["start_date"] == end), None)
    if following is None:
        price: Json = subscription["items"]["data"][0]["price"]
        statuses.leave_schedule(world, subscription, "released")
        return price
    schedule["current_phase"] = {"start_date": following["start_date"], "end_date": following["end_date"]}
    world.emit("subscription_schedule.updated", schedule)
    return world.need("price", following["items"][0]["price"])


def _first_attempt(world: World, invoice: Json) -> None:
    invoices.finalize(world, invoice)
    invoices.attempt(world, invoice, present=False, scheduled=True)


def _retry(world: World, invoice: Json) -> None:
    invoices.attempt(world, invoice, present=False, scheduled=True)


def _clock_of(world: World, session: Json) -> str | None:
    customer = world.find("customer", session["customer"]) if session["customer"] else None
    clock: str | None = customer.get("test_clock") if customer else None
    return clock
