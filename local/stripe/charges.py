"""Charges: made when a test asks for what happens to one, and retrieved."""

from stripe.params import ChargeRetrieveParams

from local.stripe.methods import method
from local.stripe.state import Json
from local.stripe.world import World


def charge_of(world: World, name: str) -> Json:
    """The charge of a paid invoice, made when it is first asked for."""
    invoice = world.need("invoice", name)
    for each in world.all("charge", description=name):
        return each
    return world.put(
        "charge",
        {
            "id": world.new_id("charge"),
            "object": "charge",
            "amount": invoice["amount_paid"],
            "amount_refunded": 0,
            "created": invoice["created"],
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "description": name,
            "disputed": False,
            "livemode": False,
            "metadata": {},
            "paid": True,
            "refunded": False,
            "status": "succeeded",
        },
    )


@method("GET", "/v1/charges/{charge}", ChargeRetrieveParams)
def retrieve_charge(world: World, _params: ChargeRetrieveParams, charge: str) -> Json:
    return world.need("charge", charge)
