"""Changes of a subscription's status, each with its events."""

import copy
from typing import Any

from local.stripe.state import Json
from local.stripe.world import World

OVER = ("canceled", "incomplete_expired")


def change(world: World, subscription: Json, **fields: Any) -> None:
    """Changes the subscription, and says so if that is a change."""
    before = copy.deepcopy(subscription)
    subscription.update(fields)
    world.emit("customer.subscription.updated", subscription, before)


def end_subscription(world: World, subscription: Json, reason: str) -> None:
    """Ends it at once. Its open invoices stay open, and are not tried again."""
    now = world.now(subscription["test_clock"])
    leave_schedule(world, subscription, "canceled")
    subscription.update(
        status="canceled",
        ended_at=now,
        canceled_at=subscription["canceled_at"] or now,
        cancellation_details={**subscription["cancellation_details"], "reason": reason},
    )
    for invoice in world.all("invoice"):
        if invoice["parent"]["subscription_details"]["subscription"] == subscription["id"]:
            if invoice["status"] == "draft":
                world.drop("invoice", invoice["id"])
            else:
                invoice.update(auto_advance=False, next_payment_attempt=None)
    world.emit("customer.subscription.deleted", subscription)


def expire(world: World, subscription: Json) -> None:
    """The first payment never came."""
    for invoice in world.all("invoice", status="open"):
        if invoice["parent"]["subscription_details"]["subscription"] == subscription["id"]:
            invoice.update(status="void", auto_advance=False, next_payment_attempt=None)
            invoice["status_transitions"]["voided_at"] = world.now(subscription["test_clock"])
            world.emit("invoice.voided", invoice)
    change(world, subscription, status="incomplete_expired", ended_at=world.now(subscription["test_clock"]))


def pause(world: World, subscription: Json, reason: str) -> None:
    now = world.now(subscription["test_clock"])
    details = {"paused": {"subscription": {"type": reason}, "transitioned_at": now, "type": "subscription"}}
    change(world, subscription, status="paused", status_details=details)
    world.emit("customer.subscription.paused", subscription)


def resume(world: World, subscription: Json) -> None:
    change(world, subscription, status="active", status_details=None)
    world.emit("customer.subscription.resumed", subscription)


def leave_schedule(world: World, subscription: Json, status: str) -> None:
    """The schedule of the subscription, if it has one, ends as `status`: released, completed or canceled."""
    if subscription["schedule"] is None:
        return
    schedule = world.need("subscription_schedule", subscription["schedule"])
    now = world.now(subscription["test_clock"])
    fields = {"released": "released_at", "completed": "completed_at", "canceled": "canceled_at"}
    schedule.update({"status": status, fields[status]: now, "current_phase": None})
    if status == "released":
        schedule.update(released_subscription=subscription["id"], subscription=None)
    subscription["schedule"] = None
    world.emit(f"subscription_schedule.{status}", schedule)
