"""What the hosted pages' buttons do."""

from collections.abc import Mapping

from local.stripe import portal
from local.stripe.errors import StripeError
from local.stripe.state import Json
from local.stripe.subscriptions import running
from local.stripe.world import World


def press(world: World, session: Json, form: Mapping[str, str]) -> str | None:
    """Does what a button of the portal says. Returns where the browser goes next; None to stay. Raises StripeError."""
    configuration = world.need("billing_portal.configuration", session["configuration"])
    customer = world.need("customer", session["customer"])
    match form.get("do"):
        case "card":
            portal.change_card(world, customer, form.get("card", ""))
        case "pay":
            portal.pay(world, world.need("invoice", form.get("invoice", "")))
        case "cancel":
            portal.cancel(world, configuration, _own(world, customer, form))
        case "renew":
            portal.renew(world, _own(world, customer, form))
        case "change":
            price = world.need("price", form.get("price", ""))
            portal.change_plan(world, configuration, _own(world, customer, form), price)
        case _:
            raise StripeError("There is no such button.")
    completion: Json = session["flow"]["after_completion"] if session["flow"] else {"type": "portal_homepage"}
    if completion["type"] == "redirect":
        return str(completion["redirect"]["return_url"])
    session["flow"] = None
    return None


def _own(world: World, customer: Json, form: Mapping[str, str]) -> Json:
    subscription = running(world, form.get("subscription", ""))
    if subscription["customer"] != customer["id"]:
        raise StripeError("The subscription belongs to another customer.")
    return subscription
