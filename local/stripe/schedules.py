"""Subscription schedules: a change of the price at the period's end."""

from typing import Any

from stripe.params import (
    SubscriptionScheduleCreateParams,
    SubscriptionScheduleListParams,
    SubscriptionScheduleReleaseParams,
    SubscriptionScheduleRetrieveParams,
    SubscriptionScheduleUpdateParams,
)

from local.stripe import statuses
from local.stripe.errors import StripeError, not_played
from local.stripe.lists import listed
from local.stripe.methods import method
from local.stripe.months import months_after
from local.stripe.state import Json
from local.stripe.subscriptions import for_sale, running
from local.stripe.world import World, with_metadata


def from_subscription(world: World, subscription: Json) -> Json:
    """A schedule of one phase: what the subscription is now."""
    if subscription["schedule"] is not None:
        detail = f"The subscription already has the schedule `{subscription['schedule']}`."
        raise StripeError(detail, param="from_subscription")
    item = subscription["items"]["data"][0]
    start, end = item["current_period_start"], item["current_period_end"]
    schedule: Json = {
        "id": world.new_id("subscription_schedule"),
        "object": "subscription_schedule",
        "canceled_at": None,
        "completed_at": None,
        "created": world.now(subscription["test_clock"]),
        "current_phase": {"start_date": start, "end_date": end},
        "customer": subscription["customer"],
        "end_behavior": "release",
        "livemode": False,
        "metadata": {},
        "phases": [phase(item["price"]["id"], start, end)],
        "released_at": None,
        "released_subscription": None,
        "status": "active",
        "subscription": subscription["id"],
        "test_clock": subscription["test_clock"],
    }
    world.put("subscription_schedule", schedule)
    statuses.change(world, subscription, schedule=schedule["id"])
    world.emit("subscription_schedule.created", schedule)
    return schedule


def phase(price: str, start: int, end: int) -> Json:
    return {
        "add_invoice_items": [],
        "currency": "usd",
        "discounts": [],
        "end_date": end,
        "items": [{"discounts": [], "metadata": {}, "plan": price, "price": price, "quantity": 1, "tax_rates": []}],
        "metadata": {},
        "proration_behavior": "none",
        "start_date": start,
    }


def follow_with(world: World, schedule: Json, price: str) -> None:
    """A second phase of one month, with this price, after the present one."""
    first = schedule["phases"][0]
    second = phase(price, first["end_date"], months_after(first["end_date"], 1))
    schedule["phases"] = [first, second]
    world.emit("subscription_schedule.updated", schedule)


@method("POST", "/v1/subscription_schedules", SubscriptionScheduleCreateParams)
def create_schedule(world: World, params: SubscriptionScheduleCreateParams) -> Json:
    if "from_subscription" not in params:
        raise not_played("schedules that begin a subscription")
    schedule = from_subscription(world, running(world, params["from_subscription"]))
    schedule["metadata"] = with_metadata({}, params.get("metadata", {}))
    return schedule


@method("GET", "/v1/subscription_schedules/{schedule}", SubscriptionScheduleRetrieveParams)
def retrieve_schedule(world: World, _params: SubscriptionScheduleRetrieveParams, schedule: str) -> Json:
    return world.need("subscription_schedule", schedule)


@method("GET", "/v1/subscription_schedules", SubscriptionScheduleListParams)
def list_schedules(world: World, params: SubscriptionScheduleListParams) -> Json:
    customer = params.get("customer")
    found = world.all("subscription_schedule", **({} if customer is None else {"customer": customer}))
    return listed(found, params, "/v1/subscription_schedules")


@method("POST", "/v1/subscription_schedules/{schedule}", SubscriptionScheduleUpdateParams)
def update_schedule(world: World, params: SubscriptionScheduleUpdateParams, schedule: str) -> Json:
    found = _active(world, schedule)
    if params.get("end_behavior", "release") != "release":
        raise not_played("schedules that end their subscription")
    if params.get("proration_behavior", "none") != "none":
        raise not_played("schedules that charge parts of a price")
    phases = params.get("phases", [])
    if len(phases) != 2:
        raise not_played("schedules of other than two phases")
    present, following = phases
    known = found["phases"][0]
    if (present.get("start_date"), present.get("end_date")) != (known["start_date"], known["end_date"]):
        raise StripeError("You can not modify the start date of the current phase.", param="phases[0][start_date]")
    if _price(world, present) != known["items"][0]["price"]:
        raise not_played("a schedule that changes the present phase")
    length = following.get("duration", {"interval": "month"})
    if length["interval"] != "month" or length.get("interval_count", 1) != 1:
        raise not_played("phases of other than a month")
    if following.get("proration_behavior", "none") != "none":
        raise not_played("phases that charge parts of a price")
    follow_with(world, found, _price(world, following))
    if "metadata" in params:
        found["metadata"] = with_metadata(found["metadata"], params["metadata"])
    return found


@method("POST", "/v1/subscription_schedules/{schedule}/release", SubscriptionScheduleReleaseParams)
def release_schedule(world: World, _params: SubscriptionScheduleReleaseParams, schedule: str) -> Json:
    found = _active(world, schedule)
    release(world, world.need("subscription", found["subscription"]))
    return found


def release(world: World, subscription: Json) -> None:
    """The subscription goes on as it is."""
    if subscription["schedule"] is not None:
        before = dict(subscription)
        statuses.leave_schedule(world, subscription, "released")
        world.emit("customer.subscription.updated", subscription, before)


def _active(world: World, name: str) -> Json:
    found = world.need("subscription_schedule", name)
    if found["status"] != "active":
        raise StripeError(f"This subscription schedule is {found['status']} and can't be changed.")
    return found


def _price(world: World, asked: Any) -> str:
    items = asked["items"]
    if len(items) != 1 or items[0].get("quantity", 1) != 1:
        raise not_played("phases of other than one item")
    return str(for_sale(world, items[0].get("price", ""), "phases[items][0][price]")["id"])
