"""Cards, by Stripe's names of test cards (https://docs.stripe.com/testing), and what comes of charging them."""

from stripe.params import PaymentMethodAttachParams

from local.stripe.errors import StripeError, declined
from local.stripe.methods import method
from local.stripe.state import Json
from local.stripe.world import World

LAST_DIGITS = {
    "pm_card_visa": "4242",
    "pm_card_chargeCustomerFail": "0341",
    "pm_card_chargeDeclined": "0002",
    "pm_card_authenticationRequired": "3184",
}
FAILS_LATER, DECLINED, AUTHENTICATES = "0341", "0002", "3184"
TITLES = {
    "pm_card_visa": "Visa 4242: is charged",
    "pm_card_chargeCustomerFail": "Visa 0341: is accepted, and declines every charge",
    "pm_card_chargeDeclined": "Visa 0002: is declined at once",
    "pm_card_authenticationRequired": "Visa 3184: asks its owner each time",
}
"""On the hosted pages."""


def attach(world: World, token: str, customer: Json, param: str = "payment_method") -> Json:
    """The card of the customer. Raises StripeError for a card that can't be attached."""
    known = world.find("payment_method", token)
    if known is not None:
        if known["customer"] not in (None, customer["id"]):
            raise StripeError("The payment method belongs to another customer.", param=param)
        known["customer"] = customer["id"]
        return known
    if token not in LAST_DIGITS:
        raise StripeError(f"No such PaymentMethod: '{token}'", code="resource_missing", param=param)
    if LAST_DIGITS[token] == DECLINED:
        raise declined("Your card was declined.")
    return world.put(
        "payment_method",
        {
            "id": world.new_id("payment_method"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
            "card": {
                "brand": "visa",
                "country": "US",
                "exp_month": 12,
                "exp_year": 2034,
                "funding": "credit",
                "last4": LAST_DIGITS[token],
            },
            "created": world.now(customer["test_clock"]),
            "customer": customer["id"],
            "livemode": False,
            "metadata": {},
            "type": "card",
        },
    )


def charge(world: World, card: str | None, *, present: bool) -> StripeError | None:
    """What a charge fails with; None if it succeeds. `present`: the card's owner can be asked."""
    if card is None:
        return StripeError("This customer has no attached payment source or default payment method.")
    digits = world.need("payment_method", card)["card"]["last4"]
    if digits == FAILS_LATER:
        return declined("Your card was declined.")
    if digits == AUTHENTICATES and not present:
        return declined("Your card was declined. This transaction requires authentication.", "authentication_required")
    return None


@method("POST", "/v1/payment_methods/{payment_method}/attach", PaymentMethodAttachParams)
def attach_payment_method(world: World, params: PaymentMethodAttachParams, payment_method: str) -> Json:
    customer = world.need("customer", params.get("customer", ""), "customer")
    return attach(world, payment_method, customer)
